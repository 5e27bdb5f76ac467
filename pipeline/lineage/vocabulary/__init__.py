"""The words in which a pipeline was written down: TFX's own on a laptop, Kubeflow Pipelines' on a cluster.

A row says by its type which it is, so one store may hold both. Each vocabulary is a module with the same functions,
and what they give is the same whichever it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, ExecutionRow
from graduate.pipeline.lineage.vocabulary import kubeflow, tfx

# What became of a node, whichever vocabulary said it
STATES = ("ran", "cached", "skipped", "failed", "running", "interrupted", "unknown")
RUN_KINDS = (tfx.RUN_KIND, kubeflow.RUN_KIND)
PIPELINE_KINDS = (tfx.PIPELINE_KIND, kubeflow.PIPELINE_KIND)
CONTEXT_KINDS = (*RUN_KINDS, *PIPELINE_KINDS, tfx.NODE_KIND)  # those that tell something of an execution


class Vocabulary(Protocol):
    """What a module of this package has."""

    NAME: str
    RUN_KIND: str
    PIPELINE_KIND: str

    def is_node(self, row: ExecutionRow) -> bool:
        """Whether an execution is a node's, not a bracket round several."""
        ...

    def node(self, row: ExecutionRow, contexts: Sequence[ContextRow]) -> str:
        """The node's id in its pipeline: `Trainer`."""
        ...

    def state(self, row: ExecutionRow) -> str:
        """One of STATES."""
        ...

    def parameters(self, row: ExecutionRow) -> Mapping[str, Any]:
        """What the node was given besides artifacts; whole numbers are integers."""
        ...

    def artifact_kind(self, row: ArtifactRow) -> str:
        """TFX's type name: `Examples`, `graduate.Verdict`."""
        ...


def of(type_name: str) -> Vocabulary:
    """The vocabulary that the type of an execution or a context belongs to."""
    return kubeflow if type_name.startswith(kubeflow.PREFIX) else tfx


def of_artifact(type_name: str) -> Vocabulary:
    """The vocabulary that an artifact's type belongs to; types of one's own are written alike in both."""
    return kubeflow if type_name.startswith((kubeflow.PREFIX, kubeflow.TFX_PREFIX)) else tfx


def columns(only: Collection[str] | None) -> Collection[str] | None:
    """The properties of executions to bring, so that these parameters, and what the nodes are called, can be told.

    Kubeflow keeps all parameters in one struct: whoever wants one has to bring all of them.
    """
    if only is None:
        return None
    naming = {*kubeflow.NAMING, tfx.REASON}
    return {*only, *naming, kubeflow.INPUTS} if only else naming


def chosen(parameters: Mapping[str, Any], only: Collection[str] | None) -> Mapping[str, Any]:
    """Those parameters that were asked for, `metric_*` being all that begin so."""
    if only is None:
        return parameters
    whole = {name for name in only if not name.endswith("*")}
    begun = tuple(name[:-1] for name in only if name.endswith("*"))
    return {name: value for name, value in parameters.items() if name in whole or (begun and name.startswith(begun))}


def properties(row: ArtifactRow) -> Mapping[str, Any]:
    """An artifact's properties without what launchers put on every one; whole numbers are integers."""
    found = kubeflow.properties(row)
    if not found.get(tfx.EXTERNAL):
        found.pop(tfx.EXTERNAL, None)
    return found
