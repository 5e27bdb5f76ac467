"""What `graduate gc` prints: what goes, how large it is, why; then what stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graduate.pipeline.lineage.gc import Candidate, Plan
from graduate.pipeline.lineage.tree_facts import printable

_SHOWN = 40  # lines; the rest are smaller and counted


def text(plan: Plan, *, everything: bool = False) -> str:
    """The plan, without a line end at its end."""
    return "\n".join([*_candidates(plan, everything), "", *_kept(plan)])


def size(number: int) -> str:
    """`1.2 GB`, in powers of ten."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= least:
            return f"{number / least:.1f} {unit}"
    return f"{number} B"


def _candidates(plan: Plan, everything: bool) -> Iterator[str]:
    found = plan.candidates
    if not found:
        yield "Nothing can be deleted."
        return
    yield f"{size(plan.bytes)} in {len(found):,} place{'s' if len(found) > 1 else ''} can be deleted:"
    shown = found if everything or len(found) <= _SHOWN + 1 else found[:_SHOWN]
    for why, some in _by_reason(shown).items():
        yield ""
        yield f"  {printable(why)}"
        for one in some:
            label = f"  ({one.label})" if one.label else ""
            yield f"  {size(one.bytes):>9}  {printable(str(one.path.relative_to(plan.root)))}{label}"
    rest = found[len(shown) :]
    if rest:
        yield ""
        yield f"  … and {len(rest):,} smaller ones, {size(sum(one.bytes for one in rest))}; --all shows them"


def _by_reason(found: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    reasons: dict[str, list[Candidate]] = {}
    for one in found:
        reasons.setdefault(one.why, []).append(one)
    return reasons


def _kept(plan: Plan) -> Iterator[str]:
    runs = f"the last {plan.keep_runs} finished runs" if plan.keep_runs > 1 else "the last finished run"
    versions = f"{len(plan.pushed)} pushed version{'' if len(plan.pushed) == 1 else 's'} on disk"
    yield f"Kept: {runs} of each pipeline and those since ({len(plan.runs)} in all), and all that {versions} came from."
    folders, number = plan.unfinished
    if folders:
        yield (
            f"Kept: {folders} unfinished training{'s' if folders > 1 else ''} in checkpoints/ ({size(number)}): "
            "the command that began one goes on from it."
        )
    if plan.elsewhere:
        yield f"Left alone: {plan.elsewhere:,} artifacts whose files are recorded outside of {plan.root}."
