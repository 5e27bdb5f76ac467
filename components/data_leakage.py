"""What DataGuard looks for besides exact duplicates: rows of two splits that are nearly the same, and what tells the
label without being what the network should learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.components import table_leakage, text_leakage
from graduate.leakage import giveaway, near_images, straddling
from graduate.verdict import Check

Rows = Sequence[Mapping[str, Any]]  # of the manifest
# Where nothing is said: as in the config's group.
DEFAULTS: Mapping[str, str] = {
    "duplicates": "refuse",
    "near_duplicates": "warn",
    "single_feature": "warn",
    "groups": "refuse",
}
_SHOWN = 3
_OF_AN_IMAGE = ("height", "width", "channels")


def judged(checks: Iterator[Check], judgement: str) -> Iterator[Check]:
    """What a judgement (`refuse`, `warn`, `off`) makes of checks: none, or warnings of those that failed."""
    if judgement != "off":
        for check in checks:
            softened = judgement == "warn" and not check.passed
            yield Check(**{**vars(check), "passed": True, "warns": True}) if softened else check


def sampled(checks: Iterator[Check], looked_at: int, rows: int) -> Iterator[Check]:
    """Checks that say how many rows they are of, where these are not all."""
    for check in checks:
        said = f"{check.sentence} (Looked at: {looked_at} of {rows} rows.)"
        yield check if looked_at == rows else Check(**{**vars(check), "sentence": said})


def near_duplicates(rows: Rows) -> Iterator[Check]:
    """No row of another split looks like one of training; exact duplicates are left to `data_checks.duplicates`."""
    train = [row for row in rows if row["split"] == "train"]
    others = [row for row in rows if row["split"] != "train"]
    if any(row.get("cells") for row in train):
        yield from table_leakage.near_duplicates(train, others)
    if others and any(row.get("shingles") for row in train):
        yield from text_leakage.near_duplicates(train, others)
    if not any(row.get("look") for row in train) or not others:
        return
    known = {row["hash"] for row in train}
    others = [row for row in others if row["hash"] not in known]
    found = near_images([row.get("look") for row in train], [row.get("look") for row in others])
    if not found:
        yield Check("near_duplicates", True, "No image outside of train looks like one of train.", value=0, bound=0)
        return
    pairs = sorted(found, key=lambda pair: (-pair[2], others[pair[1]]["path"]))[:_SHOWN]
    shown = "; ".join(
        f"{others[second]['path']} ({others[second]['split']}) and {train[first]['path']}" for first, second, _ in pairs
    )
    yield Check(
        "near_duplicates",
        False,
        f"{len(found)} of {len(others)} images outside of train look like one of train, so that what was learned may "
        f"be graded again, such as {shown}: keep what belongs together in one split (data.group_by).",
        value=len(found),
        bound=0,
    )


def single_feature(rows: Rows, target: str = "class") -> Iterator[Check]:
    """Neither height, width nor channels tell the class of a training image; of a table no column the label."""
    train = [row for row in rows if row["split"] == "train"]
    if sampled := [row for row in train if row.get("cells")]:
        yield from table_leakage.single_feature(sampled, target)
        return
    if target != "class":
        return
    if any("shingles" in row for row in train):
        yield from text_leakage.single_feature(train)
        return
    names = [name for name in _OF_AN_IMAGE if all(name in row for row in train)]
    features = {name: [row[name] for row in train] for name in names}
    found = giveaway({name: v for name, v in features.items() if len(set(v)) > 1}, [row["class"] for row in train])
    for one in found:
        yield Check(
            "single_feature",
            False,
            f"{one.feature} alone tells the class of {one.right:.1%} of {one.rows} train images (the most frequent "
            f"class is {one.majority:.1%} of them): a network may learn traces of it instead of what the images show.",
            value=one.right,
        )
    if names and not found:
        yield Check("single_feature", True, f"None of {', '.join(names)} alone tells the class.", value=0, bound=0)


def groups(rows: Sequence[tuple[str, str]], number: int) -> Iterator[Check]:
    """No group of `data.group_by` lies in two splits: ready-made ones may be split otherwise.

    Args:
        rows: group and split, of every row whose group lies in several.
        number: of all groups.
    """
    if not number:
        return
    found = straddling(rows)
    if not found:
        yield Check("groups", True, f"{number} groups, none in two splits.", value=0, bound=0)
        return
    group, counts = next(iter(found.items()))
    each = ", ".join(f"{split} {number}" for split, number in counts.items())
    yield Check(
        "groups",
        False,
        f"{len(found)} group{' lies' if len(found) == 1 else 's lie'} in more than one split, such as {group!r} "
        f"({each} rows): what was learned of a group is graded on it; keep each in one split.",
        value=len(found),
        bound=0,
    )
