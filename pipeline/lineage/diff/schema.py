"""Which features of the schema differ: added, removed, type, presence, shape, domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, files_of, same_artifact

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


@dataclass(frozen=True)
class Change:
    """One thing about a feature; `aspect` is `feature`, `type`, `presence`, `shape` or `domain`; None where absent."""

    feature: str
    aspect: str
    a: str | None
    b: str | None


@dataclass(frozen=True)
class Schema:
    """`same` where only comments or the order differ."""

    state: State
    why: str = ""
    changes: tuple[Change, ...] = ()


def compare(a: Side, b: Side) -> Schema:
    """Compare the schemas that the runs obeyed."""
    if same_artifact(a, b, a.made("Schema", slot="schema"), b.made("Schema", slot="schema")):
        return Schema(SAME)
    left, right, why = files_of(a, b, "Schema", "schema.pbtxt", slot="schema")
    if left is None or right is None:
        return Schema(UNKNOWN, why)
    try:
        if left.read_bytes() == right.read_bytes():
            return Schema(SAME)
        found = tuple(changes(_read(left), _read(right)))
    except (OSError, ValueError) as error:
        return Schema(UNKNOWN, f"a schema cannot be read: {str(error).splitlines()[0]}")
    return Schema(DIFFERS if found else SAME, changes=found)


def _read(path: Path) -> schema_pb2.Schema:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except text_format.ParseError as error:
        raise ValueError(f"{path}: {error}") from None


def changes(one: schema_pb2.Schema, other: schema_pb2.Schema) -> Iterator[Change]:
    """Every difference, by feature."""
    left, right = ({feature.name: feature for feature in schema.feature} for schema in (one, other))
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            told = [_type(features[name]) if name in features else None for features in (left, right)]
            yield Change(name, "feature", *told)
            continue
        pairs = {
            "type": (_type(left[name]), _type(right[name])),
            "presence": (_presence(left[name]), _presence(right[name])),
            "shape": (_shape(left[name]), _shape(right[name])),
            "domain": (_domain(one, left[name]), _domain(other, right[name])),
        }
        for aspect, (before, now) in pairs.items():
            if before != now:
                yield Change(name, aspect, before, now)


def _type(feature: schema_pb2.Feature) -> str:
    from tensorflow_metadata.proto.v0 import schema_pb2

    return schema_pb2.FeatureType.Name(feature.type)


def _presence(feature: schema_pb2.Feature) -> str | None:
    if not feature.HasField("presence"):
        return None
    return f"in {feature.presence.min_fraction:.4g} of the rows at least, {feature.presence.min_count} at least"


def _shape(feature: schema_pb2.Feature) -> str | None:
    if feature.HasField("shape"):
        sizes = ", ".join(str(dim.size) for dim in feature.shape.dim)
        return f"[{sizes}]"
    if feature.HasField("value_count"):
        return f"{feature.value_count.min} to {feature.value_count.max} values"
    return None


def _domain(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> str | None:
    kind = feature.WhichOneof("domain_info")
    if kind is None:
        return None
    value: Any = getattr(feature, kind)
    if kind == "domain":
        named = next((domain for domain in schema.string_domain if domain.name == value), None)
        return _values(named.value) if named is not None else f"domain {value}"
    if kind == "string_domain":
        return _values(value.value)
    told = " ".join(str(value).split())
    return f"{kind.removesuffix('_domain')} {told}".strip()


def _values(values: Any) -> str:
    return "one of " + ", ".join(sorted(values))
