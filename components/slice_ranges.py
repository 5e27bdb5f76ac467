"""Slices by a number that has many values: four ranges of about as many rows each, instead of a slice a value."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

FEW = 12  # values of a number, each of which is a slice
_PARTS = 4
_ROWS = 100_000  # of a split, from which the ranges are taken
MISSING = "missing"
_NO_DATE = -(2**63)  # what a table's date is where it is missing


class Ranges:
    """The ranges of one number: each has its lower edge and not its upper one; the last has both."""

    def __init__(self, values: Sequence[float]) -> None:
        known = np.array([value for value in values if not is_missing(value)])
        edges = np.quantile(known, np.linspace(0, 1, _PARTS + 1), method="lower")
        self.edges = sorted(set(edges.tolist()))
        self._names = [f"{_told(low)} to {_told(high)}" for low, high in itertools.pairwise(self.edges)]

    def of(self, value: float) -> str:
        """The name of the range that a value lies in; what lies outside of all is in the nearest."""
        if is_missing(value):
            return MISSING
        at = bisect.bisect_right(self.edges, value) - 1
        return self._names[min(max(at, 0), len(self._names) - 1)]


def found(files: Sequence[str], features: Sequence[str]) -> dict[str, Ranges]:
    """The ranges of those features that are numbers with more than `FEW` values in these TFRecords."""
    values: dict[str, list[float]] = {name: [] for name in features}
    for row in itertools.islice(_rows(files) if features else iter(()), _ROWS):
        for name, several in values.items():
            several += number_of(row, name)
    return {name: Ranges(several) for name, several in values.items() if _many(several)}


def number_of(row: Mapping[str, object], name: str) -> list[float]:
    """A row's value of a feature, in a list; an empty one where it has none, several, or one that is no number."""
    if name not in row:
        return []
    feature = row[name]
    kind = feature.WhichOneof("kind")  # type: ignore[attr-defined]
    if kind not in ("float_list", "int64_list"):
        return []
    several = list(getattr(feature, kind).value)
    return several if len(several) == 1 else []


def is_missing(value: float) -> bool:
    """NaN, and what stands for a missing date."""
    return value == _NO_DATE or (isinstance(value, float) and math.isnan(value))


def _many(values: Sequence[float]) -> bool:
    return len(set(values) - {value for value in values if is_missing(value)}) > FEW


def _told(edge: float) -> str:
    return f"{edge:.6g}" if isinstance(edge, float) else str(edge)


def _rows(files: Sequence[str]) -> Iterator[Mapping[str, object]]:
    import tensorflow as tf

    for file in files:
        for serialised in tf.data.TFRecordDataset(file, "GZIP" if file.endswith(".gz") else "").as_numpy_iterator():
            yield tf.train.Example.FromString(serialised).features.feature
