"""Rows that pass through a program, kept as far as the looks need them. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import array_of
from graduate.looks.overlap import row_hashes

_ROWS, _BYTES, _LABEL_BATCHES, _MOST = 4096, 64 << 20, 400, 50_000


class Rows:
    """Inputs and labels, rows first.

    Args:
        x: array, or lists and dicts of them.
        y: likewise, or None.
        sample_weight: one a row, or None.
        whole: whether these are all rows there are.
        fed: labels in the order in which they were fed; None where that order is `y`'s.
        batch_size: rows a batch.
        batches: batches seen, where they were only seen passing.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        whole: bool = True,
        fed: Any = None,
        batch_size: int | None = None,
        batches: int = 0,
    ) -> None:
        self.x, self.y, self.sample_weight = x, y, sample_weight
        self.whole, self.fed, self.batch_size, self.batches = whole, fed, batch_size, batches

    @property
    def count(self) -> int:
        """Rows."""
        return next((len(one) for one in leaves(self.x) if one is not None), 0)

    def some(self, rows: int) -> Rows:
        """Up to `rows` of them, evenly spread."""
        if self.count <= rows:
            return self
        at = np.linspace(0, self.count - 1, rows).astype(np.int64)
        return Rows(*(taken(one, at) for one in (self.x, self.y, self.sample_weight)), whole=False)

    def bounded(self, rows: int = _MOST, numbers: int = 64_000_000) -> Rows:
        """As many as can be looked at one by one."""
        first = next((one for one in leaves(self.x) if one is not None), None)
        width = max(1, int(np.prod(np.shape(first)[1:]))) if first is not None else 1
        return self.some(max(64, min(rows, numbers // width)))


def of_arrays(x: Any, y: Any, sample_weight: Any, *, shuffle: bool, batch_size: int | None) -> Rows | None:
    """Rows of arguments of `fit` that are arrays; None where they are none. Copies nothing that is NumPy's."""
    x, y, sample_weight = (mapped(one, array_of) for one in (x, y, sample_weight))
    if not leaves(x) or any(one is None or not np.ndim(one) for one in leaves(x)):
        return None
    rows = Rows(x, y, sample_weight, batch_size=batch_size)
    if shuffle and y is not None:
        chance = np.random.Generator(np.random.PCG64(17))  # an order like the one that Keras will draw
        rows.fed = taken(y, chance.permutation(rows.count)[:200_000])
    return rows


def split(rows: Rows, share: float) -> tuple[Rows, Rows]:
    """As `validation_split` does: the last rows validate."""
    at = math.floor(rows.count * (1.0 - share))
    first, last = slice(None, at), slice(at, None)
    parts = [Rows(*(taken(one, part) for one in (rows.x, rows.y, rows.sample_weight))) for part in (first, last)]
    parts[0].batch_size = rows.batch_size
    if rows.fed is not None:
        chance = np.random.Generator(np.random.PCG64(17))
        parts[0].fed = taken(parts[0].y, chance.permutation(at)[:200_000])
    return parts[0], parts[1]


class Collector:
    """Keeps the first rows of batches that pass, and the labels of more of them for their order."""

    def __init__(self, rows: int = _ROWS) -> None:
        self._limit, self._kept, self._bytes = rows, 0, 0
        self._parts: list[tuple[Any, Any, Any]] = []
        self._labels: list[Any] = []
        self._passed: set[int] = set()  # hashes of the rows
        self._repeated = False  # the batch before was known already
        self.batches, self.batch_size, self.ended, self.told = 0, 0, False, False

    def add(self, x: Any, y: Any = None, sample_weight: Any = None) -> None:
        """A batch; `full` says when no more is wanted."""
        if self.full or self.ended:
            return
        x, y, sample_weight = (mapped(one, array_of) for one in (x, y, sample_weight))
        count = next((len(one) for one in leaves(x) if one is not None and np.ndim(one)), 0)
        if not count or self._again(x, y):
            return
        self.batches, self.batch_size = self.batches + 1, max(self.batch_size, count)
        if y is not None and len(self._labels) < _LABEL_BATCHES:
            self._labels.append(mapped(y, np.array))
        if self._kept < self._limit and self._bytes < _BYTES:
            self._parts.append(tuple(mapped(one, np.array) for one in (x, y, sample_weight)))  # type: ignore[arg-type]
            self._kept += count
            self._bytes += sum(one.nbytes for one in leaves(x) if one is not None)

    def _again(self, x: Any, y: Any) -> bool:
        """Whether a batch passed before. Two such in a row: a loop of the program began anew, nothing more is to come.

        A single one is not enough: a program may have looked at a batch before the loop that brings it again.
        """
        hashes = row_hashes((x, y) if y is not None else x)[:256].tolist()
        seen = sum(one in self._passed for one in hashes)
        if self.batches and hashes and seen >= 0.9 * len(hashes):
            self.ended, self._repeated = self._repeated, True
            return True
        self._repeated = False
        self._passed.update(hashes)
        return False

    @property
    def full(self) -> bool:
        """Whether enough was seen."""
        rows = self._kept >= self._limit or self._bytes >= _BYTES
        return rows and (len(self._labels) >= _LABEL_BATCHES or not self._labels)

    def rows(self) -> Rows | None:
        """What came so far."""
        if not self._parts:
            return None
        x, y, weight = (_joined([part[i] for part in self._parts]) for i in range(3))
        fed = _joined(self._labels) if self._labels else None
        whole = self.ended and len(self._labels) in (0, len(self._parts))
        return Rows(x, y, weight, whole=whole, fed=fed, batch_size=self.batch_size, batches=self.batches)


def leaves(value: Any) -> list[Any]:
    """Of lists, tuples and dicts."""
    if isinstance(value, Mapping):
        return [leaf for key in value for leaf in leaves(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if value is None else [value]


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every leaf changed; None stays None."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: mapped(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple) and any(np.ndim(one) or hasattr(one, "shape") for one in value):
        parts = [mapped(one, change) for one in value]
        return parts if isinstance(value, list) else tuple(parts)
    return change(value)


def taken(value: Any, at: Any) -> Any:
    """Rows `at` of every array."""
    return mapped(value, lambda one: one[at])


def _joined(parts: list[Any]) -> Any:
    """Batches of one structure, one behind the other; rows of differing shapes are filled up with zeros."""
    first = next((part for part in parts if part is not None), None)
    if first is None:
        return None
    if isinstance(first, Mapping):
        return {key: _joined([part[key] for part in parts]) for key in first}
    if isinstance(first, list | tuple):
        return [_joined([part[i] for part in parts]) for i in range(len(first))]
    arrays = [np.asarray(part) for part in parts]
    if any(one.ndim == 0 for one in arrays):
        return None
    if len({one.shape[1:] for one in arrays}) > 1:
        if len({one.ndim for one in arrays}) > 1:
            return arrays[0]
        shape = np.max([one.shape[1:] for one in arrays], axis=0)
        arrays = [_padded(one, shape) for one in arrays]
    return np.concatenate(arrays)


def _padded(array: np.ndarray, shape: np.ndarray) -> np.ndarray:
    missing = [(0, int(wanted - size)) for size, wanted in zip(array.shape[1:], shape, strict=True)]
    return np.pad(array, [(0, 0), *missing])
