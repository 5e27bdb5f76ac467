"""Runs of a store, the latest first: what became of each, what changed since the one before, metric and verdict."""

from __future__ import annotations

import datetime
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.lineage import (
    runs_behind,
    runs_changes,
    runs_nodes,
    runs_recent,
    runs_verdict,
    runs_where,
)
from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.runs_changes import Change
from graduate.pipeline.lineage.runs_where import Condition

STATUSES = ("pushed", "refused", "sick", "data_refused", "failed", "interrupted", "stopped", "running", "complete")
LIMIT = 20
_DETAILS = (*runs_behind.PROPERTIES, *runs_verdict.PROPERTIES)  # what a line tells besides what is told in brief
_BEYOND = 8  # runs that are read besides those shown: the one before of each pipeline is mostly among them
_MAIN_METRIC = "accuracy"


@dataclass(frozen=True)
class Wanted:
    """Which runs; what is empty restricts nothing.

    Attributes:
        pipeline: its name.
        statuses: any of them.
        since, until: milliseconds since 1970, of the start.
        nodes: (node, state) each; state None is that it ran.
        where: conditions on metrics, config keys and facts.
        limit: runs at most; None is all.
    """

    pipeline: str | None = None
    statuses: Collection[str] = ()
    since: int | None = None
    until: int | None = None
    nodes: Sequence[tuple[str, str | None]] = ()
    where: Sequence[Condition] = ()
    limit: int | None = LIMIT


@dataclass(frozen=True)
class Line:
    """One run.

    Attributes:
        id: its id.
        pipeline: its pipeline's name.
        status: as `graduate run` prints it; `interrupted` also where it never ended and nobody runs it any more.
        started: milliseconds since 1970.
        seconds: how long it took; None where nobody wrote down when it ended.
        first: whether it is the first run of its pipeline.
        changes: what differs from the run before of the same pipeline.
        metrics: by name.
        metric: the name of the one that counts, "" where there is none.
        verdict: in a few words why it was refused or failed, or what was pushed.
    """

    id: str
    pipeline: str
    status: str
    started: int
    seconds: float | None
    first: bool
    changes: tuple[Change, ...]
    metrics: Mapping[str, float]
    metric: str
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; times in UTC, ISO 8601."""
        return {
            "run_id": self.id,
            "pipeline": self.pipeline,
            "status": self.status,
            "started": datetime.datetime.fromtimestamp(self.started / 1000, datetime.UTC).isoformat(),
            "seconds": self.seconds,
            "first": self.first,
            "changes": [change.to_json() for change in self.changes],
            "metric": self.metric or None,
            "metrics": dict(self.metrics),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Answer:
    """The runs that were asked for, the latest of those that fit.

    Attributes:
        lines: a line each.
        found: how many fit; None where the search ended with the last line.
        total: how many were looked through.
    """

    lines: tuple[Line, ...]
    found: int | None
    total: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"runs": [line.to_json() for line in self.lines], "found": self.found, "total": self.total}


def runs(records: Records, wanted: Wanted, *, in_progress: bool | None = None) -> Answer:
    """The runs that fit.

    Args:
        records: the store.
        wanted: which.
        in_progress: whether somebody holds the work folder's lock; None where that cannot be told.

    Raises:
        UsageError: no such pipeline, status, node, metric or key, with the nearest.
    """
    filtered = wanted.statuses or wanted.nodes or wanted.where
    if filtered or wanted.limit is None:
        every, whole = _read(records, wanted, in_progress)
        ended = True
    else:
        (every, ended), whole = _recent(records, wanted, in_progress), False
    of_pipeline = [run for run in every if wanted.pipeline in (None, run.pipeline)]
    if wanted.pipeline is not None and not of_pipeline:
        known = {run.pipeline for run in every}
        raise _no(f"no pipeline {wanted.pipeline} in {records.store.where}", wanted.pipeline, known)
    found = _chosen(records, of_pipeline, wanted)
    shown = found if wanted.limit is None else found[: wanted.limit]
    number: int | None = len(found)
    if not ended:
        plain = wanted.pipeline is None and wanted.since is None and wanted.until is None
        number = runs_recent.count(records) if plain else None
    return Answer(tuple(_lines(records, shown, every, whole)), number, len(of_pipeline))


def _recent(records: Records, wanted: Wanted, in_progress: bool | None) -> tuple[list[Run], bool]:
    """As many of the last runs as are shown, and those before them; whether these are all there are."""
    assert wanted.limit is not None
    read: list[Run] = []
    shown, open_ = 0, set[str]()  # pipelines with a run that is shown and whose run before is not read yet
    recent = runs_recent.latest_first(records, first=wanted.limit + _BEYOND)
    for run in runs_recent.judged(recent, in_progress):
        read.append(run)
        open_.discard(run.pipeline)
        fits = wanted.pipeline in (None, run.pipeline) and _in_time(run, wanted)
        if fits and shown < wanted.limit:
            shown += 1
            open_.add(run.pipeline)
        elif shown >= wanted.limit and not open_:
            return read, False
    return read, True


def _in_time(run: Run, wanted: Wanted) -> bool:
    after = wanted.since is None or run.started >= wanted.since
    return after and (wanted.until is None or run.started <= wanted.until)


def _read(records: Records, wanted: Wanted, in_progress: bool | None) -> tuple[list[Run], bool]:
    """Every run, with as many of its properties as the conditions ask for: a config alone is two kilobytes.

    Whether it was read with all that a line tells, as when every run is shown.
    """
    if not (wanted.statuses or wanted.nodes or wanted.where or wanted.pipeline or wanted.since or wanted.until):
        return list(runs_recent.judged(records.runs(only=_DETAILS), in_progress)), True
    nodes = ("graduate_nodes",) if wanted.nodes else ()
    every = records.runs(only=nodes)
    metrics = {name for run in every for name in run.metrics}
    if any(condition.name not in metrics for condition in wanted.where):
        whole = _detailed(records, every, (*nodes, *_DETAILS))
        every = [whole.get(run.id, run) for run in every]
    return list(runs_recent.judged(every, in_progress)), False


def _detailed(records: Records, runs: Iterable[Run], only: Collection[str]) -> dict[str, Run]:
    """Graduate's own among runs, with these properties; of the others everything has been read."""
    own = [run.id for run in runs if runs_recent.is_own(run)]
    return {run.id: run for run in records.runs(ids=own, only=only)} if own else {}


def _chosen(records: Records, among: Sequence[Run], wanted: Wanted) -> list[Run]:
    known = {*STATUSES, *(run.status for run in among)}
    for status in wanted.statuses:
        if status not in known:
            raise _no(f"--status {status}: there is no such status", status, known)
    found = [run for run in among if (not wanted.statuses or run.status in wanted.statuses) and _in_time(run, wanted)]
    if wanted.nodes:
        found = runs_nodes.chosen(records, found, wanted.nodes)
    return runs_where.chosen(found, wanted.where) if wanted.where else found


def _lines(records: Records, shown: Sequence[Run], every: Sequence[Run], whole: bool) -> Iterable[Line]:
    before = _before(shown, every)
    details = {run.id: run for run in (*shown, *before.values())}
    if not whole:
        details |= _detailed(records, details.values(), _DETAILS)
    behind = runs_behind.of_runs(records, list(details.values()))
    judged = (run if whole else replace(details[run.id], status=run.status) for run in shown)
    verdicts = runs_verdict.of_runs(records, list(judged))
    for run in shown:
        earlier = before.get(run.id)
        changes = runs_changes.between(behind[earlier.id], behind[run.id]) if earlier else []
        yield Line(
            id=run.id,
            pipeline=run.pipeline,
            status=run.status,
            started=run.started,
            seconds=_seconds(run),
            first=earlier is None,
            changes=tuple(changes),
            metrics=run.metrics,
            metric=main_metric(details[run.id]),
            verdict=verdicts[run.id],
        )


def _before(shown: Sequence[Run], every: Sequence[Run]) -> dict[str, Run]:
    """Of each run the one before of the same pipeline."""
    wanted, later, found = {run.id for run in shown}, dict[str, Run](), dict[str, Run]()
    for run in every:  # the latest first
        if run.pipeline in later and later[run.pipeline].id in wanted:
            found[later[run.pipeline].id] = run
        later[run.pipeline] = run
    return found


def _seconds(run: Run) -> float | None:
    if run.status == "running":
        return round(max(0.0, time.time() - run.started / 1000), 3)
    return None if run.ended is None else round(max(0, run.ended - run.started) / 1000, 3)


def main_metric(run: Run) -> str:
    """The metric that a run is told by: the accuracy, else the first that the config bounds, else any."""
    evaluation = run.config.get("evaluation")
    bounds = evaluation.get("bounds") if isinstance(evaluation, Mapping) else None
    names = [_MAIN_METRIC, *(bounds if isinstance(bounds, Mapping) else ()), *sorted(run.metrics)]
    return next((name for name in names if name in run.metrics), "")


def _no(sentence: str, word: str, known: Collection[str]) -> UsageError:
    from graduate.pipeline.cli._parser import suggest

    there = sorted(name for name in known if name)
    near = suggest(word, there)
    return UsageError(sentence, hint=f"did you mean {near}?" if near else f"there are: {', '.join(there) or 'none'}")
