"""What changed from one run to another, by what was written down of both: config, data, schema, code, libraries."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graduate.pipeline.lineage.runs_behind import Behind

What = Literal["config", "data", "schema", "code", "libraries", "device"]
UNSET = object()
_LONGEST = 60  # characters of two values that are told


@dataclass(frozen=True)
class Change:
    """One thing that is different.

    Attributes:
        what: the kind of thing.
        name: the config key, the user's file, the library; "" where there is only one of its kind.
        before, after: the values; None where there was none.
    """

    what: What
    name: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"what": self.what, "name": self.name, "before": self.before, "after": self.after}

    @property
    def text(self) -> str:
        """`training.learning_rate 0.001 → 0.003`."""
        if self.what in ("config", "device", "libraries"):
            name, told = self.name or self.what, f"{shown(self.before)} → {shown(self.after)}"
            return f"{name} {told}" if len(told) <= _LONGEST else f"{name} changed"
        if self.what == "data":
            rows = isinstance(self.before, int) and isinstance(self.after, int) and self.before != self.after
            return f"data {self.before:,} → {self.after:,} rows" if rows else "data changed"
        return f"{self.name or self.what} changed"


def between(before: Behind, after: Behind) -> list[Change]:
    """Everything that differs; what one of the two did not write down does not."""
    return [
        *_config(before.config, after.config),
        *_data(before, after),
        *_schema(before, after),
        *_code(before, after),
        *_libraries(before, after),
        *_device(before, after),
    ]


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """A config's keys as `--set` names them, `evaluation.slices.0.by`; a list of plain values is one value."""
    inner = _inner(value)
    if not inner:
        return {prefix: value} if prefix else {}
    found: dict[str, Any] = {}
    for key, one in inner.items():
        found |= flat(one, f"{prefix}.{key}" if prefix else str(key))
    return found


def _inner(value: Any) -> Mapping[str, Any]:
    """What lies below a key; empty where it is one value."""
    if isinstance(value, dict | Mapping):  # dict first: an abstract class takes ten times as long to ask
        return value
    if isinstance(value, list) and any(isinstance(one, dict | Mapping) for one in value):
        return {str(at): one for at, one in enumerate(value)}
    return {}


def _different(one: Any, other: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Keys as `flat` names them with both values, where these differ; what is the same is not looked into."""
    if one == other:
        return
    ours, theirs = _inner(one), _inner(other)
    if ours and theirs:
        for key in {**ours, **theirs}:
            name = f"{prefix}.{key}" if prefix else str(key)
            yield from _different(ours.get(key, UNSET), theirs.get(key, UNSET), name)
        return
    ours, theirs = ({} if value is UNSET else flat(value, prefix) for value in (one, other))
    for key in {**ours, **theirs}:
        if ours.get(key) != theirs.get(key):
            yield key, ours.get(key), theirs.get(key)


def shown(value: Any) -> str:
    """A value as a person writes it in a config."""
    if value is None or value is UNSET:
        return "unset"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _config(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if not before or not after:
        return
    for top in sorted({*before, *after}):
        one, other = before.get(top, UNSET), after.get(top, UNSET)
        if one != other:
            below = sorted(_different(one, other, str(top)), key=operator.itemgetter(0))
            yield from (Change("config", *found) for found in below)


def _data(before: Behind, after: Behind) -> Iterator[Change]:
    if before.data.digest and after.data.digest and before.data.digest != after.data.digest:
        both = before.data.rows is not None and after.data.rows is not None
        one, other = (before.data.rows, after.data.rows) if both else (before.data.digest, after.data.digest)
        yield Change("data", "", one, other)


def _schema(before: Behind, after: Behind) -> Iterator[Change]:
    known = before.schema.source and after.schema.source
    if known and (before.schema.digest, before.schema.source) != (after.schema.digest, after.schema.source):
        yield Change("schema", "", before.schema.source, after.schema.source)


def _code(before: Behind, after: Behind) -> Iterator[Change]:
    one, other = before.code, after.code
    for name in sorted({*one.users} & {*other.users}):
        if one.users[name] != other.users[name]:
            yield Change("code", name, one.users[name], other.users[name])
    if one.digest and other.digest:
        if one.digest != other.digest:
            yield Change("code", "graduate's code", one.digest, other.digest)
    elif one.commit and other.commit and one.commit != other.commit:
        yield Change("code", "commit", one.commit, other.commit)


def _libraries(before: Behind, after: Behind) -> Iterator[Change]:
    one, other = before.libraries, after.libraries
    names = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)] if one and other else []
    for name in names:
        yield Change("libraries", name, one.get(name), other.get(name))
    digests = before.libraries_digest, after.libraries_digest
    if not names and all(digests) and digests[0] != digests[1]:
        yield Change("libraries", "installed libraries", digests[0], digests[1])


def _device(before: Behind, after: Behind) -> Iterator[Change]:
    if before.device and after.device and before.device != after.device:
        yield Change("device", "", before.device, after.device)
