"""Runs that Graduate's own command did not write down: their status and metrics come from what their nodes did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graduate.pipeline.lineage import records as told
from graduate.pipeline.lineage import vocabulary
from graduate.pipeline.lineage.records import Artifact, Execution, Run
from graduate.pipeline.lineage.rows import ContextRow

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records

_PREFIX = "graduate_"
# The first source that refuses names the status; as a run of Graduate's own does.
_REFUSALS = (("DataGuard", "data_refused"), ("Preflight", "sick"), ("GradientDiagnostics", "sick"))


def runs(records: Records, rows: Sequence[ContextRow]) -> dict[int, Run]:
    """Runs by their context's number."""
    owned = records.store.executions_of_contexts([row.id for row in rows])
    every = {one for ids in owned.values() for one in ids}
    executions = {execution.id: execution for execution in records.executions(every)}
    given = [event for event in records.events(executions=every) if event.output] if every else []
    artifacts = {
        artifact.id: artifact
        for artifact in records.artifacts(
            ids={event.artifact for event in given}, kinds=("graduate.Verdict", "PushedModel", "Metrics")
        )
    }
    found = {}
    for row in rows:
        own = [executions[one] for one in owned.get(row.id, ()) if one in executions]
        ids = {execution.id for execution in own}
        made = [artifacts[e.artifact] for e in given if e.execution in ids and e.artifact in artifacts]
        found[row.id] = _run(records, row, own, made)
    return found


def _run(records: Records, row: ContextRow, executions: Sequence[Execution], made: Sequence[Artifact]) -> Run:
    said = _said(row, executions)
    metrics = {name.removeprefix("metric_"): value for name, value in said.items() if name.startswith("metric_")}
    running = any(execution.state == "running" for execution in executions)
    ended = max((execution.ended for execution in executions), default=row.updated)
    return Run(
        id=row.name,
        pipeline=str(
            said.get("name")
            or next((execution.pipeline for execution in executions if execution.pipeline), "")
            or records.pipeline_of(row.id)
        ),
        status=str(said.get("status") or _status(executions, made)),
        started=min((execution.started for execution in executions), default=row.created),
        ended=None if running else ended,
        metrics=metrics,
        context=row.id,
        vocabulary=vocabulary.of(row.type).NAME,
        facts=said,
    )


def _said(row: ContextRow, executions: Sequence[Execution]) -> dict[str, Any]:
    """Facts on the run's context, and those that nodes were given as parameters `graduate_…`."""
    found: dict[str, Any] = {}
    for properties in (*(execution.parameters for execution in executions), row.properties):
        found |= told.facts(properties)
        found |= _metrics(properties)
    return found


def _metrics(properties: Mapping[str, Any]) -> dict[str, float]:
    start = f"{_PREFIX}metric_"
    return {name.removeprefix(_PREFIX): value for name, value in properties.items() if name.startswith(start)}


def _status(executions: Sequence[Execution], made: Sequence[Artifact]) -> str:
    states = {execution.state for execution in executions}
    for state, status in (("running", "running"), ("failed", "failed"), ("interrupted", "interrupted")):
        if state in states:
            return status
    refused = {
        str(artifact.properties.get("source"))
        for artifact in made
        if artifact.kind == "graduate.Verdict" and not artifact.properties.get("passed")
    }
    for source, status in _REFUSALS:
        if source in refused:
            return status
    if refused:
        return "refused"
    pushed = [a for a in made if a.kind == "PushedModel" and a.properties.get("pushed")]
    return "pushed" if pushed else "complete"
