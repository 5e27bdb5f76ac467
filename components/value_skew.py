"""Whether a number (an image's height, width, channels) is distributed alike in every split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import statistics_pb2

from graduate.verdict import Check

# Largest distance of two distributions (Kolmogorov–Smirnov: the infinity norm of the difference of their cumulative
# shares), unless the schema's skew_comparator says otherwise.
SKEW = 0.5
# Sampling noise forgiven on top: splits of one data set exceed it in one case of 10,000
# (Dvoretzky–Kiefer–Wolfowitz: sqrt(ln(2 / 0.0001) / 2) times sqrt(1 / n + 1 / m)).
_FORGIVEN = math.sqrt(math.log(2 / 1e-4) / 2)

_Numbers: TypeAlias = statistics_pb2.NumericStatistics
_Buckets = Sequence[statistics_pb2.Histogram.Bucket]


def checks(
    statistics: Mapping[str, statistics_pb2.DatasetFeatureStatistics], threshold: Callable[[str, float], float]
) -> Iterator[Check]:
    """A failed check for every number that is distributed otherwise than in training; one that passed if none is.

    Args:
        statistics: of each split.
        threshold: gives the bound of a feature from its name and the default.
    """
    train = _numbers(statistics["train"])
    failed, most = False, 0.0
    for split, measured in statistics.items():
        for name, other in _numbers(measured).items():
            if split == "train" or name not in train:
                continue
            bound, distance = threshold(name, SKEW), _distance(train[name], other)
            most = max(most, distance)
            if distance > bound + _noise(train[name], other):
                failed = True
                yield _failed(name, split, train[name], other, distance, bound)
    if train and not failed:
        names = ", ".join(sorted(train))
        text = f"{names}: distributed alike in every split (largest distance {most:.2f}, bound {SKEW:g})."
        yield Check("skew", True, text, value=most, bound=SKEW)


def _failed(name: str, split: str, train: _Numbers, other: _Numbers, distance: float, bound: float) -> Check:
    text = (
        f"{name}: train has {_range(train)}; {split} has {_range(other)} in {other.common_stats.num_non_missing} rows, "
        f"a distance of {distance:.2f} where at most {bound:g} is expected: mend the split, or raise skew_comparator "
        f"of {name} in the schema."
    )
    return Check(f"skew:{name}", False, text, value=distance, bound=bound, slice=f"split={split}")


def _range(numbers: _Numbers) -> str:
    if numbers.min == numbers.max:
        return f"{numbers.min:g}"
    return f"{numbers.min:g} to {numbers.max:g} (mean {numbers.mean:.4g})"


def _numbers(measured: statistics_pb2.DatasetFeatureStatistics) -> dict[str, _Numbers]:
    return {
        one.path.step[-1]: one.num_stats
        for one in measured.features
        if one.WhichOneof("stats") == "num_stats" and one.num_stats.common_stats.num_non_missing
    }


def _noise(first: _Numbers, second: _Numbers) -> float:
    counts = first.common_stats.num_non_missing, second.common_stats.num_non_missing
    return _FORGIVEN * math.sqrt(1 / counts[0] + 1 / counts[1])


def _distance(first: _Numbers, second: _Numbers) -> float:
    """Kolmogorov–Smirnov distance of two quantile histograms: as fine as their buckets, a tenth by default."""
    one, two = _quantiles(first), _quantiles(second)
    edges = {edge for bucket in (*one, *two) for edge in (bucket.low_value, bucket.high_value)}
    return max(
        (abs(_share(one, edge, at) - _share(two, edge, at)) for edge in edges for at in (True, False)), default=0.0
    )


def _quantiles(numbers: _Numbers) -> _Buckets:
    for histogram in numbers.histograms:
        if histogram.type == statistics_pb2.Histogram.QUANTILES:
            return histogram.buckets
    return ()


def _share(buckets: _Buckets, edge: float, at: bool) -> float:
    """The share of values below `edge`, those at it included or not."""
    below = 0.0
    for bucket in buckets:
        width = bucket.high_value - bucket.low_value
        if width > 0:
            below += bucket.sample_count * min(1.0, max(0.0, (edge - bucket.low_value) / width))
        elif bucket.low_value < edge or (at and bucket.low_value == edge):
            below += bucket.sample_count
    total = sum(bucket.sample_count for bucket in buckets)
    return below / total if total else 0.0
