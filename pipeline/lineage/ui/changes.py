"""What changed between each run of a list and the one before it of the same pipeline, and what its verdict was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graduate.pipeline.lineage import runs_behind, runs_changes, runs_verdict, vocabulary
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.rows import Wanted

_BACK = 60  # runs to look through for the one before the last of a list
_TOLD = 3


@dataclass(frozen=True)
class Told:
    """Of a run: what changed since the one before, and the verdict, in a few words each; "" where there is none."""

    changed: str = ""
    verdict: str = ""


def told(records: Records, runs: Sequence[Run]) -> dict[str, Told]:
    """By run."""
    before = {run.id: earlier for run, earlier in _pairs(records, runs)}
    ids = {run.id for run in runs} | {run.id for run in before.values()}
    if not ids:
        return {}
    wanted = (*runs_behind.PROPERTIES, *runs_verdict.PROPERTIES)
    full = {run.id: run for run in records.runs(ids=ids, only=wanted)}
    behind = runs_behind.of_runs(records, list(full.values()))
    verdicts = runs_verdict.of_runs(records, [full[run.id] for run in runs])
    found = {}
    for run in runs:
        earlier = before.get(run.id)
        changes = runs_changes.between(behind[earlier.id], behind[run.id]) if earlier else []
        said = "; ".join(change.text for change in changes[:_TOLD])
        more = f"; {len(changes) - _TOLD} more" if len(changes) > _TOLD else ""
        nothing = "nothing" if earlier else "first run"
        found[run.id] = Told(f"{said}{more}" or nothing, telling.shortened(verdicts.get(run.id, ""), 140))
    return found


def run_before(records: Records, run: Run) -> Run | None:
    """The run before of the same pipeline."""
    return next((earlier for _, earlier in _pairs(records, [run])), None)


def _pairs(records: Records, runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Each run with the one before; those of which none is found nearby are left out."""
    if not runs:
        return []
    wanted = Wanted(kinds=vocabulary.RUN_KINDS, before=min(run.context for run in runs), limit=_BACK)
    names = [row.name for row in records.store.search("contexts", wanted)]
    highest = max(run.context for run in runs)
    between = Wanted(kinds=vocabulary.RUN_KINDS, before=highest, limit=_BACK)
    names += [row.name for row in records.store.search("contexts", between)]
    every = sorted(
        {run.context: run for run in [*runs, *records.runs(ids=names)]}.values(), key=lambda run: run.context
    )
    last, pairs, asked = dict[str, Run](), list[tuple[Run, Run]](), {run.context for run in runs}
    for run in every:
        if run.context in asked and run.pipeline in last:
            pairs.append((run, last[run.pipeline]))
        last[run.pipeline] = run
    return pairs
