"""What DataGuard looks for in rows of tables: rows of two splits that differ in a cell, a column that tells the label.

It sees the rows whose cells are in the manifest: all of a small table, of a large one some thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.leakage import Giveaway, follows, giveaway, near_rows, row_hashes
from graduate.verdict import Check

Rows = Sequence[Mapping[str, Any]]  # of the manifest
_SHOWN = 3
# Rows of a few categories differ in one by nature; only columns of many values say that two rows are one.
_VALUES, _COLUMNS = 10, 6


def near_duplicates(train: Rows, others: Rows) -> Iterator[Check]:
    """No row of another split is one of training but for one cell. Nothing is said where columns are too few."""
    first, second = ([row for row in rows if row.get("cells")] for rows in (train, others))
    if not second:
        return
    names = [name for name in first[0]["cells"] if len({row["cells"][name] for row in first}) > _VALUES]
    if len(names) < _COLUMNS:
        return
    hashes = [row_hashes({name: [row["cells"][name] for row in rows] for name in names}) for rows in (first, second)]
    found = [
        (first[at], second[row]) for at, row, differing in near_rows(*hashes, columns_needed=_COLUMNS) if differing
    ]
    if not found:
        yield Check("near_duplicates", True, "No row outside of train is one of train but for a cell.", 0, 0)
        return
    pairs = sorted(found, key=lambda pair: pair[1]["path"])[:_SHOWN]
    shown = "; ".join(f"{other['path']} ({other['split']}) and {row['path']}" for row, other in pairs)
    yield Check(
        "near_duplicates",
        False,
        f"{len(found)} of {len(second)} rows outside of train differ in one cell from one of train, so that what was "
        f"learned may be graded again, such as {shown}: keep what belongs together in one split (data.group_by).",
        value=len(found),
        bound=0,
    )


def single_feature(rows: Rows, target: str) -> Iterator[Check]:
    """No column alone tells the label of training rows.

    Args:
        rows: with cells.
        target: what a label is; of several labels each is looked at.
    """
    columns = {name: [row["cells"].get(name) for row in rows] for name in rows[0]["cells"]}
    given = [str(row["class"]) for row in rows] if target == "class" else None
    failed = False
    for which, labels in enumerate([given] if given else zip(*(row["class"].split() for row in rows), strict=True), 1):
        label = "the label" if target == "class" or len(rows[0]["class"].split()) == 1 else f"label {which}"
        for one in _found(columns, labels, target):
            failed = True
            yield Check("single_feature", False, _sentence(one, label, target), value=one.right)
    if not failed:
        text = f"None of {len(columns)} columns alone tells the label."
        yield Check("single_feature", True, text, value=0, bound=0)


def _found(columns: Mapping[str, Sequence[Any]], labels: Sequence[str], target: str) -> list[Giveaway]:
    numbers = {
        name: [float("nan") if value is None else float(value) for value in values]
        for name, values in columns.items()
        if not any(isinstance(value, str) for value in values)
    }
    if target == "number":
        return follows(numbers, [float(label) for label in labels])
    varying = {name: values for name, values in columns.items() if len(set(values)) > 1}
    return giveaway({name: numbers.get(name, values) for name, values in varying.items()}, labels)


def _sentence(one: Giveaway, label: str, target: str) -> str:
    if target == "number":
        said = f"{one.feature} alone tells {label} of {one.rows} train rows (correlation of ranks {one.right:.4f})"
    else:
        said = (
            f"{one.feature} alone tells {label} of {one.right:.1%} of {one.rows} train rows (the most frequent one is "
            f"{one.majority:.1%} of them)"
        )
    return f"{said}: is it known before the answer is? data: {{columns: {{{one.feature}: ignore}}}} leaves it out."
