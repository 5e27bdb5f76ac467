"""Plain descriptions of nodes: what the spec is written from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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


def changeable_by(task: Task, parameters: Mapping[str, str]) -> dict[str, str]:
    """The pipeline's parameters that a task obeys, by what stands in its cache key; the Pusher's card tells all."""
    if task.id == "Pusher":
        return dict(parameters)
    obeyed = json.loads(task.parameters.get("obeys", "{}"))
    return {name: key for name, key in parameters.items() if f"config:{key}" in obeyed}
