"""The record of runs in ML Metadata: a run is TFX's `pipeline_run` context, its outcome custom properties of it.

Nothing here imports TensorFlow or TFX: a run that has nothing to do is answered from this module.
"""

from __future__ import annotations

import datetime
import getpass
import json
import os
import re
import secrets
import shlex
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError, UserError
from graduate.pipeline.facts.secrets import masked
from graduate.pipeline.result import RunResult
from graduate.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as mlmd

RUN_TYPE = "pipeline_run"  # TFX's own context types
PIPELINE_TYPE = "pipeline"
_UNFINISHED = "running"


@dataclass(frozen=True)
class RunRecord:
    """One run as the store tells it; `result` is None while it runs and where it was interrupted."""

    run_id: str
    name: str
    status: str
    fingerprint: str
    started: str
    finished: str | None
    config: Mapping[str, Any]
    result: RunResult | None
    context_id: int


def new_run_id(name: str) -> str:
    """`digits-20260131-235959-3fa9`: sorts by time, unique also when two start in one second."""
    return f"{name}-{datetime.datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def open_store(workspace: Workspace, *, create: bool = False) -> MetadataStore | None:
    """Open the work folder's store; None where there is none yet and `create` is false.

    Raises:
        UsageError: its schema is older or newer than that of this ml-metadata.
        UserError: the file is not a store.
    """
    if not create and not workspace.store.is_file():
        return None
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(workspace.store)
    if create:
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        workspace.store.parent.mkdir(parents=True, exist_ok=True)
    else:
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE
    try:
        store = ml_metadata.MetadataStore(config)  # an older one is refused: other programs may read and write it too
        store.get_context_types()
    except Exception as error:
        raise _unreadable(workspace, str(error).splitlines()[0]) from error
    return store


def _unreadable(workspace: Workspace, why: str) -> UserError:
    if "is greater than library version" in why:
        return UsageError(
            f"was written by a newer ml-metadata ({why.partition('. ')[0]})",
            where=str(workspace.store),
            hint="update graduate, or give another --workdir",
        )
    if older := re.search(r"database version (\d+) is older than library version (\d+)", why):
        return UsageError(
            "was written by an older ml-metadata (schema {}; this one writes {})".format(*older.groups()),
            where=str(workspace.store),
            hint=f"graduate doctor --upgrade-store {shlex.quote(str(workspace.store))} keeps a copy of it and upgrades "
            "it; or give another --workdir",
        )
    return UserError(
        f"is not a readable ML Metadata store ({why[:120]})",
        where=str(workspace.store),
        hint=f"move it aside (mv {workspace.store} {workspace.store}.damaged) and run again: pushed models stay, "
        "the history of runs and their caches are lost",
    )


def start_run(
    store: MetadataStore,
    run_id: str,
    name: str,
    config: Mapping[str, Any],
    fingerprint: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write down that a run started, before anything heavy: a killed one is found by its status.

    Args:
        store: the work folder's.
        run_id: as `new_run_id` made it.
        name: the pipeline's.
        config: the resolved config; credentials in its URLs are masked.
        fingerprint: of everything that the run obeys.
        facts: what is known already (`facts.start`); they become `graduate_<name>`.
    """
    from ml_metadata.proto import metadata_store_pb2

    run_type = store.put_context_type(metadata_store_pb2.ContextType(name=RUN_TYPE), can_add_fields=True)
    context = metadata_store_pb2.Context(type_id=run_type, name=run_id)
    _set(context, **(facts or {}))
    _set(
        context,
        name=name,
        status=_UNFINISHED,
        fingerprint=fingerprint,
        config=json.dumps(masked(config), sort_keys=True),
        started=_now(),
        user=_user(),
        host=socket.gethostname(),
    )
    store.put_contexts([context])


def finish_run(store: MetadataStore, result: RunResult, **properties: Any) -> None:
    """Write down what a run came to, and what its artifacts tell; `properties` become `graduate_<name>`."""
    context = store.get_context_by_type_and_name(RUN_TYPE, result.run_id)
    _set(context, **_outcome(store, context, result))
    told = json.dumps(masked(result.to_json()))
    _set(context, status=result.status, result=told, finished=_now(), **masked(properties))
    for metric, value in result.metrics.items():
        context.custom_properties[f"graduate_metric_{metric}"].double_value = value
    store.put_contexts([context])


def add_facts(store: MetadataStore, result: RunResult, **properties: Any) -> None:
    """Write down how far a run came that is closed by `close_stale`: it has no result that others may take."""
    context = store.get_context_by_type_and_name(RUN_TYPE, result.run_id)
    _set(context, **_outcome(store, context, result), **masked(properties))
    store.put_contexts([context])


def _outcome(store: MetadataStore, context: mlmd.Context, result: RunResult | None) -> dict[str, Any]:
    """What can be asked for beside the result; that it cannot be gathered ends no run."""
    from graduate.pipeline.facts import outcome

    try:
        return masked(outcome.facts(store, context.id, result))
    except Exception as error:
        return {"facts_missing": f"{type(error).__name__}: {error}"[:300]}


def close_stale(store: MetadataStore, status: str = "interrupted") -> list[str]:
    """Mark every run that never finished, and its running executions; only whoever holds the work folder's lock may.

    Returns:
        The ids of those runs.
    """
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    stale = [context for context in _run_contexts(store) if _get(context, "status") == _UNFINISHED]
    for context in stale:
        executions = store.get_executions_by_context(context.id)
        running = [e for e in executions if e.last_known_state in (mlmd.Execution.NEW, mlmd.Execution.RUNNING)]
        for execution in running:
            execution.last_known_state = mlmd.Execution.FAILED
            execution.custom_properties["graduate_reason"].string_value = status
        if running:
            store.put_executions(running)
        _set(context, **_outcome(store, context, None))
        _set(context, status=status, finished=_now())
    if stale:
        store.put_contexts(stale)
    return [context.name for context in stale]


def runs(store: MetadataStore, name: str | None = None) -> list[RunRecord]:
    """Every run of ours, of one pipeline or of all, the latest first."""
    return _ordered((_record(c.id, c.name, _texts(c)) for c in _run_contexts(store)), name)


def _ordered(records: Iterable[RunRecord], name: str | None) -> list[RunRecord]:
    return sorted(
        (record for record in records if name in (None, record.name)),
        key=lambda record: (record.started, record.context_id),
        reverse=True,
    )


def read_runs(workspace: Workspace, name: str | None = None) -> list[RunRecord]:
    """As `runs`, of a work folder that may have no store, and quickly: without importing ml_metadata where that can be.

    Raises:
        UserError: as `open_store`.
    """
    from graduate.pipeline import record_sqlite

    if not workspace.store.is_file():
        return []
    found = record_sqlite.contexts(workspace.store, RUN_TYPE)
    if found is None:
        store = open_store(workspace)
        return runs(store, name) if store is not None else []
    return _ordered((_record(*context) for context in found if "graduate_status" in context[2]), name)


def find_run(store: MetadataStore, run_id: str) -> RunRecord | None:
    """One run by its id."""
    context = store.get_context_by_type_and_name(RUN_TYPE, run_id)
    if context is None or "graduate_status" not in context.custom_properties:
        return None
    return _record(context.id, context.name, _texts(context))


def latest_finished(records: Iterable[RunRecord]) -> RunRecord | None:
    """The latest run that came to an answer: not one that failed, was interrupted or still runs."""
    return next((r for r in records if r.result is not None and r.status not in ("failed", "interrupted")), None)


def _run_contexts(store: MetadataStore) -> list[mlmd.Context]:
    return [c for c in store.get_contexts_by_type(RUN_TYPE) if "graduate_status" in c.custom_properties]


def _record(context_id: int, run_id: str, texts: Mapping[str, str]) -> RunRecord:
    result = texts.get("graduate_result")
    return RunRecord(
        run_id=run_id,
        name=texts.get("graduate_name", ""),
        status=texts["graduate_status"],
        fingerprint=texts.get("graduate_fingerprint", ""),
        started=texts.get("graduate_started", ""),
        finished=texts.get("graduate_finished") or None,
        config=json.loads(texts.get("graduate_config") or "{}"),
        result=RunResult.from_json(json.loads(result)) if result else None,
        context_id=context_id,
    )


def _texts(context: mlmd.Context) -> dict[str, str]:
    return {name: value.string_value for name, value in context.custom_properties.items()}


def _set(context: mlmd.Context, **values: Any) -> None:
    for key, value in values.items():
        kept = context.custom_properties[f"graduate_{key}"]
        if isinstance(value, int):
            kept.int_value = value
        elif isinstance(value, float):
            kept.double_value = value
        else:
            kept.string_value = str(value)


def _get(context: mlmd.Context, key: str) -> str:
    return (
        context.custom_properties[f"graduate_{key}"].string_value
        if f"graduate_{key}" in context.custom_properties
        else ""
    )


def _user() -> str:
    """The user's name; the number where it has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
