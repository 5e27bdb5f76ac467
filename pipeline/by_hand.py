"""What a person did to a model, written down in ML Metadata: an execution with who, when and why.

Published artifacts are never changed, since what follows them would run again: a deed has outputs of its own.
"""

from __future__ import annotations

import datetime
import getpass
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graduate.pipeline import record
from graduate.pipeline.record import RunRecord
from graduate.publish import Version

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as mlmd

ROLLBACK, OVERRIDE = "graduate.Rollback", "graduate.Override"
# Of these types other nodes make artifacts too: Transform statistics and a schema, LastGraduate a model.
_MAKERS = {"Model": "Trainer", "ExampleStatistics": "StatisticsGen", "Schema": "Schema", "Examples": "ExampleGen"}
_TRIES = 5


def who() -> str:
    """`user@host`; the user's number where it has no name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Deed:
    """Who did it, when and why."""

    because: str
    by: str = field(default_factory=who)
    when: str = field(default_factory=_now)

    def to_json(self) -> dict[str, str]:
        return {"by": self.by, "when": self.when, "because": self.because}


def outputs(store: MetadataStore, run: RunRecord) -> dict[str, mlmd.Artifact]:
    """The artifacts that a run made or took from the cache, the last of each type, those of the node in _MAKERS."""
    types = {kind.id: kind.name for kind in store.get_artifact_types()}
    nodes = {kind.id: kind.name for kind in store.get_execution_types()}
    executions = {execution.id: execution for execution in store.get_executions_by_context(run.context_id)}
    events = [event for event in store.get_events_by_execution_ids(list(executions)) if _is_output(event)]
    artifacts = {artifact.id: artifact for artifact in store.get_artifacts_by_id({e.artifact_id for e in events})}
    found: dict[str, mlmd.Artifact] = {}
    for event in sorted(events, key=lambda event: event.artifact_id):
        artifact = artifacts[event.artifact_id]
        kind = types[artifact.type_id]
        maker = nodes[executions[event.execution_id].type_id].rpartition(".")[2]
        if _MAKERS.get(kind, maker) == maker:
            found[kind] = artifact
    return found


def write_rollback(
    store: MetadataStore, name: str, now: Version, target: Version, deed: Deed, properties: Mapping[str, Any]
) -> None:
    """Write a rollback down: the version that was gone back to in, the version that serves now out."""
    source = _pushed(store, target)
    contexts = _contexts(store, name, str(target.card.get("run_id") or ""))
    _put(store, ROLLBACK, name, deed, properties, [source] if source else [], [_new_push(store, now)], contexts)


def write_override(
    store: MetadataStore,
    run: RunRecord,
    found: Mapping[str, mlmd.Artifact],
    now: Version,
    deed: Deed,
    properties: Mapping[str, Any],
) -> None:
    """Write an override down: the run's model and verdict in, a blessing by hand and the new version out."""
    given = [found[kind] for kind in ("Model", "graduate.Verdict", "ModelEvaluation") if kind in found]
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    blessing = mlmd.Artifact(type_id=_artifact_type(store, "ModelBlessing"), uri=os.fspath(now.folder))
    blessing.custom_properties["blessed"].int_value = 1
    blessing.custom_properties["by_hand"].int_value = 1
    blessing.custom_properties["current_model"].string_value = found["Model"].uri
    blessing.custom_properties["current_model_id"].int_value = found["Model"].id
    blessing.state = mlmd.Artifact.LIVE
    contexts = _contexts(store, run.name, run.run_id)
    _put(store, OVERRIDE, run.name, deed, properties, given, [blessing, _new_push(store, now)], contexts)


def _put(
    store: MetadataStore,
    kind: str,
    name: str,
    deed: Deed,
    properties: Mapping[str, Any],
    inputs: list[mlmd.Artifact],
    made: list[mlmd.Artifact],
    contexts: list[mlmd.Context],
) -> None:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    type_id = store.put_execution_type(mlmd.ExecutionType(name=kind), can_add_fields=True)
    execution = mlmd.Execution(type_id=type_id, last_known_state=mlmd.Execution.COMPLETE)
    for key, value in {"name": name, **deed.to_json(), **properties}.items():
        if isinstance(value, int):
            execution.custom_properties[key].int_value = value
        else:
            execution.custom_properties[key].string_value = str(value)
    pairs = [(artifact, mlmd.Event(type=mlmd.Event.INPUT)) for artifact in inputs]
    pairs += [(artifact, mlmd.Event(type=mlmd.Event.OUTPUT)) for artifact in made]
    _patiently(lambda: store.put_execution(execution, pairs, contexts))


def _patiently(write: Any) -> None:
    """A run that writes at the same moment makes SQLite turn a second writer away."""
    from ml_metadata import errors

    for left in reversed(range(_TRIES)):
        try:
            write()
            return
        except errors.AbortedError:
            if not left:
                raise
            time.sleep(0.2)


def _new_push(store: MetadataStore, version: Version) -> mlmd.Artifact:
    """A PushedModel with the properties that TFX's own Pusher writes."""
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    artifact = mlmd.Artifact(type_id=_artifact_type(store, "PushedModel"), uri=os.fspath(version.folder))
    artifact.custom_properties["pushed"].int_value = 1
    artifact.custom_properties["pushed_destination"].string_value = os.fspath(version.folder)
    artifact.custom_properties["pushed_version"].string_value = str(version.number)
    artifact.state = mlmd.Artifact.LIVE
    return artifact


def _pushed(store: MetadataStore, version: Version) -> mlmd.Artifact | None:
    """The artifact of an earlier push, if the store knows it."""
    destination = os.fspath(version.folder)
    for artifact in reversed(store.get_artifacts_by_type("PushedModel")):
        if artifact.custom_properties["pushed_destination"].string_value == destination:
            return artifact
    return None


def _artifact_type(store: MetadataStore, name: str) -> int:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    return store.put_artifact_type(mlmd.ArtifactType(name=name), can_add_fields=True, can_omit_fields=True)


def _contexts(store: MetadataStore, name: str, run_id: str) -> list[mlmd.Context]:
    wanted = [(record.PIPELINE_TYPE, name), (record.RUN_TYPE, run_id)]
    found = [store.get_context_by_type_and_name(kind, key) for kind, key in wanted if key]
    return [context for context in found if context is not None]


def _is_output(event: mlmd.Event) -> bool:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    return event.type in (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)
