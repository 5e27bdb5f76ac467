"""Kubeflow Pipelines' vocabulary (up to 2.17): `system.*` types, the component in `task_name`, all properties custom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, ExecutionRow

NAME = "kubeflow"
RUN_KIND, PIPELINE_KIND = "system.PipelineRun", "system.Pipeline"
PREFIX, TFX_PREFIX = "system.", "tfx."
_STATES = {
    "complete": "ran",
    "cached": "cached",
    "failed": "failed",
    "new": "running",
    "running": "running",
    "canceled": "skipped",
}


def is_node(row: ExecutionRow) -> bool:
    """A DAGExecution is a bracket: the run itself, or what a condition lets through."""
    return row.type == "system.ContainerExecution"


def node(row: ExecutionRow, contexts: Sequence[ContextRow]) -> str:
    """The task's name."""
    return str(row.properties.get("task_name") or row.properties.get("display_name") or row.name)


def state(row: ExecutionRow) -> str:
    """What a condition skips is CANCELED there."""
    return _STATES.get(row.state, "unknown")


def parameters(row: ExecutionRow) -> Mapping[str, Any]:
    """One struct, `inputs`, in which every number is a double."""
    found = row.properties.get("inputs")
    return {name: whole(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def artifact_kind(row: ArtifactRow) -> str:
    """TFX's types lose their prefix; those of others keep theirs."""
    return row.type.removeprefix(TFX_PREFIX).removeprefix(PREFIX)


def whole(value: Any) -> Any:
    """A whole number as an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
