"""TFX's pipeline as plain descriptions of its nodes: what the spec is written from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfx.dsl.experimental.conditionals import conditional
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import channel_utils


@dataclass(frozen=True)
class Source:
    """An output that a task takes: who makes it, under which key, and of which type."""

    task: str
    key: str
    type: str = ""


@dataclass
class Task:
    """One node.

    Attributes:
        id: the node's id.
        executor: dotted name of the class that does the work; "" where the step itself does.
        inputs: artifacts by key.
        outputs: artifact types by key.
        parameters: constants by name: text, whole numbers, floats.
        taken: parameters that other tasks give, by name.
        gives: parameters that it gives, {name: type}.
        guards: the nodes whose verdicts it waits for, the outermost first.
        changeable: {name of a pipeline parameter: key of the config} that it obeys.
        cache: whether an equal execution is taken instead.
        beam: whether Beam's arguments are for it.
        given: parameters that Kubeflow fills in, {name: placeholder}.
    """

    id: str
    executor: str
    inputs: dict[str, Source] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    taken: dict[str, Source] = field(default_factory=dict)
    gives: dict[str, str] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
    changeable: dict[str, str] = field(default_factory=dict)
    cache: bool = True
    beam: bool = False
    given: dict[str, str] = field(default_factory=dict)


PASSED = "passed"  # the parameter by which a judge lets others run
FACTS = "graduate_facts"  # the parameter in which a node tells what it found out
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


def changeable_by(task: Task, parameters: Mapping[str, str]) -> dict[str, str]:
    """The pipeline's parameters that a task obeys, by what stands in its cache key; the Pusher's card tells all."""
    if task.id == "Pusher":
        return dict(parameters)
    obeyed = json.loads(task.parameters.get("obeys", "{}"))
    return {name: key for name, key in parameters.items() if f"config:{key}" in obeyed}
