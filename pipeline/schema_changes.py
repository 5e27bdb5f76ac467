"""How data differs from a schema, and the schema that takes the difference over. Protocol buffers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

_TYPES = {
    statistics_pb2.FeatureNameStatistics.INT: schema_pb2.INT,
    statistics_pb2.FeatureNameStatistics.FLOAT: schema_pb2.FLOAT,
    statistics_pb2.FeatureNameStatistics.STRING: schema_pb2.BYTES,
    statistics_pb2.FeatureNameStatistics.BYTES: schema_pb2.BYTES,
}
_SHOWN = 8
Measured = Mapping[str, statistics_pb2.FeatureNameStatistics]  # of one split, by feature
Edit = Callable[[schema_pb2.Schema], None]


@dataclass(frozen=True)
class Change:
    """One difference as a sentence; `edit` takes it over into a schema, None where there is nothing to take over."""

    feature: str
    sentence: str
    edit: Edit | None


def features(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> Measured:
    """The features of one split's statistics, by name."""
    return {feature.path.step[-1]: feature for feature in statistics.datasets[0].features}


def changes(schema: schema_pb2.Schema, splits: Mapping[str, Measured], classes: Mapping[str, int]) -> list[Change]:
    """Every difference, in the schema's order.

    Args:
        schema: what was expected.
        splits: what came, by split.
        classes: rows of each class, over all splits: of many classes statistics count some only.
    """
    found: list[Change] = []
    for feature in schema.feature:
        came = {split: measured[feature.name] for split, measured in splits.items() if feature.name in measured}
        if not came:
            found.append(Change(feature.name, f"{feature.name}: expected, and no row has it.", _without(feature.name)))
            continue
        counts = classes if feature.name == "label" else _values(came)
        found += _type(feature, came)
        found += _new_values(feature, _domain(schema, feature), counts)
        found += _wider(feature, came)
    known = {feature.name for feature in schema.feature}
    for name in sorted({name for measured in splits.values() for name in measured} - known):
        one = next(measured[name] for measured in splits.values() if name in measured)
        found.append(Change(name, f"{name}: not expected, and rows have it.", _with(name, _TYPES.get(one.type))))
    return found


def accept(schema: schema_pb2.Schema, found: list[Change]) -> schema_pb2.Schema:
    """A copy of a schema with the changes taken over."""
    changed = schema_pb2.Schema()
    changed.CopyFrom(schema)
    for change in found:
        if change.edit:
            change.edit(changed)
    return changed


def _type(feature: schema_pb2.Feature, came: Measured) -> Iterator[Change]:
    for split, measured in came.items():
        kind = _TYPES.get(measured.type)
        if kind is not None and kind != feature.type:
            expected, got = (schema_pb2.FeatureType.Name(one) for one in (feature.type, kind))
            yield Change(
                feature.name,
                f"{feature.name}: expected {expected}, {got} came in {split}.",
                lambda schema, kind=kind: _retype(_of(schema, feature.name), kind),  # type: ignore[misc]
            )
            return


def _retype(feature: schema_pb2.Feature, kind: int) -> None:
    feature.type = kind  # type: ignore[assignment]
    feature.ClearField("domain_info")


def _new_values(
    feature: schema_pb2.Feature, domain: schema_pb2.StringDomain | None, counts: Mapping[str, int]
) -> Iterator[Change]:
    if domain is None:
        return
    new = sorted(value for value in counts if value not in domain.value)
    if new:
        rows = sum(counts[value] for value in new)
        yield Change(
            feature.name,
            f"{feature.name}: {_some(new)} {'is' if len(new) == 1 else 'are'} new ({_rows(rows)}); expected one of "
            f"{_some(list(domain.value))}.",
            lambda schema: _extend(schema, feature.name, new),
        )
    gone = [value for value in domain.value if value not in counts]
    if gone and counts:
        verb = "comes" if len(gone) == 1 else "come"
        yield Change(feature.name, f"{feature.name}: {_some(gone)} no longer {verb}; that is no fault.", None)


def _extend(schema: schema_pb2.Schema, name: str, values: list[str]) -> None:
    domain = _domain(schema, _of(schema, name))
    assert domain is not None
    widened = sorted({*domain.value, *values})
    del domain.value[:]
    domain.value.extend(widened)


def _wider(feature: schema_pb2.Feature, came: Measured) -> Iterator[Change]:
    kind = feature.WhichOneof("domain_info")
    if kind not in ("int_domain", "float_domain"):
        return
    domain = getattr(feature, kind)
    low = min(measured.num_stats.min for measured in came.values())
    high = max(measured.num_stats.max for measured in came.values())
    if not ((domain.HasField("min") and low < domain.min) or (domain.HasField("max") and high > domain.max)):
        return
    expected = _range(
        domain.min if domain.HasField("min") else None,
        domain.max if domain.HasField("max") else None,
    )

    def widen(schema: schema_pb2.Schema) -> None:
        wider = getattr(_of(schema, feature.name), kind)
        number = int if kind == "int_domain" else float
        if wider.HasField("min"):
            wider.min = min(wider.min, number(low))
        if wider.HasField("max"):
            wider.max = max(wider.max, number(high))

    yield Change(feature.name, f"{feature.name}: expected {expected}, {_range(low, high)} came.", widen)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _without(name: str) -> Edit:
    return lambda schema: schema.feature.remove(_of(schema, name))


def _with(name: str, kind: int | None) -> Edit | None:
    def add(schema: schema_pb2.Schema) -> None:
        feature = schema.feature.add(name=name, type=kind)  # type: ignore[arg-type]
        feature.shape.SetInParent()
        feature.presence.min_fraction, feature.presence.min_count = 1.0, 1

    return None if kind is None else add


def _of(schema: schema_pb2.Schema, name: str) -> schema_pb2.Feature:
    return next(feature for feature in schema.feature if feature.name == name)


def _domain(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> schema_pb2.StringDomain | None:
    if feature.HasField("string_domain"):
        return feature.string_domain
    return next((domain for domain in schema.string_domain if feature.domain and domain.name == feature.domain), None)


def _values(came: Measured) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for measured in came.values():
        counts.update({b.label: round(b.sample_count) for b in measured.string_stats.rank_histogram.buckets})
    return counts


def _some(values: list[str]) -> str:
    shown = ", ".join(f'"{value}"' for value in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
