"""Which split a row lands in: decided by its content, so that duplicates stay together, everywhere the same."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from graduate.errors import DataError, UsageError
from graduate.pipeline.data.listing import SPLITS, File, shown

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
            f"{json.dumps(group_by)} does not match the path {shown(path)}",
            where="data.group_by",
            hint="every file needs a group: mend the expression, or move the file away",
        )
    return matched.group(1)


def assign(
    files: Sequence[File], by_path: Mapping[str, str], shares: Mapping[str, float], group_by: str | None
) -> tuple[str, ...]:
    """The split of each file: the ready-made one, or by its group where there is a group key, or by its content.

    Args:
        files: what was listed.
        by_path: SHA-256 of each file.
        shares: of the splits, where they are not ready-made.
        group_by: `data.group_by`.

    Raises:
        DataError: a file without a group.
    """
    keys = [group_of(file.path, group_by) if group_by else by_path[file.path] for file in files]
    return tuple(file.split or of_key(key, shares) for file, key in zip(files, keys, strict=True))


def of_key(key: str, shares: Mapping[str, float]) -> str:
    """The split of a row by its key, a content hash or a group: the hash of the key is a point on [0, 1)."""
    point = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    edge = 0.0
    for name, share in shares.items():
        edge += share
        if point < edge:
            return name
    return list(shares)[-1]  # the last edge may be a rounding error below 1


def of_keys(keys: Sequence[str], shares: Mapping[str, float]) -> list[str]:
    """`of_key` of many."""
    import numpy as np

    points = b"".join([hashlib.sha256(key.encode()).digest()[:8] for key in keys])
    names = list(shares)
    edges = np.array(list(itertools.accumulate(shares.values(), initial=0.0))[1:-1])
    at = np.searchsorted(edges, np.frombuffer(points, ">u8") / 2.0**64, side="right")
    return [names[place] for place in at.tolist()]


def check_counts(rows: Mapping[str, int], expected: Iterable[str], *, skipped: int = 0, grouped: bool = False) -> None:
    """Refuse an empty split.

    Args:
        rows: good rows of each split.
        expected: the splits there must be.
        skipped: how many bad rows were left out.
        grouped: whether rows were assigned by group.

    Raises:
        DataError: the first split without a row, and why.
    """
    counts = {name: rows.get(name, 0) for name in expected}
    for name, count in counts.items():
        if not count:
            total = sum(counts.values())
            left_out = f" ({skipped} bad rows were left out)" if skipped else ""
            each = ", ".join(f"{split} {number}" for split, number in counts.items())
            more = "more groups: rows of one stay together" if grouped else "rows: 50 and more is a start"
            raise DataError(
                f"the {name} split is empty: none of {total} rows{left_out} falls into it ({each})",
                where="data",
                hint=f"add {more}; or give {name} a larger share in data.split",
            )
