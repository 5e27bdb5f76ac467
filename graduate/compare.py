"""Where two trainings parted: the first step at which they differ, in what, and in which layer first. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graduate.errors import UserError
from graduate.trace import Trace

TOLERANCE = 1e-4
# In the order in which a step computes them: what differs first explains what differs behind it.
_SERIES_FIRST = ("loss",)
_TABLES = ("gradient_norm", "gradient_mean", "gradient_max", "gradient_zeros", "gradient_nonfinite")
_SERIES_THEN = ("clipped_global_norm", "learning_rate")
_TABLES_THEN = ("update_norm", "weight_norm")
_FACTS = ("loss", "output_activation", "optimizer", "batch_size", "label_counts", "input_range", "constant_loss")
_TOLD = ("program", "objective", "labels.train", "labels.validation", "inputs.train", "inputs.validation")
_NOT_COMPARED = {f"program.{key}" for key in ("ended", "epochs_done", "name", "model", "updates")}


@dataclass(frozen=True)
class Parting:
    """The first difference.

    Attributes:
        step: at which it is seen.
        column: in what, e.g. `gradient_norm`.
        layer: in which layer first, forward order; None of a column that has none.
        variable: its name in the first trace.
        values: there, in the first trace and in the second.
        differing: all columns that differ at that step.
        layers: all layers that differ at that step, forward order.
        meaning: what that says, in a sentence.
    """

    step: int
    column: str
    layer: str | None
    variable: str | None
    values: tuple[float, float]
    differing: tuple[str, ...]
    layers: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Comparison:
    """All that differs.

    Attributes:
        steps: compared, those that both traces have.
        parted: where, or None where they never did.
        facts: name → what the first says, what the second says.
        last: column → its last values in both.
        why_not: why values could not be compared, or "".
    """

    steps: int
    parted: Parting | None
    facts: Mapping[str, tuple[Any, Any]]
    last: Mapping[str, tuple[float, float]]
    why_not: str = ""


def compare(one: Trace, other: Trace, tolerance: float = TOLERANCE) -> Comparison:
    """Compare two traces at the steps that both have.

    Args:
        one, other: the traces; variables are paired by their place where names differ and shapes agree.
        tolerance: relative; values that are both not finite in the same way are equal.

    Raises:
        UserError: the tolerance is below 0.
    """
    if not tolerance >= 0:
        raise UserError(f"a tolerance of {tolerance}: at least 0")
    facts = _facts(one, other)
    last: dict[str, tuple[float, float]] = {
        name: (float(one.series(name)[-1]), float(other.series(name)[-1]))
        for name in ("loss", "accuracy", "learning_rate")
        if len(one.steps) and len(other.steps) and name in one.columns() & other.columns()
    }
    steps, mine, theirs = np.intersect1d(one.steps, other.steps, assume_unique=True, return_indices=True)
    if not len(steps):
        why = "the traces have no step in common" if len(one.steps) and len(other.steps) else "a trace has no steps"
        return Comparison(0, None, facts, last, why)
    why = _unlike(one, other)
    parted = _part(one, other, steps, mine, theirs, tolerance, tables=not why)
    return Comparison(len(steps), parted, facts, last, why)


def _unlike(one: Trace, other: Trace) -> str:
    shapes = [[variable.shape for variable in trace.facts.variables] for trace in (one, other)]
    if shapes[0] == shapes[1]:
        return ""
    counts = f"{len(shapes[0])} and {len(shapes[1])} variables, or other shapes"
    return f"the models differ ({counts}): only the loss is compared"


def _part(
    one: Trace,
    other: Trace,
    steps: np.ndarray,
    mine: np.ndarray,
    theirs: np.ndarray,
    tolerance: float,
    tables: bool,
) -> Parting | None:
    both = one.columns() & other.columns()
    wanted = [*_SERIES_FIRST, *(_TABLES if tables else ()), *_SERIES_THEN, *(_TABLES_THEN if tables else ())]
    columns = [name for name in wanted if name in both]
    apart: dict[str, np.ndarray] = {}
    for name in columns:
        a, b = _values(one, name)[mine], _values(other, name)[theirs]
        apart[name] = _differ(a, b, tolerance)
    rows = [found.any(1).argmax() for found in apart.values() if found.any()]
    if not rows:
        return None
    row = int(min(rows))
    differing = [name for name in columns if apart[name][row].any()]
    column = differing[0]
    at = int(apart[column][row].argmax())
    variables = one.facts.variables
    named = variables[at] if column in _TABLES + _TABLES_THEN and at < len(variables) else None
    touched = np.zeros(len(variables), bool)
    for name in differing:
        if name in _TABLES + _TABLES_THEN:
            touched |= apart[name][row]
    return Parting(
        step=int(steps[row]),
        column=column,
        layer=named.layer if named else None,
        variable=named.name if named else None,
        values=(float(_values(one, column)[mine[row], at]), float(_values(other, column)[theirs[row], at])),
        differing=tuple(differing),
        layers=tuple(dict.fromkeys(v.layer for v, seen in zip(variables, touched, strict=True) if seen)),
        meaning=_meaning(differing, first=row == 0),
    )


def _values(trace: Trace, column: str) -> np.ndarray:
    """(T, V) in double precision; a series as one column."""
    if column in _TABLES + _TABLES_THEN:
        return trace.table(column).astype(np.float64)
    return trace.series(column).astype(np.float64)[:, None]


def _differ(a: np.ndarray, b: np.ndarray, tolerance: float) -> np.ndarray:
    """Where they differ by more than `tolerance` of the larger; NaN equals NaN, ∞ equals ∞."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= tolerance * np.maximum(np.abs(a), np.abs(b))
    return ~(same | near)


def _meaning(differing: list[str], *, first: bool) -> str:
    if "loss" in differing:
        if first:
            return "Their first loss differs: other initial weights, other rows or their order, or another loss."
        return "The loss parted while the weights before it were the same: other rows, their order, or dropout's draws."
    if any(name.startswith("gradient") for name in differing):
        return "The same loss gave other gradients: another path back through the network, or another precision."
    if "learning_rate" in differing:
        return "The same gradients met another learning rate."
    if "clipped_global_norm" in differing:
        return "The same gradients were clipped otherwise."
    return "The same gradients changed the weights otherwise: another optimizer, its settings, or its state."


def _facts(one: Trace, other: Trace) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in _FACTS:
        found.update(_pair(name, getattr(one.facts, name), getattr(other.facts, name)))
    for name in _TOLD:
        if name in one.known and name in other.known:
            found.update(_pair(name, one.known[name], other.known[name]))
    found.update(_layers(one.known.get("layers"), other.known.get("layers")))
    return found


def _pair(name: str, a: Any, b: Any) -> dict[str, tuple[Any, Any]]:
    """Of two mappings what differs in them, key by key."""
    if not isinstance(a, Mapping) or not isinstance(b, Mapping):
        return {} if _alike(a, b) else {name: (a, b)}
    found = {f"{name}.{key}": (a.get(key), b.get(key)) for key in sorted({*a, *b})}
    return {key: pair for key, pair in found.items() if key not in _NOT_COMPARED and not _alike(*pair)}


def _layers(one: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    if not isinstance(one, list) or not isinstance(other, list):
        return {}
    if len(one) != len(other):
        return {"layers": (len(one), len(other))}
    found = {}
    for a, b in zip(one, other, strict=True):
        for key in sorted((set(a) | set(b)) - {"name"}):
            if not _alike(a.get(key), b.get(key)):
                found[f"layer {a.get('name')}: {key}"] = a.get(key), b.get(key)
    return found


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return set(a) == set(b) and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or bool(np.isclose(a, b, rtol=1e-6, atol=0))
    return bool(a == b)
