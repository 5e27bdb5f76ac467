"""Runs of a work folder as they are: one that never ended, while nobody holds the folder's lock, was killed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.rows import Store


class FolderRecords(Records):
    """Records of a work folder's store.

    Args:
        store: the store.
        in_progress: whether somebody holds the folder's lock; asked where a run never ended. Whoever takes the lock
            marks the runs that were killed before, so that while it is held the one that never ended is in progress.
    """

    def __init__(self, store: Store, in_progress: Callable[[], bool]) -> None:
        super().__init__(store)
        self._in_progress = in_progress

    def runs(self, *, ids: Collection[str] | None = None, **how: Any) -> list[Run]:
        """As Records has them, a killed one as interrupted."""
        found = super().runs(ids=ids, **how)
        if any(_unended(run) for run in found) and not self._in_progress():
            return [replace(run, status="interrupted") if _unended(run) else run for run in found]
        return found


def _unended(run: Run) -> bool:
    return run.status == "running" and "name" in run.facts and run.vocabulary == "tfx"
