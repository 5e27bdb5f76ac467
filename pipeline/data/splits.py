"""Which split a row lands in: decided by its content, so that duplicates stay together, everywhere the same."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from graduate.errors import DataError, UsageError
from graduate.pipeline.data.listing import SPLITS, shown

DEFAULT = {"train": 0.8, "eval": 0.1, "test": 0.1}


def shares_of(split: Mapping[str, float] | None) -> dict[str, float]:
    """The shares of a config's `data.split`, in the order train, eval, test."""
    given = split or DEFAULT
    return {name: given[name] for name in SPLITS if name in given}


def check_shares(split: Mapping[str, float] | None, needs: Iterable[str], *, where: str | None = None) -> None:
    """Refuse shares that leave a needed split out or do not add up to 1.

    Raises:
        UsageError: such shares.
    """
    shares = shares_of(split)
    for name in needs:
        if name not in shares:
            raise UsageError(
                f"data.split gives no share to {name}, which the pipeline reads",
                where=where,
                hint="add it, such as data: {split: {train: 0.8, eval: 0.1, test: 0.1}}"
                + (", or set evaluation.split to eval" if name == "test" else ""),
            )
    if abs(sum(shares.values()) - 1) > 1e-6:
        added = " + ".join(f"{share:g}" for share in shares.values())
        raise UsageError(
            f"data.split adds up to {sum(shares.values()):g}, not 1 ({added})",
            where=where,
            hint="let the shares add up to 1",
        )


def check_group_by(group_by: str | None, *, pattern: bool, where: str | None = None) -> None:
    """Refuse a regular expression that is broken or has no group.

    Raises:
        UsageError: such an expression.
    """
    if group_by is None or not pattern:
        return
    try:
        groups = re.compile(group_by).groups
    except re.error as error:
        raise UsageError(f"data.group_by {group_by!r} is not a regular expression: {error}", where=where) from None
    if not groups:
        raise UsageError(
            f"data.group_by {group_by!r} has no group in parentheses, which would be the key",
            where=where,
            hint="such as data.group_by: '/(patient-[0-9]+)_'",
        )


def group_of(path: str, group_by: str) -> str:
    """The group key of a file: what the first group of the expression matches on its relative path.

    Raises:
        DataError: the expression does not match.
    """
    matched = re.search(group_by, path)
    if matched is None or matched.group(1) is None:
        raise DataError(
            f"data.group_by {group_by!r} does not match the path {shown(path)}",
            hint="every file needs a group: mend the expression, or move the file away",
        )
    return matched.group(1)


def of_key(key: str, shares: Mapping[str, float]) -> str:
    """The split of a row by its key, a content hash or a group: the hash of the key is a point on [0, 1)."""
    point = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    edge = 0.0
    for name, share in shares.items():
        edge += share
        if point < edge:
            return name
    return list(shares)[-1]  # the last edge may be a rounding error below 1


def check_counts(rows: Mapping[str, int], expected: Iterable[str], *, skipped: int = 0) -> None:
    """Refuse an empty split.

    Args:
        rows: good rows of each split.
        expected: the splits there must be.
        skipped: how many bad rows were left out.

    Raises:
        DataError: the first split without a row, and why.
    """
    counts = Counter(rows)
    total = sum(counts.values())
    for name in expected:
        if not counts[name]:
            left_out = f" ({skipped} bad rows were left out)" if skipped else ""
            raise DataError(
                f"the {name} split is empty: {total} rows{left_out} are too few to fill {', '.join(expected)}",
                hint="add images (50 and more is a start), or give the split a larger share in data.split",
            )
