"""What DataGuard looks for in texts: nearly the same ones in two splits, and lengths that tell the class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.leakage import giveaway, near_sketches
from graduate.verdict import Check

Rows = Sequence[Mapping[str, Any]]  # of the manifest
_SHOWN = 3
_LENGTHS = ("characters", "words")


def near_duplicates(train: Rows, others: Rows) -> Iterator[Check]:
    """No text of another split is nearly one of training; exact duplicates are left to `data_checks.duplicates`."""
    known = {row["hash"] for row in train}
    others = [row for row in others if row["hash"] not in known]
    found = near_sketches([row.get("shingles") for row in train], [row.get("shingles") for row in others])
    if not found:
        yield Check("near_duplicates", True, "No text outside of train is nearly one of train.", value=0, bound=0)
        return
    pairs = sorted(found, key=lambda pair: (-pair[2], others[pair[1]]["path"]))[:_SHOWN]
    shown = "; ".join(
        f"{others[second]['path']} ({others[second]['split']}) and {train[first]['path']}" for first, second, _ in pairs
    )
    yield Check(
        "near_duplicates",
        False,
        f"{len(found)} of {len(others)} texts outside of train share most of their words with one of train, so that "
        f"what was learned may be graded again, such as {shown}: keep what belongs together in one split "
        "(data.group_by).",
        value=len(found),
        bound=0,
    )


def single_feature(train: Rows) -> Iterator[Check]:
    """No length of a text tells its class."""
    features = {name: [row[name] for row in train] for name in _LENGTHS}
    found = giveaway({name: v for name, v in features.items() if len(set(v)) > 1}, [row["class"] for row in train])
    for one in found:
        yield Check(
            "single_feature",
            False,
            f"The number of {one.feature} alone tells the class of {one.right:.1%} of {one.rows} train texts (the most "
            f"frequent class is {one.majority:.1%} of them): a network may learn it instead of what the texts say.",
            value=one.right,
        )
    if not found:
        yield Check("single_feature", True, "No length of a text alone tells its class.", value=0, bound=0)
