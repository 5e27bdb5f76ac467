"""What a run left: in ML Metadata and in the object store, without what no two runs have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

# Ids of runs, versions that are moments, and how long something took.
_OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/?|\b1\d{9}\b|[\d.]+ m?s\b|tfevents.*")
_TIMES = ("training_seconds",)
# What Kubeflow 2.0 did not have yet: names of artifacts that are not made yet, whose store they lie in, and the
# placeholder that stands for the run in a parameter.
_LATER = ("name", "store_session_info", "run_id")


def of(file: Path) -> dict[str, dict[str, Any]]:
    """{task: its type, parameters in and out, and of each artifact the type and the properties} of the first run."""
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    store = MetadataStore(config)
    kinds = {one.id: one.name for one in store.get_artifact_types()}
    works = {one.id: one.name for one in store.get_execution_types()}
    artifacts = {one.id: one for one in store.get_artifacts()}
    found: dict[str, dict[str, Any]] = {}
    first = min(store.get_contexts_by_type("system.PipelineRun"), key=lambda one: one.id)
    for execution in store.get_executions_by_context(first.id):
        told = execution.custom_properties
        about = found[told["task_name"].string_value or "root"] = {"type": works[execution.type_id]}
        about |= {key: _parameters(told[key]) for key in ("inputs", "outputs")}
        for event in store.get_events_by_execution_ids([execution.id]):
            artifact, way = artifacts[event.artifact_id], mlmd.Event.Type.Name(event.type)
            about[f"{way} {event.path.steps[0].key}"] = (kinds[artifact.type_id], _properties(artifact))
    return found


def _parameters(value: mlmd.Value) -> dict[str, Any]:
    found = json_format.MessageToDict(value.struct_value)
    return {key: _without_own(one) for key, one in found.items() if key not in _LATER}


def _properties(artifact: mlmd.Artifact) -> dict[str, tuple[str, Any]]:
    found = {}
    for name, value in artifact.custom_properties.items():
        if name in _LATER:
            continue
        kind = value.WhichOneof("value")
        plain = getattr(value, kind)
        if kind in ("struct_value", "proto_value"):
            plain = json_format.MessageToDict(plain)
        found[name] = (kind, _without_own(plain))
    return found


def _without_own(value: Any) -> Any:
    """The same without what is a run's own."""
    if isinstance(value, str):
        return _OWN.sub("", value)
    if isinstance(value, dict):
        return {key: _without_own(one) for key, one in value.items() if key not in _TIMES}
    if isinstance(value, list):
        return [_without_own(one) for one in value]
    return value


def files(folder: Path) -> set[str]:
    """The objects below a folder, by their keys."""
    return {_OWN.sub("", str(file.relative_to(folder))) for file in folder.rglob("*") if file.is_file()}
