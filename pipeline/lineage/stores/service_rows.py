"""Messages of ML Metadata's service as rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage import rows
from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, Event, ExecutionRow, What
from graduate.pipeline.lineage.stores import structs

Named = Callable[[str], bool]  # whether a property is to be brought


def of(what: What, message: Any, kind: str, fit: Named) -> ContextRow | ExecutionRow | ArtifactRow:
    """The row of a message of this kind."""
    if what == "contexts":
        return context(message, kind, fit)
    return execution(message, kind, fit) if what == "executions" else artifact(message, kind, fit)


def context(message: Any, kind: str, fit: Named) -> ContextRow:
    """A context."""
    made, changed = message.create_time_since_epoch, message.last_update_time_since_epoch
    return ContextRow(message.id, kind, message.name, made, changed, _properties(message, fit))


def execution(message: Any, kind: str, fit: Named) -> ExecutionRow:
    """An execution."""
    state = _state(rows.EXECUTION_STATES, message.last_known_state)
    made, changed = message.create_time_since_epoch, message.last_update_time_since_epoch
    return ExecutionRow(message.id, kind, message.name, state, made, changed, _properties(message, fit))


def artifact(message: Any, kind: str, fit: Named) -> ArtifactRow:
    """An artifact."""
    state = _state(rows.ARTIFACT_STATES, message.state)
    made, changed = message.create_time_since_epoch, message.last_update_time_since_epoch
    return ArtifactRow(message.id, kind, message.name, message.uri, state, made, changed, _properties(message, fit))


def event(message: Any) -> Event:
    """An event; a path may have several keys: the first one is the slot."""
    key = next((step.key for step in message.path.steps if step.WhichOneof("value") == "key"), "")
    output = message.type in rows.OUTPUT_EVENTS
    return Event(message.artifact_id, message.execution_id, output, key, message.milliseconds_since_epoch)


def _properties(message: Any, fit: Named) -> dict[str, Any]:
    """In order of name; declared properties after custom ones: of two with one name the declared one holds."""
    both: tuple[Mapping[str, Any], ...] = (message.custom_properties, message.properties)
    found = {name: _value(value) for properties in both for name, value in properties.items() if fit(name)}
    return dict(sorted(found.items()))


def _value(value: Any) -> Any:
    field = value.WhichOneof("value")
    if field is None:
        return None
    found = getattr(value, field)
    if field == "struct_value":
        return structs.of_struct(found)
    return structs.of_message(found) if field == "proto_value" else found


def _state(names: Sequence[str], number: int) -> str:
    return names[number] if 0 <= number < len(names) else "unknown"
