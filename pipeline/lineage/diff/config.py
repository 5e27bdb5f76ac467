"""Which config keys differ, and which only one version of Graduate knew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, flattened

What = Literal["changed", "added", "removed", "default_only_in_a", "default_only_in_b"]


@dataclass(frozen=True)
class Key:
    """A key whose value differs.

    Attributes:
        key: `training.learning_rate`.
        what: `added` and `removed` are of mappings whose keys are free, such as `model.hyperparameters`;
            `default_only_in_b`: A's version did not know the key, and B has its default.
        a, b: the values; None where the key is absent.
    """

    key: str
    what: What
    a: Any
    b: Any


@dataclass(frozen=True)
class Config:
    """`unknown` where a run of another program recorded no config."""

    state: State
    why: str = ""
    keys: tuple[Key, ...] = ()


def compare(a: Side, b: Side) -> Config:
    """Compare the resolved configs."""
    lacking = [letter for letter, side in (("A", a), ("B", b)) if not side.run.config]
    if lacking:
        return Config(UNKNOWN, f"{' and '.join(lacking)} recorded no config: another program ran it")
    one, other = flattened(a.run.config), flattened(b.run.config)
    keys = [_key(key, one, other) for key in sorted(one.keys() | other.keys()) if not _equal(key, one, other)]
    told = _with_defaults(keys) if any(key.what in ("added", "removed") for key in keys) else keys
    return Config(DIFFERS if told else SAME, keys=tuple(told))


def _equal(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    absent = object()
    left, right = one.get(key, absent), other.get(key, absent)
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _key(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Key:
    what: What = "changed" if key in one and key in other else "added" if key in other else "removed"
    return Key(key, what, one.get(key), other.get(key))


def _with_defaults(keys: list[Key]) -> list[Key]:
    """Tell a key that the other version did not know from one that somebody gave or left out."""
    from graduate.pipeline.config.model import PipelineConfig

    told = []
    for key in keys:
        known, default = _default(PipelineConfig, key.key.split("."))
        value = key.b if key.what == "added" else key.a
        if key.what in ("added", "removed") and known and value == default:
            told.append(Key(key.key, "default_only_in_b" if key.what == "added" else "default_only_in_a", key.a, key.b))
        else:
            told.append(key)
    return told


def _default(group: Any, parts: list[str]) -> tuple[bool, Any]:
    """Whether a dotted key is a field of the config's own groups, and its default as JSON."""
    fields = {field.alias or name: field for name, field in group.model_fields.items()}
    field = fields.get(parts[0])
    if field is None:
        return False, None
    if len(parts) > 1:
        inner = field.annotation
        return _default(inner, parts[1:]) if hasattr(inner, "model_fields") else (False, None)
    if field.is_required():
        return False, None
    value = field.get_default(call_default_factory=True)
    return True, list(value) if isinstance(value, tuple) else value
