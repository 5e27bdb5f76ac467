"""Which statistics moved: of each feature in each split, by the FeatureStats.pb that StatisticsGen wrote.

What counts as moved, and where that is from:

- values of a string feature: L∞ distance of their shares above 0.01, the comparator and the threshold of TFDV's guide
  to drift (tensorflow.org/tfx/guide/tfdv, "Checking data skew and drift");
- values of a number: Jensen–Shannon divergence (J. Lin, 1991, "Divergence measures based on the Shannon entropy"; in
  bits, from 0 to 1) of the histograms, above 0.01; TFDV's comparator for numbers, at common edges;
- the mean, by more than 0.1 of the pooled standard deviation (Cohen's d; Cohen, 1988, calls 0.2 small);
- rows without the feature: their share, by more than 0.01.

Nothing here says that a shift is more than chance: rows were compared as they are, and small splits shift easily.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from graduate.pipeline.lineage import statistics_files
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, place, same_artifact

DISTANCE, MEAN, MISSING = 0.01, 0.1, 0.01  # thresholds, see above
Measure = Literal["l_infinity", "jensen_shannon", "mean", "missing", "distinct", "feature"]
Edges = tuple[tuple[float, float, float], ...]  # low, high, share


@dataclass(frozen=True)
class Shift:
    """A statistic that moved.

    Attributes:
        split, feature: of what.
        measure: what was compared; `distinct`, `feature` (only one side has it) and `missing` are shares or numbers.
        distance: in the measure's own unit; None where there is none.
        threshold: above which it is told.
        a, b: the statistic itself: a mean, a share, a number of values; of a distribution the value that moved most.
        value: that value, where the feature has values.
    """

    split: str
    feature: str
    measure: Measure
    distance: float | None
    threshold: float
    a: float | None
    b: float | None
    value: str = ""


@dataclass(frozen=True)
class Statistics:
    """`same` where nothing moved beyond its threshold."""

    state: State
    why: str = ""
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True)
class Feature:
    """What is kept of a feature's statistics; what it has not is None or empty."""

    missing: float
    mean: float | None = None
    deviation: float | None = None
    distinct: int | None = None
    shares: Mapping[str, float] | None = None
    histogram: Edges = ()


def compare(a: Side, b: Side) -> Statistics:
    """Compare the statistics of the raw rows."""
    one, other = (side.made("ExampleStatistics", slot="statistics") for side in (a, b))
    if same_artifact(a, b, one, other):
        return Statistics(SAME)
    folders = []
    for letter, artifact in (("A", one), ("B", other)):
        folder, why = place(artifact, "ExampleStatistics")
        if folder is None:
            return Statistics(UNKNOWN, f"{letter}: {why}")
        folders.append(folder)
    try:
        left, right = (_read(folder) for folder in folders)
    except (OSError, ValueError) as error:
        return Statistics(UNKNOWN, str(error))
    if not left or not right:
        return Statistics(UNKNOWN, f"no {statistics_files.FILE} in {folders[0] if not left else folders[1]}")
    found = [
        shift for split in sorted(left.keys() & right.keys()) for shift in _shifts(split, left[split], right[split])
    ]
    found.sort(key=lambda shift: -(shift.distance or math.inf))
    return Statistics(DIFFERS if found else SAME, shifts=tuple(found))


def _read(folder: Path) -> dict[str, dict[str, Feature]]:
    """Features by split."""
    splits = statistics_files.read(folder)
    return {split: {name: _feature(one) for name, one in features.items()} for split, features in splits.items()}


def _feature(told: Any) -> Feature:
    kind, measured = statistics_files.measured(told)
    common = measured.common_stats if measured is not None else None
    rows = common.num_missing + common.num_non_missing if common is not None else 0
    missing = common.num_missing / rows if common is not None and rows else 0.0
    if kind == "num_stats":
        return Feature(missing, measured.mean, measured.std_dev, histogram=_histogram(measured))
    if kind == "string_stats":
        counts = {bucket.label: bucket.sample_count for bucket in measured.rank_histogram.buckets}
        counts = counts or {one.value: one.frequency for one in measured.top_values}
        total = sum(counts.values())
        shares = {label: count / total for label, count in counts.items()} if total else None
        return Feature(missing, distinct=measured.unique, shares=shares)
    return Feature(missing)


def _histogram(measured: Any) -> Edges:
    for histogram in measured.histograms:
        total = sum(bucket.sample_count for bucket in histogram.buckets)
        if histogram.type == 0 and total:  # STANDARD: buckets of equal width
            return tuple((one.low_value, one.high_value, one.sample_count / total) for one in histogram.buckets)
    return ()


def _shifts(split: str, left: Mapping[str, Feature], right: Mapping[str, Feature]) -> Iterator[Shift]:
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield Shift(split, name, "feature", None, 0.0, float(name in left), float(name in right))
            continue
        one, other = left[name], right[name]
        if abs(one.missing - other.missing) > MISSING:
            yield Shift(split, name, "missing", abs(one.missing - other.missing), MISSING, one.missing, other.missing)
        yield from _of_values(split, name, one, other)
        yield from _of_numbers(split, name, one, other)


def _of_values(split: str, name: str, one: Feature, other: Feature) -> Iterator[Shift]:
    if one.distinct is not None and other.distinct is not None and one.distinct != other.distinct:
        yield Shift(split, name, "distinct", None, 0.0, float(one.distinct), float(other.distinct))
    if one.shares and other.shares:
        distance, value = l_infinity(one.shares, other.shares)
        if distance > DISTANCE:
            before, now = one.shares.get(value, 0.0), other.shares.get(value, 0.0)
            yield Shift(split, name, "l_infinity", distance, DISTANCE, before, now, value)


def _of_numbers(split: str, name: str, one: Feature, other: Feature) -> Iterator[Shift]:
    if one.mean is not None and other.mean is not None and one.mean != other.mean:
        pooled = math.sqrt(((one.deviation or 0.0) ** 2 + (other.deviation or 0.0) ** 2) / 2)
        moved = abs(one.mean - other.mean) / pooled if pooled else math.inf
        if moved > MEAN:
            yield Shift(split, name, "mean", None if math.isinf(moved) else moved, MEAN, one.mean, other.mean)
    if one.histogram and other.histogram:
        distance = jensen_shannon(one.histogram, other.histogram)
        if distance > DISTANCE:
            yield Shift(split, name, "jensen_shannon", distance, DISTANCE, one.mean, other.mean)


def l_infinity(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[float, str]:
    """The largest difference between two sets of shares, and the value that it is of."""
    return max((abs(one.get(value, 0.0) - other.get(value, 0.0)), value) for value in sorted(one.keys() | other.keys()))


def jensen_shannon(one: Edges, other: Edges) -> float:
    """The Jensen–Shannon divergence of two histograms, in bits, at common edges; rows spread evenly in a bucket."""
    edges = sorted({edge for low, high, _ in (*one, *other) for edge in (low, high)})
    left, right = (_spread(histogram, edges) for histogram in (one, other))
    total = 0.0
    for cell in left.keys() | right.keys():
        p, q = left.get(cell, 0.0), right.get(cell, 0.0)
        middle = (p + q) / 2
        total += sum(share / 2 * math.log2(share / middle) for share in (p, q) if share > 0)
    return max(0.0, total)


def _spread(histogram: Edges, edges: list[float]) -> dict[tuple[float, float], float]:
    """Shares by cell between neighbouring edges; a bucket without width is a cell of its own."""
    found: dict[tuple[float, float], float] = {}
    for low, high, share in histogram:
        if not share:
            continue
        if not high > low:
            found[low, low] = found.get((low, low), 0.0) + share
            continue
        inside = [edge for edge in edges if low <= edge <= high]
        for start, end in itertools.pairwise(inside):
            found[start, end] = found.get((start, end), 0.0) + share * (end - start) / (high - low)
    return found
