"""The pipeline spec (schema 2.1.0 of Kubeflow Pipelines) from descriptions of tasks, as plain values.

What a verdict guards is a sub-DAG: Kubeflow skips it whole, and its page shows it as a box. Artifacts and parameters
from outside reach a task in it through the inputs of every box around, under the name `pipelinechannel--TASK-KEY`, as
Kubeflow's own compiler does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graduate.pipeline.kubeflow.parameters import SET
from graduate.pipeline.kubeflow.tasks import PASSED, Source, Task

SCHEMA_VERSION = "2.1.0"
CONDITION = "condition-"
_ARTIFACT_VERSION = "0.0.1"
_WORDS = {"artifacts": "Artifact", "parameters": "Parameter"}
_TYPES: Mapping[type, str] = {str: "STRING", int: "NUMBER_INTEGER", float: "NUMBER_DOUBLE", bool: "BOOLEAN"}


@dataclass
class _Box:
    """A DAG: the root's, or a condition's. `takes` has the types of what comes from outside, by kind and name."""

    tasks: dict[str, Any] = field(default_factory=dict)
    takes: dict[str, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in _WORDS})


class Spec:
    """Components, executors and DAGs as they come together.

    Args:
        parameters: the pipeline's own, {name: type}.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters
        self._made: dict[str, Task] = {}
        self._boxes: dict[tuple[str, ...], _Box] = {(): _Box()}
        self.components: dict[str, Any] = {}
        self.executors: dict[str, Any] = {}

    def add_importer(self, task: Task, parameter: str) -> None:
        """A task that takes over what lies at the URI of a pipeline's parameter.

        It is the same artifact in every run of the pipeline: a new one would be part of every later cache key. That the
        data are others is told by their digest, which `Start` takes anew each time.
        """
        (key, kind), component = *task.outputs.items(), f"comp-{task.id}"
        self._made[task.id] = task
        self.executors[f"exec-{task.id}"] = {
            "importer": {"artifactUri": {"runtimeParameter": "uri"}, "reimport": False, "typeSchema": _artifact(kind)}
        }
        self.components[component] = {
            "executorLabel": f"exec-{task.id}",
            "inputDefinitions": {"parameters": {"uri": {"parameterType": "STRING"}}},
            "outputDefinitions": {"artifacts": {key: {"artifactType": _artifact(kind)}}},
        }
        self._boxes[()].tasks[task.id] = {
            **_named(task.id, component, cache=False),
            "inputs": {"parameters": {"uri": {"componentInputParameter": parameter}}},
        }

    def add(self, task: Task, container: Mapping[str, Any], retries: int | None) -> None:
        """A task that runs in a container."""
        self._made[task.id] = task
        component = f"comp-{task.id}"
        self.executors[f"exec-{task.id}"] = {"container": dict(container)}
        self.components[component] = {"executorLabel": f"exec-{task.id}", **definitions(task, self._parameters)}
        box = self._box(task.guards)
        inputs = self._inputs(task)
        box.tasks[task.id] = {
            **_named(task.id, component, cache=task.cache),
            **({"inputs": inputs} if inputs else {}),
            **_waits(self._near(task)),
            **({"retryPolicy": _retries(retries)} if retries else {}),
        }

    def root(self) -> dict[str, Any]:
        """The root's DAG, when every task is there; conditions become components."""
        for guards, box in sorted(self._boxes.items(), key=lambda item: -len(item[0])):
            if guards:
                self.components[f"comp-{CONDITION}{guards[-1]}"] = {
                    "dag": {"tasks": box.tasks},
                    "inputDefinitions": _declared(box.takes),
                }
        return {"tasks": self._boxes[()].tasks}

    def _box(self, guards: tuple[str, ...]) -> _Box:
        if guards not in self._boxes:
            outer, judge = self._box(guards[:-1]), guards[-1]
            self._boxes[guards] = _Box()
            name = CONDITION + judge
            outer.tasks[name] = {**_named(name, f"comp-{name}", cache=None), "inputs": {}}
            passed = self._carry("parameters", guards, Source(judge, PASSED, "NUMBER_INTEGER"))
            condition = f"int(inputs.parameter_values['{passed}']) == 1"
            outer.tasks[name]["triggerPolicy"] = {"condition": condition}
        return self._boxes[guards]

    def _inputs(self, task: Task) -> dict[str, Any]:
        artifacts = {key: self._from("artifacts", task.guards, source) for key, source in task.inputs.items()}
        parameters: dict[str, Any] = {}
        for name, value in {**task.parameters, **task.given}.items():
            parameters[name] = {"runtimeValue": {"constant": value}}
        for name, source in task.taken.items():
            parameters[name] = self._from("parameters", task.guards, source)
        for name in task.changeable:
            parameters[SET + name] = {"componentInputParameter": self._pipeline_parameter(task.guards, name)}
        found = {"artifacts": artifacts, "parameters": dict(sorted(parameters.items()))}
        return {kind: inputs for kind, inputs in found.items() if inputs}

    def _from(self, kind: str, guards: tuple[str, ...], source: Source) -> dict[str, Any]:
        """How something that a task gives reaches a place within a box: from the task itself, or through the box."""
        word = _WORDS[kind]
        if self._made[source.task].guards == guards:
            return {f"taskOutput{word}": {f"output{word}Key": source.key, "producerTask": source.task}}
        return {f"componentInput{word}": self._carry(kind, guards, source)}

    def _carry(self, kind: str, guards: tuple[str, ...], source: Source) -> str:
        """Bring an artifact or a parameter from its maker's box down into another, and give its name there."""
        name = f"pipelinechannel--{source.task}-{source.key}"
        box, outer = self._boxes[guards], guards[:-1]
        if name not in box.takes[kind]:
            box.takes[kind][name] = source.type
            near = self._made[source.task].guards == outer
            way = self._from(kind, outer, source)
            self._feed(outer, CONDITION + guards[-1], kind, name, way, source.task if near else None)
        return name

    def _pipeline_parameter(self, guards: tuple[str, ...], name: str) -> str:
        """Bring a parameter of the pipeline down into a box; it has one name everywhere."""
        if guards and name not in self._boxes[guards].takes["parameters"]:
            self._boxes[guards].takes["parameters"][name] = self._parameters[name]
            self._pipeline_parameter(guards[:-1], name)
            way = {"componentInputParameter": name}
            self._feed(guards[:-1], CONDITION + guards[-1], "parameters", name, way, None)
        return name

    def _feed(
        self, outer: tuple[str, ...], task: str, kind: str, name: str, way: Mapping[str, Any], after: str | None
    ) -> None:
        fed = self._boxes[outer].tasks[task]
        fed["inputs"].setdefault(kind, {})[name] = way
        if after is not None:
            fed["dependentTasks"] = sorted({*fed.get("dependentTasks", ()), after})

    def _near(self, task: Task) -> list[str]:
        """The tasks of the same box that a task takes something from."""
        makers = {source.task for source in (*task.inputs.values(), *task.taken.values())}
        return sorted(one for one in makers if self._made[one].guards == task.guards)


def definitions(task: Task, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What a component takes and gives, by name and type."""
    taken = {name: _TYPES[type(value)] for name, value in task.parameters.items()}
    taken |= {name: source.type for name, source in task.taken.items()}
    taken |= dict.fromkeys(task.given, "STRING")
    taken |= {SET + name: parameters[name] for name in task.changeable}
    sides = {
        "inputDefinitions": ({key: one.type for key, one in task.inputs.items()}, taken),
        "outputDefinitions": (task.outputs, task.gives),
    }
    found: dict[str, Any] = {}
    for side, (artifacts, own) in sides.items():
        told = _declared({"artifacts": artifacts, "parameters": own})
        if any(told.values()):
            found[side] = {kind: values for kind, values in told.items() if values}
    return found


def _declared(types: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Inputs or outputs as a component declares them, from their types by kind and name."""
    return {
        "artifacts": {key: {"artifactType": _artifact(kind)} for key, kind in sorted(types["artifacts"].items())},
        "parameters": {name: {"parameterType": kind} for name, kind in sorted(types["parameters"].items())},
    }


def _artifact(kind: str) -> dict[str, str]:
    """TFX's types by the name that its own compiler for Kubeflow gives them."""
    return {"schemaTitle": kind if "." in kind else f"tfx.{kind}", "schemaVersion": _ARTIFACT_VERSION}


def _named(task: str, component: str, *, cache: bool | None) -> dict[str, Any]:
    caching = {} if cache is None else {"cachingOptions": {"enableCache": True} if cache else {}}
    return {"componentRef": {"name": component}, "taskInfo": {"name": task}, **caching}


def _waits(names: Sequence[str]) -> dict[str, Any]:
    return {"dependentTasks": list(names)} if names else {}


def _retries(number: int) -> dict[str, Any]:
    """Twice as long each time, an hour at most: Kubeflow's own defaults."""
    return {
        "backoffDuration": "10s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
        "maxRetryCount": number,
    }


__all__ = ["CONDITION", "SCHEMA_VERSION", "Spec", "definitions"]
