"""Runs the DAG with TFX's BeamDagRunner: the orchestration itself is a Beam pipeline, an element a node."""

from __future__ import annotations

from typing import Any

from tfx.orchestration.beam import beam_dag_runner
from tfx.proto.orchestration import pipeline_pb2

from graduate.pipeline.runners.observed import NodeError, Observer

# DoFns are pickled, an open store is not: the observer waits here for the nodes of the run in progress.
_observers: dict[str, Observer] = {}


class _ObservedNode(beam_dag_runner.PipelineNodeAsDoFn):
    def _run_node(self) -> None:
        _observers["running"].launch(self._node_id, self._pipeline_node.upstream_nodes, super()._run_node)


class BeamRunner(beam_dag_runner.BeamDagRunner):
    """BeamDagRunner with an observer round every node."""

    _PIPELINE_NODE_DO_FN_CLS = _ObservedNode


def run(pipeline: pipeline_pb2.Pipeline, observer: Observer) -> None:
    """Run a compiled pipeline.

    Raises:
        NodeError: the first node that raised, with its exception chained.
    """
    _observers["running"] = observer
    try:
        BeamRunner().run_with_ir(pipeline)
    except Exception as error:
        inner = _node_error(error)
        if inner is error:
            raise
        raise inner from error
    finally:
        del _observers["running"]


def _node_error(error: BaseException) -> BaseException:
    """The NodeError inside what Beam raised: Beam wraps it, or re-raises a copy of its type with its own message."""
    seen: Any = error
    while seen is not None:
        if isinstance(seen, NodeError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
