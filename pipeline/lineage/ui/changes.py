"""Runs with what changed in each since the one before of its pipeline, and its verdict, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graduate.pipeline.lineage import runs_behind, runs_changes, runs_verdict
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.ui import heads
from graduate.pipeline.lineage.ui.heads import Head

_TOLD = 3
_READ = (*runs_behind.PROPERTIES, *runs_verdict.PROPERTIES)


@dataclass(frozen=True)
class Told:
    """A run with its story.

    Attributes:
        run: with what the story needs.
        changed: since the run before; "" where that is not known.
        verdict: why it was refused or failed, or what it pushed; "" where there is nothing to say.
        before: the id of the run before; "" where there is none, or none is near.
    """

    run: Run
    changed: str
    verdict: str
    before: str


def told(records: Records, asked: Sequence[Head]) -> list[Told]:
    """In the order of the question; the store is asked once for all of them."""
    before = heads.before(records, asked)
    ids = {head.id for head in asked} | {head.id for head in before.values() if head}
    full = {run.id: run for run in records.runs(ids=ids, only=_READ)} if ids else {}
    behind = runs_behind.of_runs(records, list(full.values()))
    shown = [full[head.id] for head in asked if head.id in full]
    verdicts = runs_verdict.of_runs(records, shown)
    found = []
    for run in shown:
        earlier = before.get(run.id)
        changed = "first run" if run.id in before else ""
        if earlier and earlier.id in behind:
            changed = _said([change.text for change in runs_changes.between(behind[earlier.id], behind[run.id])])
        verdict = telling.shortened(verdicts.get(run.id, ""), 140)
        found.append(Told(run, changed, verdict, earlier.id if earlier else ""))
    return found


def of_run(records: Records, run: Run) -> Told:
    """One run's story."""
    head = Head(run.context, run.id, run.pipeline, run.status)
    return next(iter(told(records, [head])), Told(run, "", "", ""))


def _said(changes: Sequence[str]) -> str:
    more = f"; {len(changes) - _TOLD} more" if len(changes) > _TOLD else ""
    return "; ".join(changes[:_TOLD]) + more or "nothing"
