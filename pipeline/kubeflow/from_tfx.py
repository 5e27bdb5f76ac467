"""TFX's pipeline as plain descriptions of its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.experimental.conditionals import conditional
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import channel_utils

from graduate.pipeline.kubeflow.tasks import FACTS, PASSED, Source, Task

_TELLING = ("StatisticsGen", "Trainer", "GradientDiagnostics", "Evaluator")


def of_pipeline(pipeline: tfx_pipeline.Pipeline) -> list[Task]:
    """Every node of a pipeline, in its order."""
    guards = _guards(pipeline)
    judges = {name for one in guards.values() for name in one}
    found = []
    for node in pipeline.components:
        task = Task(
            node.id,
            _dotted(node.executor_spec.executor_class),
            {key: _source(one) for key, one in node.inputs.items()},
            {key: one.type.TYPE_NAME for key, one in node.outputs.items()},
            {key: value for key, value in node.exec_properties.items() if value is not None},
            guards=guards[node.id],
            beam=type(node.executor_spec).__name__ == "BeamExecutorSpec",
        )
        if node.id in judges:
            task.gives[PASSED] = "NUMBER_INTEGER"
        if node.id in _TELLING:
            task.gives[FACTS] = "STRUCT"
        found.append(task)
    return found


def _source(one: Any) -> Source:
    return Source(one.producer_component_id, one.output_key, one.type.TYPE_NAME)


def _guards(pipeline: tfx_pipeline.Pipeline) -> Mapping[str, tuple[str, ...]]:
    """By node whose verdicts it waits for. Each condition stands within the one before: the fewer, the further out."""
    found: dict[str, Sequence[str]] = {}
    for node in pipeline.components:
        predicates = conditional.get_predicates(node, pipeline.dsl_context_registry)
        found[node.id] = [
            channel.producer_component_id
            for predicate in predicates
            for channel in channel_utils.get_dependent_channels(predicate)
        ]
    order = [node.id for node in pipeline.components]
    return {node: tuple(sorted(dict.fromkeys(names), key=order.index)) for node, names in found.items()}


def _dotted(executor: type) -> str:
    return f"{executor.__module__}.{executor.__qualname__}"
