"""Rows of tables that are the same, or the same but for one column: an id that was given anew, a time stamp."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_DIGITS = 6  # significant ones that count: a table that went through a text file is still the same
_MIX = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(columns: Mapping[str, Sequence[Any]]) -> np.ndarray:
    """uint64 (N, C): a hash of every value. Numbers count to six digits; case and white space at the ends do not.

    The sum of a row (modulo 2**64) is the hash of the row, whichever order the columns come in.

    Args:
        columns: name → values, all of one length.
    """
    return np.stack([_column(name, values) for name, values in sorted(columns.items())], axis=1)


def near_rows(
    first: np.ndarray, second: np.ndarray, *, differing: int = 1, columns_needed: int = 4
) -> list[tuple[int, int, int]]:
    """For each row of `second` that is in `first`, or is but for one column, the first such row.

    Args:
        first, second: from `row_hashes`, of the same columns.
        differing: 0 for rows that are the same, 1 for rows that may differ in one column too.
        columns_needed: with fewer columns rows that differ in one are told apart by too little to mean anything.

    Returns:
        (position in first, position in second, number of differing columns), by the second.
    """
    with np.errstate(over="ignore"):
        whole = [first.sum(axis=1, dtype=np.uint64), second.sum(axis=1, dtype=np.uint64)]
        found: dict[int, tuple[int, int]] = {row: (at, 0) for row, at in _equal(*whole).items()}
        if differing and first.shape[1] >= columns_needed:
            for column in range(first.shape[1]):
                for row, at in _equal(whole[0] - first[:, column], whole[1] - second[:, column]).items():
                    found.setdefault(row, (at, 1))
    return [(at, row, number) for row, (at, number) in sorted(found.items())]


def _equal(first: np.ndarray, second: np.ndarray) -> dict[int, int]:
    """Position in second → first position in first of the same value."""
    values, at = np.unique(first, return_index=True)
    place = np.minimum(np.searchsorted(values, second), max(0, len(values) - 1))
    same = np.flatnonzero(values[place] == second) if len(values) else np.zeros(0, np.int64)
    return {int(row): int(at[place[row]]) for row in same}


def _column(name: str, values: Sequence[Any]) -> np.ndarray:
    distinct: dict[str, int] = {}
    for value in {_written(value) for value in values}:
        digest = hashlib.blake2b(f"{name}\0{value}".encode(), digest_size=8).digest()
        distinct[value] = int.from_bytes(digest, "little")
    with np.errstate(over="ignore"):
        return np.array([distinct[_written(value)] for value in values], np.uint64) * _MIX


def _written(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.number):
        return f"{float(value):.{_DIGITS}g}"
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.strip().casefold()
