"""Why a node ran, or where its outputs were taken from: what differs from the execution before."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from graduate.pipeline.lineage import pushes, runs_recent, why_verdicts
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.runs_behind import obeyed
from graduate.pipeline.lineage.runs_changes import Change
from graduate.pipeline.lineage.why_verdicts import Judged

_DONE = ("ran", "cached")
_AT_ONCE = 8  # runs that are searched together for the execution before
# Parameters that say again what `obeys` says, or nothing: a file's place, a mark that makes every push its own
_SAID = ("obeys", "once", "cache", "kept")
_KINDS = {"config": "config", "code": "code"}


@dataclass(frozen=True)
class Input:
    """An input that is another one than before: numbers of artifacts, and the nodes that gave the new ones."""

    slot: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    given_by: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Other:
    """Another execution of the node, and its run."""

    execution: int
    run: str


@dataclass(frozen=True)
class WhyNode:
    """Why a node ran.

    Attributes:
        label: what was asked about: `Model 15`.
        execution: the execution's number; None where no execution gave the artifact.
        node, run, pipeline: of the execution.
        state: one of `vocabulary.STATES`.
        started: milliseconds since 1970; `seconds`: how long it took.
        reason: as the run wrote it down, "" where it did not.
        changes: what the node obeys that the execution before did not.
        inputs: inputs that are others than before.
        before: the execution it was compared with; None for the first.
        taken_from: the execution that gave the outputs, where they were taken from the cache.
        taken_by: later runs that took the outputs from the cache.
        verdicts: what it decided, where it is a node that decides.
        error: what it raised.
        artifact: the artifact, where one was asked about.
    """

    label: str
    execution: int | None = None
    node: str = ""
    run: str = ""
    pipeline: str = ""
    state: str = ""
    started: int | None = None
    seconds: float | None = None
    reason: str = ""
    changes: tuple[Change, ...] = ()
    inputs: tuple[Input, ...] = ()
    before: Other | None = None
    taken_from: Other | None = None
    taken_by: tuple[str, ...] = ()
    verdicts: tuple[Judged, ...] = ()
    error: str = ""
    artifact: Artifact | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        began = datetime.datetime.fromtimestamp(self.started / 1000, datetime.UTC) if self.started else None
        return {
            "kind": "node",
            "label": self.label,
            "execution": self.execution,
            "node": self.node,
            "run_id": self.run or None,
            "pipeline": self.pipeline,
            "state": self.state,
            "started": began.isoformat() if began else None,
            "seconds": self.seconds,
            "reason": self.reason,
            "changes": [change.to_json() for change in self.changes],
            "inputs": [one.to_json() for one in self.inputs],
            "before": asdict(self.before) if self.before else None,
            "taken_from": asdict(self.taken_from) if self.taken_from else None,
            "taken_by": list(self.taken_by),
            "verdicts": [one.to_json() for one in self.verdicts],
            "error": self.error or None,
            "artifact": _artifact(self.artifact) if self.artifact else None,
        }


def of_execution(
    records: Records, label: str, execution: Execution, run: Run | None, artifact: Artifact | None
) -> WhyNode:
    """Why an execution took place.

    Args:
        records: the store.
        label: what was asked about.
        execution: with all its parameters.
        run: the execution's run, with its facts.
        artifact: the artifact, where one was asked about.
    """
    found = WhyNode(
        label=label,
        execution=execution.id,
        node=execution.node,
        run=execution.run,
        pipeline=execution.pipeline,
        state=execution.state,
        started=execution.started,
        seconds=round(max(0, execution.ended - execution.started) / 1000, 3),
        reason=_reason(run, execution.node),
        taken_by=_taken_by(records, execution),
        verdicts=tuple(why_verdicts.of_executions(records, [execution])),
        error=_error(run, execution),
        artifact=artifact,
    )
    if execution.state == "cached":
        return replace(found, taken_from=_maker(records, execution))
    before = None if execution.type in (pushes.ROLLBACK, pushes.OVERRIDE) else _before(records, execution)
    if before is None:
        return found
    return replace(
        found,
        before=Other(before.id, before.run),
        changes=tuple(_changes(before, execution)),
        inputs=tuple(_inputs(records, before, execution)),
    )


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "id": artifact.id,
        "kind": artifact.kind,
        "uri": artifact.uri,
        "state": artifact.state,
        "files_present": artifact.present,
    }


def _reason(run: Run | None, node: str) -> str:
    result = run.facts.get("result") if run else None
    nodes = result.get("nodes", ()) if isinstance(result, Mapping) else ()
    return next((str(one.get("reason") or "") for one in nodes if one.get("node") == node), "")


def _error(run: Run | None, execution: Execution) -> str:
    if run is None or execution.state != "failed":
        return ""
    named = run.facts.get("failed_node")
    return str(run.facts.get("error") or "") if named in (None, execution.node) else ""


def _before(records: Records, execution: Execution) -> Execution | None:
    """The last execution of the same node, in an earlier run of the pipeline, that came to an end."""
    own = next((run for run in records.runs(ids=[execution.run])), None) if execution.run else None
    if own is None:
        return None
    older = runs_recent.earlier(records, own)
    while some := list(islice(older, _AT_ONCE)):
        contexts = [run.context for run in some]
        ids = {one for owned in records.store.executions_of_contexts(contexts).values() for one in owned}
        alike = [
            one
            for one in records.executions(ids, only=())
            if one.node == execution.node and one.state in _DONE and one.id < execution.id
        ]
        if alike:
            return records.executions([max(alike, key=lambda one: one.id).id])[0]
    return None


def _changes(before: Execution, now: Execution) -> Iterator[Change]:
    """By what both obeyed; of nodes that obey nothing, as those of other programs, by all their parameters."""
    one, other = obeyed(before), obeyed(now)
    found = [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
    for key in found:
        kind, colon, name = key.partition(":")
        what = _KINDS.get(kind, "data" if kind == "data" else "schema" if kind == "schema" else "config")
        yield Change(what, name if colon else "", one.get(key), other.get(key))  # type: ignore[arg-type]
    if found:
        return
    given, taken = _parameters(before), _parameters(now)
    for key in sorted({*given, *taken}):
        if given.get(key) != taken.get(key):
            yield Change("config", key, given.get(key), taken.get(key))


def _parameters(execution: Execution) -> dict[str, Any]:
    return {
        name: value
        for name, value in execution.parameters.items()
        if not name.startswith("_") and name not in _SAID and not name.startswith("graduate_")
    }


def _inputs(records: Records, before: Execution, now: Execution) -> Iterator[Input]:
    one, other = _slots(records, before.id), _slots(records, now.id)
    changed = [slot for slot in sorted(other) if one.get(slot) != other[slot]]
    fresh = {artifact for slot in changed for artifact in other[slot]}
    makers = _makers(records, fresh)
    for slot in changed:
        nodes = tuple(dict.fromkeys(makers[artifact] for artifact in other[slot] if artifact in makers))
        yield Input(slot, tuple(one.get(slot, ())), tuple(other[slot]), nodes)


def _slots(records: Records, execution: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for event in records.events(executions=[execution]):
        if not event.output and not event.key.startswith("_"):  # those are what a condition looks at
            found.setdefault(event.key or "input", []).append(event.artifact)
    return {slot: sorted(artifacts) for slot, artifacts in found.items()}


def _makers(records: Records, artifacts: set[int]) -> dict[int, str]:
    """By artifact the node that gave it first."""
    if not artifacts:
        return {}
    events = sorted((e for e in records.events(artifacts=artifacts) if e.output), key=lambda event: event.execution)
    nodes = {one.id: one.node for one in records.executions({event.execution for event in events}, only=())}
    found: dict[int, str] = {}
    for event in events:
        if event.execution in nodes:
            found.setdefault(event.artifact, nodes[event.execution])
    return found


def _outputs(records: Records, execution: int) -> list[int]:
    return [event.artifact for event in records.events(executions=[execution]) if event.output]


def _givers(records: Records, execution: Execution) -> list[Execution]:
    """Every execution that gave the same outputs: the one that made them, and those that took them from the cache."""
    outputs = _outputs(records, execution.id)
    if not outputs:
        return []
    ids = {event.execution for event in records.events(artifacts=outputs) if event.output}
    return sorted(records.executions(ids, only=()), key=lambda one: one.id)


def _maker(records: Records, execution: Execution) -> Other | None:
    worked: Sequence[Execution] = [one for one in _givers(records, execution) if one.state != "cached"]
    return Other(worked[0].id, worked[0].run) if worked else None


def _taken_by(records: Records, execution: Execution) -> tuple[str, ...]:
    later = [one for one in _givers(records, execution) if one.state == "cached" and one.id > execution.id]
    return tuple(dict.fromkeys(one.run for one in later if one.run))
