"""How a model was made, as a CycloneDX workflow: a task for each execution, what it took, gave and waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from graduate.pipeline.lineage.export import secrets, stable
from graduate.pipeline.lineage.export.model import Told
from graduate.pipeline.lineage.export.scope import Scope
from graduate.pipeline.lineage.records import Artifact, Execution

# CycloneDX's task types; what is none of these is `other`
_TYPES = {
    "ExampleGen": "copy",
    "DataGuard": "test",
    "ExampleValidator": "test",
    "Preflight": "test",
    "Tuner": "build",
    "Trainer": "build",
    "GradientDiagnostics": "test",
    "Evaluator": "test",
    "InfraValidator": "test",
    "ServingCheck": "test",
    "Gate": "release",
    "Pusher": "deploy",
    "Rollback": "deploy",
    "Override": "deploy",
}


def ref(artifact: Artifact) -> str:
    """An artifact's `bom-ref`."""
    return f"artifact-{artifact.id}"


def properties(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Names and values in Graduate's namespace; those without a value are left out."""
    return [
        {"name": f"graduate:{name}", "value": str(value)} for name, value in values.items() if value not in (None, "")
    ]


def formula(covered: Scope, told: Told, known: Collection[str]) -> dict[str, Any]:
    """The formula of a model; empty where no execution is known.

    Args:
        covered: the executions that made it.
        told: the model.
        known: the `bom-ref`s that the bill has already.
    """
    executions = [one for one in covered.executions if one.state not in ("skipped", "unknown")]
    if not executions:
        return {}
    names = {told.artifact.id: "model"}
    named = {number: one for number, one in covered.artifacts.items() if number not in names and ref(one) not in known}
    kinds = sorted({_type(one) for one in executions})
    workflow = {
        "bom-ref": "workflow",
        "uid": stable.run_id(covered.store, told.run.id)
        if told.run
        else stable.model_id(covered.store, told.artifact.id),
        "name": told.run.id if told.run else told.name,
        "taskTypes": kinds,
        "tasks": [_task(covered, one, names) for one in executions],
        "taskDependencies": _dependencies(covered, executions),
        "timeStart": stable.time(min(one.started for one in executions)),
        "timeEnd": stable.time(max(one.ended for one in executions)),
    }
    return {"components": [_component(one) for _, one in sorted(named.items())], "workflows": [workflow]}


def _type(execution: Execution) -> str:
    name = execution.node.replace("-", "").replace("_", "").lower()
    return next((kind for node, kind in _TYPES.items() if node.lower() in name), "other")


def _task(covered: Scope, execution: Execution, names: Mapping[int, str]) -> dict[str, Any]:
    parameters = {key: value for key, value in execution.parameters.items() if key != "obeys"}
    inputs = [_resource(slot, one, names) for slot, one in covered.inputs(execution)]
    if parameters:
        given = secrets.masked(parameters)
        inputs.append({"parameters": [{"name": key, "value": str(given[key])} for key in sorted(given)]})
    found: dict[str, Any] = {
        "bom-ref": _ref(execution),
        "uid": stable.execution_id(covered.store, execution),
        "name": execution.node,
        "taskTypes": [_type(execution)],
        "inputs": inputs,
        "outputs": [{"type": "artifact", **_resource(slot, one, names)} for slot, one in covered.outputs(execution)],
        "timeStart": stable.time(execution.started),
        "properties": properties({"state": execution.state, "run": execution.run, "type": execution.type}),
    }
    if execution.state != "running":
        found["timeEnd"] = stable.time(execution.ended)
    return found


def _ref(execution: Execution) -> str:
    return f"execution-{execution.id}"


def _resource(slot: str, artifact: Artifact, names: Mapping[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"resource": {"ref": names.get(artifact.id) or ref(artifact)}}
    return found | ({"properties": properties({"slot": slot})} if slot else {})


def _dependencies(covered: Scope, executions: Iterable[Execution]) -> list[dict[str, Any]]:
    makers: dict[int, list[str]] = {}
    for one in executions:
        for _, artifact in covered.outputs(one):
            makers.setdefault(artifact.id, []).append(_ref(one))
    found = []
    for one in executions:
        before = {maker for _, artifact in covered.inputs(one) for maker in makers.get(artifact.id, ())} - {_ref(one)}
        found.append({"ref": _ref(one), **({"dependsOn": sorted(before)} if before else {})})
    return found


def _component(artifact: Artifact) -> dict[str, Any]:
    kind = "machine-learning-model" if artifact.kind in ("Model", "PushedModel") else "data"
    return {
        "type": kind,
        "bom-ref": ref(artifact),
        "name": artifact.name or f"{artifact.kind} {artifact.id}",
        "version": str(artifact.id),
        "properties": properties({"kind": artifact.kind, "location": secrets.uri(artifact.uri)}),
    }
