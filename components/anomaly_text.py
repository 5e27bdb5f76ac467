"""An anomaly that TFDV found as one sentence: split, feature, what was expected, what came, how many rows."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

_SHOWN = 5
_TYPES = {0: "an integer", 1: "a number", 2: "text", 3: "bytes", 4: "a structure"}  # of statistics


def sentence(
    split: str,
    name: str,
    reason: anomalies_pb2.AnomalyInfo.Reason,
    statistics: statistics_pb2.DatasetFeatureStatistics,
    schema: schema_pb2.Schema,
) -> str:
    """The sentence for one reason of an anomaly.

    Args:
        split: the split it was found in.
        name: the feature, as TFDV names it.
        reason: TFDV's own words, which stand in for kinds that have no sentence of their own here.
        statistics: of that split.
        schema: what was expected.
    """
    feature = next((f for f in schema.feature if f.name == name), None)
    found = next((f for f in statistics.features if list(f.path.step) == [name]), None)
    if found is None:
        expected = "a value in every row" if feature is not None else "nothing"
        return f"{split}: feature {name}: expected {expected}, came none in {_rows(statistics.num_examples)}."
    if feature is None:
        there = ", ".join(sorted(f.name for f in schema.feature))
        came = f"{_TYPES.get(found.type, 'something')} in {_rows(_present(found))}"
        return f"{split}: feature {name} is not in the schema: expected {there}, came {name} too ({came})."
    described = _domain(feature, found, schema) or _numbers(feature, found) or _missing(feature, found, statistics)
    return f"{split}: feature {name}: {described or reason.description.rstrip('.') + '.'}"


def _domain(
    feature: schema_pb2.Feature, found: statistics_pb2.FeatureNameStatistics, schema: schema_pb2.Schema
) -> str | None:
    domain = feature.string_domain if feature.HasField("string_domain") else None
    if feature.domain:
        domain = next((d for d in schema.string_domain if d.name == feature.domain), None)
    if domain is None:
        return None
    known = set(domain.value)
    new = {b.label: round(b.sample_count) for b in found.string_stats.rank_histogram.buckets if b.label not in known}
    if not new:
        return None
    shown = ", ".join(f"{value!r}" for value in sorted(new)[:_SHOWN]) + (" and others" if len(new) > _SHOWN else "")
    expected = ", ".join(list(domain.value)[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"expected one of {expected}; came {shown} in {_rows(sum(new.values()))}."


def _numbers(feature: schema_pb2.Feature, found: statistics_pb2.FeatureNameStatistics) -> str | None:
    kind = feature.WhichOneof("domain_info")
    if kind not in ("int_domain", "float_domain") or not found.HasField("num_stats"):
        return None
    domain, numbers = getattr(feature, kind), found.num_stats
    low = domain.min if domain.HasField("min") else None
    high = domain.max if domain.HasField("max") else None
    below = low is not None and numbers.min < low
    above = high is not None and numbers.max > high
    if not below and not above:
        return None
    expected = f"exactly {low:g}" if low == high and low is not None else _range(low, high)
    came = f"{numbers.min:g}" if numbers.min == numbers.max else f"{numbers.min:g} to {numbers.max:g}"
    return f"expected {expected}; came {came} in {_outside(found, low, high)}."


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _outside(found: statistics_pb2.FeatureNameStatistics, low: float | None, high: float | None) -> str:
    """How many rows lie outside, as far as a histogram tells it."""
    sure = 0.0
    for histogram in found.num_stats.histograms[:1]:
        for bucket in histogram.buckets:
            outside = (low is not None and bucket.high_value < low) or (high is not None and bucket.low_value > high)
            sure += bucket.sample_count if outside else 0
    total = _present(found)
    return f"{_rows(round(sure))} of {total}" if sure >= 1 else f"some of {_rows(total)}"


def _missing(
    feature: schema_pb2.Feature,
    found: statistics_pb2.FeatureNameStatistics,
    statistics: statistics_pb2.DatasetFeatureStatistics,
) -> str | None:
    missing = statistics.num_examples - _present(found)
    if missing <= 0 or feature.presence.min_fraction < 1:
        return None
    return f"expected a value in every row; it is missing in {_rows(missing)} of {statistics.num_examples}."


def _present(found: statistics_pb2.FeatureNameStatistics) -> int:
    common = getattr(found, found.WhichOneof("stats") or "num_stats").common_stats
    return int(common.num_non_missing)


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
