"""Into which shares data is split: so that each split has rows of each class, as far as that can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from graduate.pipeline.data import splits
from graduate.pipeline.look.found import Look

# From the largest training split on: the first that is good enough is taken.
CANDIDATES = ((0.8, 0.1, 0.1), (0.7, 0.15, 0.15), (0.6, 0.2, 0.2), (0.5, 0.25, 0.25))
ENOUGH = 10  # rows of each class that eval and test should have
_FEWEST = 50  # rows that they should have in all


class Shares(NamedTuple):
    """Shares of train, eval and test, with the reason; `train` is about how many rows are trained on."""

    shares: dict[str, float]
    why: str
    train: int


def of_files(look: Look, group_by: str | None = None) -> Shares:
    """Shares for files, whose split is known: it follows from their content, or from their group."""
    best: tuple[tuple[int, int, int], Shares] | None = None
    for number, candidate in enumerate(CANDIDATES):
        shares = dict(zip(("train", "eval", "test"), candidate, strict=True))
        counts = _assigned(look, shares, group_by)
        totals = {split: counts[split].total() for split in shares}
        fewest = {split: min(counts[split][name] for name in look.classes) for split in shares}
        grade = (
            int(fewest["train"] > 0 and all(totals.values())),
            min(ENOUGH, fewest["eval"], fewest["test"]) + (min(_FEWEST, totals["test"], totals["eval"]) >= _FEWEST),
            -number,
        )
        rows = ", ".join(f"{total:,}" for total in totals.values())
        small = min(look.classes, key=lambda name: look.classes[name])
        of_small = f"of the smallest class ({small}) {fewest['eval']} in eval, {fewest['test']} in test"
        why = f"{rows} rows, {'whole groups' if group_by else 'by content hash'}; {of_small}"
        if best is None or grade > best[0]:
            best = (grade, Shares(shares, why, totals["train"]))
    assert best is not None
    return best[1]


def leaves_a_class_out(look: Look, shares: Mapping[str, float], group_by: str | None) -> bool:
    """Whether training would not see a class that another split has, or a split would be empty."""
    counts = _assigned(look, shares, group_by)
    return any(not counts["train"][name] for name in look.classes) or not all(counts[one].total() for one in shares)


def _assigned(look: Look, shares: Mapping[str, float], group_by: str | None) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {split: Counter() for split in shares}
    for path, label in look.class_of.items():
        if path in look.bad:
            continue
        key = splits.group_of(path, group_by) if group_by else look.hashes.get(path, path)
        counts[splits.of_key(key, shares)][label] += 1
    return counts


def of_rows(rows: int, classes: Mapping[str, int], looked_at: int) -> Shares:
    """Shares for a table, by how many rows its classes have."""
    smallest = min(classes.values(), default=looked_at) * rows / max(1, looked_at)
    for candidate in CANDIDATES[:-1]:
        enough = smallest * candidate[2] >= ENOUGH if classes else rows * candidate[2] >= _FEWEST
        if enough and rows * candidate[2] >= _FEWEST:
            break
    shares = dict(zip(("train", "eval", "test"), candidate, strict=True))
    why = f"about {', '.join(f'{rows * share:,.0f}' for share in candidate)} rows, by content hash"
    if classes:
        small = min(classes, key=lambda name: classes[name])
        why += f"; of the smallest class ({small}) about {smallest * candidate[2]:,.0f} in test"
    return Shares(shares, why, int(rows * candidate[0]))
