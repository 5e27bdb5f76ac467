"""A DAG while it runs: what it was given, and what its tasks have given so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError
from graduate.pipeline.simulate.spec import Component

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

SUCCEEDED = ("ran", "cached")


@dataclass
class Done:
    """A task that has ended: its state, and what it gave.

    Attributes:
        state: `ran`, `cached`, `skipped` or `failed`.
        execution: its number in the store; 0 where it never began.
        parameters, artifacts: that it gave, by key.
        scope: of a sub-DAG, which gives what its tasks gave.
    """

    state: str
    execution: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, mlmd.Artifact] = field(default_factory=dict)
    scope: Scope | None = None

    def parameter(self, key: str) -> Any:
        """An output parameter.

        Raises:
            UserError: it gave none of this name.
        """
        if self.scope is not None:
            return self.scope.output_parameter(key)
        if key not in self.parameters:
            raise UserError(f"there is no output parameter {key}")
        return self.parameters[key]

    def artifact(self, key: str) -> mlmd.Artifact:
        """An output artifact.

        Raises:
            UserError: it gave none of this name.
        """
        if self.scope is not None:
            return self.scope.output_artifact(key)
        if key not in self.artifacts:
            raise UserError(f"there is no output artifact {key}")
        return self.artifacts[key]


@dataclass
class Scope:
    """One DAG of a run; the root's `above` is None."""

    name: str
    component: Component
    execution: int
    parameters: Mapping[str, Any]
    artifacts: Mapping[str, list[mlmd.Artifact]]
    above: Scope | None = None
    done: dict[str, Done] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def producer(self, task: str) -> Done:
        """What a task of this DAG came to.

        Raises:
            UserError: it was skipped, or has not run.
        """
        found = self.done.get(task)
        if found is None or found.state not in SUCCEEDED:
            raise UserError(f"the producer task {task} {'was skipped' if found else 'has not run'}")
        return found

    def is_over(self) -> bool:
        """Whether every task has ended."""
        return len(self.done) == len(self.component.tasks)

    def output_parameter(self, key: str) -> Any:
        """An output parameter of the DAG: one task's, or that of the first of several that ran."""
        told = self._outputs("parameters").get(key)
        if told is None:
            raise UserError(f"{self.name} has no output parameter {key}")
        if "valueFromOneof" in told:
            selectors = told["valueFromOneof"].get("parameterSelectors") or []
        else:
            selectors = [told["valueFromParameter"]]
        selected = self._selected(selectors)
        return self.producer(selected["producerSubtask"]).parameter(selected["outputParameterKey"])

    def output_artifact(self, key: str) -> mlmd.Artifact:
        """An output artifact of the DAG, likewise."""
        told = self._outputs("artifacts").get(key)
        if told is None:
            raise UserError(f"{self.name} has no output artifact {key}")
        selected = self._selected(told.get("artifactSelectors") or [])
        return self.producer(selected["producerSubtask"]).artifact(selected["outputArtifactKey"])

    def _outputs(self, kind: str) -> Mapping[str, Any]:
        return ((self.component.dag or {}).get("outputs") or {}).get(kind) or {}

    def _selected(self, selectors: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        states = {name: done.state for name, done in self.done.items()}
        ran = [one for one in selectors if states.get(one["producerSubtask"]) in SUCCEEDED]
        if not ran:
            raise UserError(f"no task of {self.name} that gives it has run")
        return ran[0]


def runtime_artifact(artifact: mlmd.Artifact, *, from_beside: bool) -> dict[str, Any]:
    """An artifact as it is handed to a step: its number is its name, its properties are metadata without types.

    Its own type is not told: `instanceSchema` is empty, and of one that came from outside the DAG even that is missing.
    """
    metadata: dict[str, Any] = {}
    for name, value in (*artifact.properties.items(), *artifact.custom_properties.items()):
        metadata[name] = _plain(value)
    told: dict[str, Any] = {"name": str(artifact.id)}
    if from_beside:
        told["type"] = {"instanceSchema": ""}
    if artifact.uri:
        told["uri"] = artifact.uri
    return {**told, "metadata": metadata}


def _plain(value: mlmd.Value) -> Any:
    from google.protobuf import json_format

    which = value.WhichOneof("value")
    if which == "struct_value":
        from graduate.pipeline.simulate import values

        return values.doubles(json_format.MessageToDict(value.struct_value))
    found = getattr(value, which)
    return float(found) if isinstance(found, int | float) and math.isfinite(found) else found
