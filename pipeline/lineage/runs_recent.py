"""Runs, the latest first, read only as far as somebody asks: one of another program is told by all its nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from graduate.pipeline.lineage import vocabulary
from graduate.pipeline.lineage.records import Records, Run

_FIRST, _MOST = 24, 768  # runs that are read together; each time twice as many


def latest_first(
    records: Records, *, only: Collection[str] = (), before: Run | None = None, first: int = _FIRST
) -> Iterator[Run]:
    """Runs in brief, the latest first.

    Args:
        records: the store.
        only: properties to bring besides, as in `Records.runs`.
        before: only those before this one.
        first: how many are asked for most likely.
    """
    rows = records.store.contexts(kinds=vocabulary.RUN_KINDS, only=())
    rows.sort(key=lambda row: (row.created, row.id), reverse=True)
    if before is not None:
        at = next((at for at, row in enumerate(rows) if row.id == before.context), -1)
        rows = rows[at + 1 :]
    number = first
    while rows:
        part, rows = rows[:number], rows[number:]
        yield from records.runs(ids=[row.name for row in part], only=only)
        number = min(2 * number, _MOST)


def earlier(records: Records, run: Run) -> Iterator[Run]:
    """The runs of the same pipeline before a run, the latest of them first."""
    for one in latest_first(records, before=run):
        if one.pipeline == run.pipeline:
            yield one


def count(records: Records) -> int:
    """How many there are."""
    return len(records.store.contexts(kinds=vocabulary.RUN_KINDS, only=()))


def is_own(run: Run) -> bool:
    """Whether Graduate's own command wrote the run down."""
    return "name" in run.facts and run.vocabulary == vocabulary.tfx.NAME


def judged(runs: Iterable[Run], in_progress: bool | None) -> Iterator[Run]:
    """Runs, those that were killed as `interrupted`: one at most is in progress in a work folder.

    Args:
        runs: the latest first.
        in_progress: whether somebody holds the work folder's lock; None where that cannot be told.
    """
    for run in runs:
        if run.status == "running" and is_own(run) and in_progress is not None:
            yield run if in_progress else replace(run, status="interrupted")
            in_progress = False
        else:
            yield run


def in_fact(records: Records, run: Run, in_progress: bool | None) -> Run:
    """A run, as `interrupted` where it was killed and nobody has closed its record."""
    if run.status != "running" or not is_own(run) or in_progress is None:
        return run
    told = next((one for one in judged(latest_first(records), in_progress) if one.id == run.id), run)
    return replace(run, status=told.status)
