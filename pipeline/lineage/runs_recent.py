"""Runs, the latest first, read only as far as somebody asks: one of another program is told by all its nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

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
