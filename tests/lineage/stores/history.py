"""A history with everything odd that a store may hold, written through ML Metadata's API, and the rows it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ml_metadata
from google.protobuf import any_pb2
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline.lineage.rows import (
    ARTIFACT_STATES,
    EXECUTION_STATES,
    OUTPUT_EVENTS,
    ArtifactRow,
    ContextRow,
    Event,
    ExecutionRow,
)

MANY = 230  # executions: more than two pages of ML Metadata's service
# Missing: a backslash, which ML Metadata cannot write to PostgreSQL, and doubles of more than its six decimals.
NAMES = ("Ärger mit é", "100% sure_thing", 'it\'s "quoted" `so`', "two\nlines", "Straße !x", "日本語", " padded ")


@dataclass
class History:
    """What was written, as the rows that a store should give."""

    contexts: list[ContextRow] = field(default_factory=list)
    executions: list[ExecutionRow] = field(default_factory=list)
    artifacts: list[ArtifactRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    of_executions: dict[int, list[int]] = field(default_factory=dict)
    parents: dict[int, list[int]] = field(default_factory=dict)

    def of_contexts(self) -> dict[int, list[int]]:
        """Ids of executions by context."""
        found: dict[int, list[int]] = {}
        for execution, contexts in sorted(self.of_executions.items()):
            for context in contexts:
                found.setdefault(context, []).append(execution)
        return dict(sorted(found.items()))


def write(store: ml_metadata.MetadataStore) -> History:
    """Write the history into an empty store."""
    told = _Writer(store, History())
    told.contexts()
    told.executions()
    told.artifacts()
    told.links()
    return told.history


class _Writer:
    def __init__(self, store: ml_metadata.MetadataStore, history: History) -> None:
        self.store, self.history = store, history

    def contexts(self) -> None:
        pipeline = self.store.put_context_type(mlmd.ContextType(name="pipeline"))
        run = self.store.put_context_type(mlmd.ContextType(name="pipeline_run"))
        rows = [("pipeline", pipeline, "digits", {})]
        rows += [("pipeline_run", run, name, {"graduate_name": name}) for name in NAMES]
        rows += [
            ("pipeline_run", run, f"digits-{at:03}", {"graduate_metric_loss": at / 8, "graduate_status": "pushed"})
            for at in range(5)
        ]
        made = [mlmd.Context(type_id=type_id, name=name) for _, type_id, name, _ in rows]
        for context, (*_, properties) in zip(made, rows, strict=True):
            _set(context.custom_properties, properties)
        ids = self.store.put_contexts(made)
        for message, (kind, _, name, told) in zip(self.store.get_contexts_by_id(ids), rows, strict=True):
            self.history.contexts.append(ContextRow(message.id, kind, name, *_times(message), told))

    def executions(self) -> None:
        declared = {"i": mlmd.INT, "d": mlmd.DOUBLE, "s": mlmd.STRING, "b": mlmd.BOOLEAN, "t": mlmd.STRUCT}
        trainer = self.store.put_execution_type(
            mlmd.ExecutionType(name="tfx.Trainer", properties={**declared, "m": mlmd.PROTO})
        )
        newer = self.store.put_execution_type(mlmd.ExecutionType(name="tfx.Trainer", version="2"))
        other = self.store.put_execution_type(mlmd.ExecutionType(name="system.DAGExecution"))
        kinds = {trainer: "tfx.Trainer", newer: "tfx.Trainer", other: "system.DAGExecution"}
        base = self.store.get_execution_type("mlmd.Train").id
        kinds[base] = "mlmd.Train"
        rich, told = _rich(trainer)
        made, expected = [rich, mlmd.Execution(type_id=base, name="of a base type")], [told, {}]
        for at in range(MANY):
            type_id = (newer, other, other)[at % 3]
            execution = mlmd.Execution(type_id=type_id, last_known_state=at % len(EXECUTION_STATES))
            if at % 2:
                execution.name = NAMES[at] if at < len(NAMES) else f"execution {at}"
            properties = {"task_name": f"node-{at % 4}", "metric_x": at * 0.25, "Metric_y": 1}
            _set(execution.custom_properties, properties)
            made.append(execution)
            expected.append(properties)
        ids = self.store.put_executions(made)
        for written, message, properties in zip(made, self.store.get_executions_by_id(ids), expected, strict=True):
            state = EXECUTION_STATES[written.last_known_state]
            row = ExecutionRow(message.id, kinds[written.type_id], written.name, state, *_times(message), properties)
            self.history.executions.append(row)

    def artifacts(self) -> None:
        model = self.store.put_artifact_type(mlmd.ArtifactType(name="Model", properties={"version": mlmd.INT}))
        examples = self.store.put_artifact_type(mlmd.ArtifactType(name="system.Dataset"))
        uris = ["/models/é/1", "/models/E/1", "/models/e/1", "/models/e/1", "/data/a b?c#d%20", "", "s3://bucket/it's"]
        made = []
        for at, uri in enumerate(uris * 20):
            artifact = mlmd.Artifact(type_id=(model, examples)[at % 2], uri=uri, state=at % len(ARTIFACT_STATES))
            if not uri:
                artifact.ClearField("uri")
            if at % 2 == 0:
                artifact.properties["version"].int_value = at
            artifact.custom_properties["note"].string_value = f"number {at}"
            if at % 5 == 0:
                artifact.name = f"artifact {at}"
            made.append(artifact)
        ids = self.store.put_artifacts(made)
        for at, (written, message) in enumerate(zip(made, self.store.get_artifacts_by_id(ids), strict=True)):
            properties = {"note": f"number {at}", **({"version": at} if at % 2 == 0 else {})}
            kind, state = ("Model", "system.Dataset")[at % 2], ARTIFACT_STATES[written.state]
            self.history.artifacts.append(
                ArtifactRow(message.id, kind, written.name, written.uri, state, *_times(message), properties)
            )

    def links(self) -> None:
        history, kinds = self.history, [value for _, value in mlmd.Event.Type.items() if value]
        events = []
        for at, execution in enumerate(history.executions):
            for artifact in (history.artifacts[at % 140], history.artifacts[(at * 7 + 1) % 140]):
                kind = kinds[(at + artifact.id) % len(kinds)]
                events.append(self._event(artifact.id, execution.id, kind, at))
        unique = {(event.artifact_id, event.execution_id, event.type): event for event in events}
        self.store.put_events(list(unique.values()))
        history.events.sort(key=lambda event: (event.at, event.execution, event.artifact, event.output, event.key))
        pairs = []
        for at, execution in enumerate(history.executions[:-3]):  # the last ones belong to nothing
            of_it = sorted({history.contexts[0].id, history.contexts[1 + at % 4].id})
            history.of_executions[execution.id] = of_it
            pairs += [mlmd.Association(execution_id=execution.id, context_id=context) for context in of_it]
        self.store.put_attributions_and_associations([], pairs)
        above = history.contexts[0].id
        for context in history.contexts[1:6]:
            history.parents[context.id] = [above]
        history.parents[history.contexts[1].id] = sorted([above, history.contexts[7].id])
        self.store.put_parent_contexts(
            [
                mlmd.ParentContext(child_id=child, parent_id=parent)
                for child, parents in history.parents.items()
                for parent in parents
            ]
        )

    def _event(self, artifact: int, execution: int, kind: int, at: int) -> mlmd.Event:
        event = mlmd.Event(
            artifact_id=artifact, execution_id=execution, type=kind, milliseconds_since_epoch=10_000 - at
        )
        key = ("examples", "", "mödel")[at % 3]
        if key:
            event.path.steps.add().key = key
            event.path.steps.add().index = at % 2
        if at % 6 == 0:
            event.path.steps.add().key = "a second key"
        told = Event(artifact, execution, kind in OUTPUT_EVENTS, key, 10_000 - at)
        if told not in self.history.events:
            self.history.events.append(told)
        return event


def _rich(type_id: int) -> tuple[mlmd.Execution, dict[str, Any]]:
    """An execution with a property of every kind, and what they are read as."""
    made = mlmd.Execution(type_id=type_id, name="rich", last_known_state=mlmd.Execution.COMPLETE)
    struct = {"a": [1.0, None, {"b": True}], "é": "'\""}
    _set(made.properties, {"i": -3, "d": 0.1, "s": "", "b": False, "t": struct})
    made.properties["m"].proto_value.CopyFrom(any_pb2.Any(type_url="x/y", value=b"\xff\xfe\x00\x01"))
    _set(made.custom_properties, {"i": "hidden by the declared one", "listed": {"__value__": [1.0, "two"]}})
    _set(made.custom_properties, {"long": "ä" * 10_000, "yes": True, "obeys": "{}"})
    message = {"@type": "x/y", "value": "//4AAQ=="}
    told = {"i": -3, "d": 0.1, "s": "", "b": False, "t": struct, "m": message, "listed": [1.0, "two"]}
    return made, {**told, "long": "ä" * 10_000, "yes": True, "obeys": "{}"}


def _set(properties: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, bool):
            properties[name].bool_value = value
        elif isinstance(value, int):
            properties[name].int_value = value
        elif isinstance(value, float):
            properties[name].double_value = value
        elif isinstance(value, str):
            properties[name].string_value = value
        else:
            properties[name].struct_value.update(value)


def _times(message: Any) -> tuple[int, int]:
    return message.create_time_since_epoch, message.last_update_time_since_epoch
