"""What `graduate reproduce` says: the checks, then what came of the run."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from graduate.pipeline.lineage.diff.shown import metric, signed, small
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN
from graduate.pipeline.lineage.reproduce import Outcome, Recipe

if TYPE_CHECKING:
    from graduate.pipeline.lineage.reproduce_checks import Check

WIDTH = 100
_SHOWN = 8
_COLOURS = {SAME: "green", DIFFERS: "red", UNKNOWN: "yellow"}
Paint = Callable[..., str]


def of_checks(recipe: Recipe, checks: Sequence[Check], paint: Paint) -> str:
    """A line for each check, and what differs below it."""
    side = recipe.side
    run = "" if side.label == side.run.id else f", made by run {side.run.id}"
    lines = [f"{side.label}{run}", ""]
    width = max(len(check.name) for check in checks)
    for check in checks:
        words = {SAME: "", DIFFERS: "differs: ", UNKNOWN: "not known: "}[check.state]
        start = f"  {check.name:<{width}}  "
        first, *others = _wrapped(f"{words}{check.told}", start, " " * len(start))
        lines += [first.replace(check.name, paint(check.name, _COLOURS[check.state]), 1), *others]
        for detail in check.details[:_SHOWN]:
            lines += _wrapped(detail, " " * (len(start) + 2), " " * (len(start) + 4))
        if len(check.details) > _SHOWN:
            lines.append(f"{' ' * (len(start) + 2)}and {len(check.details) - _SHOWN} more; --json has them")
    return "\n".join(lines)


def of_outcome(told: Outcome, command: str) -> str:
    """Whether the weights came out the same; metrics side by side where they did not."""
    return "\n".join(_outcome(told, command))


def _outcome(told: Outcome, command: str) -> Iterator[str]:
    weights = told.weights
    if told.identical:
        digest = f": SHA-256 {weights.digests[0]}" if weights.digests[0] else ""
        yield from _wrapped(f"The weights are the same, bit for bit{digest}.")
        return
    if weights.state == UNKNOWN:
        yield from _wrapped(f"Run {told.run} ended ({told.status}); the weights cannot be compared: {weights.why}.")
    else:
        far = f", by {small(weights.relative)} of their size (L2)" if weights.relative is not None else ""
        yield from _wrapped(f"Run {told.run} ended ({told.status}); the weights differ{far}.")
    for one in (one for one in told.metrics.overall if one.difference is not None):
        yield f"  {one.name:<18} {metric(one.a)} → {metric(one.b)}  {signed(one.difference)}".rstrip()
    yield f"  {command}"


def _wrapped(words: str, first: str = "", others: str = "  ") -> list[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False, break_long_words=False
    ) or [first]
