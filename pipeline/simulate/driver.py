"""What Kubeflow's driver does for a task: resolves its inputs, asks its condition, says where outputs go, and what the
cache knows it by.

What a step is handed is the same JSON, `ExecutorInput`: empty schemas, whole numbers without a point, URIs of a bucket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError
from graduate.pipeline.kubeflow import places
from graduate.pipeline.simulate import expression, values
from graduate.pipeline.simulate.scope import Scope, runtime_artifact
from graduate.pipeline.simulate.spec import Component

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

OUTPUT_FILE = "output_metadata.json"
LOCAL_OUTPUTS = "/tmp/kfp_outputs"  # of the executor's output file, where the root is in no object store
PARAMETER_FILES = "/tmp/kfp/outputs"


@dataclass(frozen=True)
class Identity:
    """What a run is called, for the placeholders of a spec."""

    id: str
    name: str
    root: str  # of this pipeline's runs, where outputs go


@dataclass
class Inputs:
    """What a task takes.

    Attributes:
        parameters: by name.
        artifacts: by name.
        inherited: names of artifacts that came from outside the DAG.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, list[mlmd.Artifact]] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)

    def ids(self) -> dict[str, list[int]]:
        """Numbers of the artifacts, by name."""
        return {name: [one.id for one in found] for name, found in self.artifacts.items()}

    def told(self) -> dict[str, Any]:
        """`ExecutorInput.Inputs`; what is empty is left out."""
        artifacts = {
            name: {"artifacts": [runtime_artifact(one, from_beside=name not in self.inherited) for one in found]}
            for name, found in self.artifacts.items()
        }
        found = {"parameterValues": self.parameters, "artifacts": artifacts}
        return {key: value for key, value in found.items() if value}


class Resolver:
    """Inputs of the tasks of a run."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def inputs(self, name: str, task: Mapping[str, Any], component: Component, scope: Scope) -> Inputs:
        """Everything that a task takes.

        Raises:
            UserError: an input is missing, null, or of another type.
        """
        asked = task.get("inputs") or {}
        found = Inputs()
        if component.dag is not None:
            for key, definition in component.parameters().items():
                if definition.get("isOptional") and key not in (asked.get("parameters") or {}):
                    found.parameters[key] = values.doubles(definition.get("defaultValue"))
        for key, source in (asked.get("parameters") or {}).items():
            value = self._parameter(name, task, source, scope)
            if value is None and component.parameters().get(key, {}).get("isOptional"):
                continue
            if value is None:
                raise UserError(f"the resolved input parameter is null: {key}")
            found.parameters[key] = _selected(key, value, source.get("parameterExpressionSelector"))
        for key, source in (asked.get("artifacts") or {}).items():
            found.artifacts[key] = _artifact(key, source, scope)
            if "componentInputArtifact" in source:
                found.inherited.add(key)
        self._check(component, found)
        return found

    def _check(self, component: Component, found: Inputs) -> None:
        for key, definition in component.parameters().items():
            if key not in found.parameters:
                if not definition.get("isOptional") and "defaultValue" not in definition:
                    raise UserError(f"neither value nor default value provided for non-optional parameter {key!r}")
            elif found.parameters[key] is not None:
                kind = definition.get("parameterType", "STRING")
                found.parameters[key] = values.conformed(key, found.parameters[key], kind)

    def _parameter(self, name: str, task: Mapping[str, Any], source: Mapping[str, Any], scope: Scope) -> Any:
        if "componentInputParameter" in source:
            key = source["componentInputParameter"]
            if key not in scope.parameters:
                raise UserError(f"parent DAG does not have input parameter {key}")
            return scope.parameters[key]
        if "taskOutputParameter" in source:
            told = source["taskOutputParameter"]
            return scope.producer(told["producerTask"]).parameter(told["outputParameterKey"])
        if "taskFinalStatus" in source:
            return self._final_status(source["taskFinalStatus"]["producerTask"], scope)
        runtime = source.get("runtimeValue") or {}
        if "constant" not in runtime:
            raise UserError(f"parameter spec {sorted(source)} not implemented")
        return self._constant(name, values.doubles(runtime["constant"]), scope)

    def _constant(self, name: str, constant: Any, scope: Scope) -> Any:
        filled = {
            "{{$.pipeline_job_name}}": self._identity.name,
            "{{$.pipeline_job_resource_name}}": self._identity.name,
            "{{$.pipeline_job_uuid}}": self._identity.id,
            "{{$.pipeline_task_name}}": name,
            "{{$.pipeline_task_uuid}}": str(scope.execution),
        }
        return filled.get(constant, constant) if isinstance(constant, str) else constant

    def _final_status(self, producer: str, scope: Scope) -> dict[str, Any]:
        states = {"ran": "COMPLETE", "cached": "CACHED", "skipped": "CANCELED", "failed": "FAILED"}
        done = scope.done.get(producer)
        return {
            "state": states[done.state] if done else "CANCELED",
            "pipelineTaskName": producer,
            "pipelineJobResourceName": self._identity.name,
            "error": {},
        }


def triggers(task: Mapping[str, Any], inputs: Inputs) -> bool:
    """Whether a task runs, by its condition.

    Raises:
        UserError: the condition has no value.
    """
    asked = (task.get("triggerPolicy") or {}).get("condition")
    if not asked:
        return True
    told = inputs.told()
    names = {
        "inputs": {"parameter_values": told.get("parameterValues", {}), "artifacts": told.get("artifacts", {})},
        "outputs": {},
    }
    try:
        return expression.condition(asked, names)
    except expression.ExpressionError as error:
        raise UserError(f"its condition cannot be evaluated: {error}") from error


def outputs(component: Component, name: str, root: str, salt: str) -> dict[str, Any]:
    """`ExecutorInput.Outputs`: where a step is to put what it gives.

    Args:
        component: of the task.
        name: the task's.
        root: of the run.
        salt: what makes this execution's place its own.
    """
    place = f"{root.rstrip('/')}/{name}/{salt}"
    artifacts = {}
    for key, definition in component.artifacts("outputs").items():
        told = {"name": key, "type": _schema(definition.get("artifactType") or {}), "uri": f"{place}/{key}"}
        if definition.get("metadata"):
            told["metadata"] = values.doubles(definition["metadata"])
        artifacts[key] = {"artifacts": [told]}
    parameters = {key: {"outputFile": f"{PARAMETER_FILES}/{key}"} for key in component.parameters("outputs")}
    found: dict[str, Any] = {"parameters": parameters, "artifacts": artifacts}
    folder = places.in_container(place) if places.in_object_store(root) else LOCAL_OUTPUTS
    return {**{key: value for key, value in found.items() if value}, "outputFile": f"{folder}/{OUTPUT_FILE}"}


def fingerprint(
    task: Mapping[str, Any],
    component: Component,
    inputs: Inputs,
    provided: Mapping[str, Any],
    claims: list[str],
) -> str:
    """What the cache knows an execution by; "" for a task that is not to be taken from it.

    Args:
        task: of the spec.
        component: of the task.
        inputs: that it takes.
        provided: as `outputs` makes it.
        claims: the persistent volume claims that are mounted.
    """
    caching = task.get("cachingOptions") or {}
    if not caching.get("enableCache"):
        return ""
    if caching.get("cacheKey"):
        return str(caching["cacheKey"])
    container = component.container or {}
    spec: dict[str, Any] = {
        "image": container.get("image", ""),
        "cmdArgs": [*(container.get("command") or ()), *(container.get("args") or ())],
        "pvcNames": sorted(set(claims)),
    }
    key: dict[str, Any] = {
        "inputArtifactNames": {
            name: {"artifactNames": [str(one.id) for one in found]} for name, found in inputs.artifacts.items()
        },
        "inputParameterValues": inputs.parameters,
        "outputArtifactsSpec": {
            name: {part: value for part, value in found["artifacts"][0].items() if part != "uri"}
            for name, found in provided.get("artifacts", {}).items()
        },
        "outputParametersSpec": {
            name: definition.get("parameterType", "STRING")
            for name, definition in component.parameters("outputs").items()
        },
        "containerSpec": {part: value for part, value in spec.items() if value},
    }
    told = values.dumps({part: value for part, value in key.items() if value}, ordered=True, escaped=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _artifact(key: str, source: Mapping[str, Any], scope: Scope) -> list[mlmd.Artifact]:
    if "componentInputArtifact" in source:
        outside = source["componentInputArtifact"]
        if outside not in scope.artifacts:
            raise UserError(f"parent DAG does not have input artifact {outside}")
        return scope.artifacts[outside]
    if "taskOutputArtifact" not in source:
        raise UserError(f"failed to resolve input artifact {key}: its spec {sorted(source)} is not implemented")
    told = source["taskOutputArtifact"]
    return [scope.producer(told["producerTask"]).artifact(told["outputArtifactKey"])]


def _schema(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value or key != "schemaVersion"}


def _selected(key: str, value: Any, selector: str | None) -> Any:
    if not selector:
        return value
    kinds = {bool: "bool_value", float: "number_value", list: "list_value", dict: "struct_value"}
    names = {"string_value": values.text(value), **({kinds[type(value)]: value} if type(value) in kinds else {})}
    try:
        return expression.evaluate(selector, names)
    except expression.ExpressionError as error:
        raise UserError(f"resolving parameter {key!r} by {selector}: {error}") from error
