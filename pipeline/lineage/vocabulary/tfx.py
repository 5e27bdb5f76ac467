"""TFX's own vocabulary: an execution's type is its component, contexts are pipeline, pipeline_run and node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, ExecutionRow

NAME = "tfx"
RUN_KIND, PIPELINE_KIND, NODE_KIND = "pipeline_run", "pipeline", "node"
_STATES = {"complete": "ran", "cached": "cached", "failed": "failed", "new": "running", "running": "running"}
REASON = "graduate_reason"  # what a later run wrote on an execution that never ended
EXTERNAL = "is_external"  # on every artifact; 1 where its files were imported, and are not the pipeline's own


def is_node(row: ExecutionRow) -> bool:
    """Every execution is one."""
    return True


def node(row: ExecutionRow, contexts: Sequence[ContextRow]) -> str:
    """From the node's context, `PIPELINE.NODE`; without one from the component's type, its class's dotted name."""
    pipelines = {context.name for context in contexts if context.type == PIPELINE_KIND}
    for context in contexts:
        pipeline, dot, name = context.name.partition(".")
        if context.type != NODE_KIND:
            continue
        known = next((one for one in pipelines if context.name.startswith(f"{one}.")), None)
        return context.name[len(known) + 1 :] if known is not None else (name if dot else pipeline)
    return row.type.rpartition(".")[2]


def state(row: ExecutionRow) -> str:
    """A canceled execution was stopped by somebody; what a condition skips leaves none at all."""
    if row.properties.get(REASON) == "interrupted" or row.state == "canceled":
        return "interrupted"
    return _STATES.get(row.state, "unknown")


def parameters(row: ExecutionRow) -> Mapping[str, Any]:
    """The execution's properties."""
    return {name: value for name, value in row.properties.items() if name != REASON}


def artifact_kind(row: ArtifactRow) -> str:
    """The type's name."""
    return row.type
