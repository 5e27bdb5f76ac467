"""TFDV's anomalies as sentences: the feature, what the schema expects, what came, in how many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from graduate.verdict import Check

_Reason = anomalies_pb2.AnomalyInfo.Type
_MISSING = ("SCHEMA_MISSING_COLUMN", "FEATURE_TYPE_NOT_PRESENT", "FEATURE_TYPE_NO_VALUES")
_PARTLY_MISSING = ("FEATURE_TYPE_LOW_FRACTION_PRESENT", "FEATURE_TYPE_LOW_NUMBER_PRESENT")
_RANGE = ("INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT", "FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_BIG_FLOAT")


class SplitStatistics(NamedTuple):
    """What there is to know about one split."""

    split: str
    statistics: statistics_pb2.DatasetFeatureStatistics
    classes: Mapping[str, int]  # rows, by class
    first: Callable[[str], str]  # path of a class's first row


def checks(
    found: Mapping[str, anomalies_pb2.Anomalies],
    schema: schema_pb2.Schema,
    splits: Sequence[SplitStatistics],
    reported: Sequence[str] = (),
) -> list[Check]:
    """A failed check for every kind of anomaly of every feature: in the first split that has it, the others named.

    Args:
        found: ExampleValidator's anomalies, by split.
        schema: what they were found against.
        splits: the splits' statistics, and their rows by class.
        reported: classes that another check has refused already.
    """
    sentences: dict[tuple[str, int], dict[str, str]] = {}
    for split in splits:
        for name, reason in _reasons(found[split.split]):
            sentence = _sentence(name, reason, schema, split, reported)
            if sentence:
                sentences.setdefault((name, reason.type), {})[split.split] = sentence
    return [_check(name, by_split) for (name, _), by_split in sorted(sentences.items())]


def _reasons(found: anomalies_pb2.Anomalies) -> Iterator[tuple[str, anomalies_pb2.AnomalyInfo.Reason]]:
    for name, anomaly in found.anomaly_info.items():
        for reason in anomaly.reason:
            yield name, reason
    for reason in found.dataset_anomaly_info.reason:
        yield "the data", reason


def _check(name: str, by_split: Mapping[str, str]) -> Check:
    first, *others = by_split
    sentence = by_split[first]
    if others:
        sentence = f"{sentence.removesuffix('.')}; likewise in {' and '.join(others)}."
    return Check(f"schema:{name}", False, sentence, slice=f"split={first}")


def _sentence(
    name: str,
    reason: anomalies_pb2.AnomalyInfo.Reason,
    schema: schema_pb2.Schema,
    split: SplitStatistics,
    reported: Sequence[str],
) -> str:
    kind = _Reason.Name(reason.type)
    feature = next((feature for feature in schema.feature if feature.name == name), None)
    measured = next((one for one in split.statistics.features if one.path.step[-1] == name), None)
    rows, where = split.statistics.num_examples, f"{split.split} rows"
    if kind in _MISSING:
        return f"{name}: expected in every row, missing in all {rows} {where}."
    if kind == "SCHEMA_NEW_COLUMN":
        came = measured.num_stats.common_stats.num_non_missing if measured else rows
        return f"{name}: the schema has no such feature, {came or rows} {where} have it."
    if kind in _PARTLY_MISSING and measured is not None:
        return (
            f"{name}: expected in every row, missing in {rows - _common(measured).num_non_missing} of {rows} {where}."
        )
    if kind == "ENUM_TYPE_UNEXPECTED_STRING_VALUES" and feature is not None:
        return _unexpected_values(feature, schema, measured, split, reported)
    if kind in _RANGE and feature is not None and measured is not None:
        return _out_of_range(feature, measured, rows, where)
    if kind == "UNEXPECTED_DATA_TYPE" and feature is not None and measured is not None:
        came_type = statistics_pb2.FeatureNameStatistics.Type.Name(measured.type)
        expected = schema_pb2.FeatureType.Name(feature.type)
        return f"{name}: expected values of type {expected}, {came_type} came in {rows} {where}."
    return f"{name}: {reason.description.strip().rstrip('.')} ({rows} {where})."


def _common(measured: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    return getattr(measured, measured.WhichOneof("stats")).common_stats


def _unexpected_values(
    feature: schema_pb2.Feature,
    schema: schema_pb2.Schema,
    measured: statistics_pb2.FeatureNameStatistics | None,
    split: SplitStatistics,
    reported: Sequence[str],
) -> str:
    domains = {domain.name: domain for domain in schema.string_domain}
    expected = list(domains.get(feature.domain, feature.string_domain).value)
    if feature.name == "label":
        counts = dict(split.classes)
    else:
        buckets = measured.string_stats.rank_histogram.buckets if measured else ()
        counts = {bucket.label: int(bucket.sample_count) for bucket in buckets}
    came = {value: count for value, count in sorted(counts.items()) if value not in expected and value not in reported}
    if not came:
        return ""
    first = split.first(next(iter(came))) if feature.name == "label" else ""
    which = f" (the first is {first})" if first else ""
    rows = f"{sum(came.values())} of {split.statistics.num_examples} {split.split} rows"
    return f"{feature.name}: expected one of {_some(expected)}; {rows} have {_some(list(came))}{which}."


def _some(values: list[str], most: int = 12) -> str:
    shown = ", ".join(f'"{value}"' for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def _out_of_range(
    feature: schema_pb2.Feature, measured: statistics_pb2.FeatureNameStatistics, rows: int, where: str
) -> str:
    numbers = measured.num_stats
    domain = feature.int_domain if feature.HasField("int_domain") else feature.float_domain
    expected = f"{domain.min:g} to {domain.max:g}" if domain.min != domain.max else f"{domain.min:g}"
    inside = domain.min <= numbers.min <= domain.max or domain.min <= numbers.max <= domain.max
    outside = _count_outside(numbers, domain.min, domain.max) if inside else rows
    came = f"{numbers.min:g} to {numbers.max:g}" if numbers.min != numbers.max else f"{numbers.min:g}"
    number = f"about {outside} of {rows}" if inside else f"all {rows}"
    return f"{feature.name}: expected {expected}; {number} {where} lie outside (values came from {came})."


def _count_outside(numbers: statistics_pb2.NumericStatistics, low: float, high: float) -> int:
    """Rows whose value lies outside [low, high], by the finest histogram there is; at least 1."""
    histogram = max(numbers.histograms, key=lambda one: len(one.buckets), default=None)
    outside = 0.0
    for bucket in histogram.buckets if histogram else ():
        if bucket.high_value <= low or bucket.low_value > high:
            outside += bucket.sample_count
    return max(1, round(outside))
