"""What DataGuard checks besides the schema, from the manifest: splits, classes, duplicates, skew of the label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from graduate.components.manifest_rows import Rows
from graduate.verdict import Check

# Label shares may differ by as much between training and another split, unless the schema's skew_comparator says else.
SKEW = 0.2
# Sampling noise that is forgiven on top, in standard errors: with 4, one healthy class in 16,000 raises an alarm.
_FORGIVEN = 4.0


def empty_splits(rows: Rows, splits: Sequence[str]) -> Iterator[Check]:
    """Every split has rows."""
    counts = {split: rows.classes_of(split).total() for split in splits}
    empty = [split for split in splits if not counts[split]]
    for split in empty:
        yield Check("rows", False, f"The {split} split is empty: {len(rows)} rows are too few to fill {_list(splits)}.")
    if not empty:
        each = ", ".join(f"{split} {counts[split]}" for split in splits)
        yield Check("rows", True, f"{len(rows)} rows came in, none of the splits is empty ({each}).", value=len(rows))


def classes(rows: Rows, splits: Sequence[str], noun: tuple[str, str] = ("image", "images")) -> Iterator[Check]:
    """Training sees two classes or more, and every class that another split has."""
    by_split = {split: rows.classes_of(split) for split in splits}
    trained = by_split["train"]
    failed = False
    if len(trained) == 1:
        failed = True
        yield Check("classes", False, f'Training sees one class only, "{next(iter(trained))}": a classifier needs two.')
    for split, found in by_split.items():
        for name in sorted(set(found) - set(trained)):
            failed = True
            yield Check(
                "classes",
                False,
                f'Class "{name}" is in {_rows(found[name], split)} (such as {rows.first_of(split, name)}) and training '
                f"never saw it: add {noun[1]} of it to train, or take it out of {split}.",
                value=found[name],
                slice=f"label={name}",
            )
    if trained and not failed:
        fewest = min(trained, key=lambda name: (trained[name], name))
        text = f'training sees all of them (fewest of "{fewest}": {_rows(trained[fewest])})'
        yield Check("classes", True, f"{len(trained)} classes came in, and {text}.", value=len(trained))


def unseen_classes(rows: Rows) -> list[str]:
    """Classes that training never sees."""
    return sorted(set(rows.classes) - set(rows.classes_of("train")))


def duplicates(rows: Rows, noun: tuple[str, str] = ("image", "images")) -> Iterator[Check]:
    """No content lies in two splits: what was learned by heart would be graded. Within a split it is only told."""
    repeated = rows.repeated()
    across = [group for group in repeated if len(set(rows.split[group].tolist())) > 1]
    if across:
        first, second = (f"{rows.path(row)} ({rows.splits[rows.split[row]]})" for row in _two_splits(rows, across[0]))
        yield Check(
            "duplicates",
            False,
            f"{_counted(len(across), noun)} in more than one split, so that what was learned is graded again: "
            f"{first} is the same as {second}: keep each in one split.",
            value=len(across),
            bound=0,
        )
    else:
        inside = f" ({_counted(len(repeated), noun)} more than once within one split)" if repeated else ""
        yield Check("duplicates", True, f"No {noun[0]} lies in two splits{inside}.", value=0, bound=0)


def _two_splits(rows: Rows, group: np.ndarray) -> tuple[int, int]:
    """The first row of a group, and the first of it in another split."""
    return int(group[0]), int(group[np.argmax(rows.split[group] != rows.split[group[0]])])


def label_skew(rows: Rows, splits: Sequence[str], threshold: float = SKEW) -> Iterator[Check]:
    """The largest difference of a class's share between training and each other split (infinity norm, as TFDV's skew).

    A small split differs by chance: `_FORGIVEN` standard errors of the difference of two shares come on top of the
    threshold. Classes that training never saw are left to `classes`.
    """
    counts = {split: rows.classes_of(split) for split in splits}
    train, total = counts["train"], counts["train"].total()
    for split in splits:
        if split == "train" or not counts[split] or not total:
            continue
        other, number = counts[split], counts[split].total()
        excess = {name: _excess(train[name], total, other[name], number, threshold) for name in train}
        worst = max(excess, key=lambda name: (excess[name], name))
        shares = train[worst] / total, other[worst] / number
        text = f'label: class "{worst}" is {shares[0]:.1%} of train and {shares[1]:.1%} of {split}'
        difference = abs(shares[0] - shares[1])
        if excess[worst] > 0:
            yield Check(
                "skew:label",
                False,
                f"{text} ({other[worst]} of {number} rows), a difference of {difference:.2f} where at most "
                f"{threshold:g} is expected: mend the split, or raise skew_comparator of label in the schema.",
                value=difference,
                bound=threshold,
                slice=f"split={split}",
            )
        else:
            largest = max(abs(train[name] / total - other[name] / number) for name in train)
            yield Check(
                "skew:label",
                True,
                f"Label shares differ by at most {largest:.3f} between train and {split} (bound {threshold:g}).",
                value=largest,
                bound=threshold,
                slice=f"split={split}",
            )


def _excess(first: int, of_first: int, second: int, of_second: int, threshold: float) -> float:
    share = (first + second) / (of_first + of_second)
    noise = math.sqrt(share * (1 - share) * (1 / of_first + 1 / of_second))
    return abs(first / of_first - second / of_second) - threshold - _FORGIVEN * noise


def _rows(count: int, split: str = "") -> str:
    return f"{count} {split + ' ' if split else ''}row{'' if count == 1 else 's'}"


def _counted(count: int, noun: tuple[str, str]) -> str:
    return f"1 {noun[0]} is" if count == 1 else f"{count} {noun[1]} are"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
