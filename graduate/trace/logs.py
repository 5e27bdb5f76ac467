"""What another tool logged, as a trace: fewer columns, so that more rules are skipped, which is said. NumPy only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graduate.trace.facts import RunFacts, Variable
from graduate.trace.memory import made
from graduate.trace.reader import Trace

_VALIDATION = re.compile(r"^(?:val|valid|validation|eval|evaluation|test|dev)[_/ .-]+(.+)$", re.IGNORECASE)
_VALIDATION_BEHIND = re.compile(r"^(.+?)[_/ .-]+(?:val|valid|validation|eval|evaluation|test|dev)$", re.IGNORECASE)
_TRAIN = re.compile(r"^(?:train|training)[_/ .-]+(.+)$", re.IGNORECASE)
_TRAIN_BEHIND = re.compile(r"^(.+?)[_/ .-]+(?:train|training)$", re.IGNORECASE)
_RATE = {"lr", "learning_rate", "learning-rate", "learningrate"}
_ACCURACY = {"acc", "accuracy", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy"}


@dataclass
class Logged:
    """Numbers by name.

    Attributes:
        epochs: epoch (from 0) → what was logged of it; validation under `val_…`, as Keras does.
        steps: name → (steps, values) of what was logged by step.
        tables: column → variable → (steps, values), e.g. gradient norms.
    """

    epochs: dict[int, dict[str, float]] = field(default_factory=dict)
    steps: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    tables: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is no loss in it, hence nothing to judge."""
        return "loss" not in self.steps and not any("loss" in logs for logs in self.epochs.values())


def canonical(name: str, validation: bool = False) -> str:
    """A name as Keras would log it: `loss`, `val_accuracy`, `learning_rate`."""
    name = name.strip()
    for pattern in (_VALIDATION, _VALIDATION_BEHIND):
        if found := pattern.match(name):
            name, validation = found[1], True
    for pattern in (_TRAIN, _TRAIN_BEHIND):
        if found := pattern.match(name):
            name = found[1]
    plain = name.lower().replace(" ", "_").replace("-", "_").rpartition("/")[2]
    if plain in _RATE:
        return "learning_rate"
    plain = "accuracy" if plain in _ACCURACY else plain
    return f"val_{plain}" if validation else plain


def trace_of(logged: Logged) -> Trace:
    """A trace with what there is; the steps of a log by epoch are its epochs, from 1."""
    ordered = sorted((logged.epochs or _between_evaluations(logged)).items())
    series, tables, facts, steps = _columns(logged if "loss" in logged.steps else _by_epoch(ordered))
    last = int(steps[-1]) if len(steps) else 0
    told: list[tuple[int, str, object]] = []
    for at, (epoch, logs) in enumerate(ordered):
        step = round(last * (at + 1) / len(ordered))
        rate = logs.get("learning_rate")
        kept = {name: value for name, value in logs.items() if name != "learning_rate"}
        told.append((step, "epoch", {"epoch": epoch, "step": step, "logs": kept, "learning_rate": rate}))
    known: dict[str, object] = {"program": {"kind": "log", "ended": "finished", "epochs_done": len(ordered) or None}}
    if ordered:
        known["program"] |= {"validation": any(name.startswith("val_") for name in ordered[-1][1])}  # type: ignore[operator]
        known["final"] = _final(ordered[-1][1])
    told += [(last, name, value) for name, value in known.items()]
    return made(facts=facts, steps=steps, series=series, tables=tables, told=told)


def _by_epoch(ordered: Sequence[tuple[int, Mapping[str, float]]]) -> Logged:
    """Of a log by epoch: epochs for steps, from 1."""
    columns: dict[str, list[tuple[int, float]]] = {}
    for at, (_, logs) in enumerate(ordered, 1):
        for name in ("loss", "learning_rate"):
            if name in logs:
                columns.setdefault(name, []).append((at, logs[name]))
    return Logged(steps={name: rising(pairs) for name, pairs in columns.items()})


def _between_evaluations(logged: Logged) -> dict[int, dict[str, float]]:
    """Of a log by step: what lies between two evaluations as an epoch."""
    if "val_loss" not in logged.steps or "loss" not in logged.steps:
        return {}
    (steps, loss), before = logged.steps["loss"], -1
    epochs: dict[int, dict[str, float]] = {}
    for at, (step, value) in enumerate(zip(*logged.steps["val_loss"], strict=True)):
        part = loss[(steps > before) & (steps <= step)]
        logs = {"loss": float(np.median(part))} if len(part) else {}
        epochs[at] = {**logs, "val_loss": float(value)}
        before = step
    return epochs


def _columns(
    logged: Logged,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], RunFacts, np.ndarray]:
    """Everything along the steps of the loss; NaN where something was not logged at one."""
    steps = logged.steps["loss"][0]
    series = {name: _along(steps, *found) for name, found in logged.steps.items()}
    variables = list(dict.fromkeys(name for found in logged.tables.values() for name in found))
    facts = RunFacts(tuple(Variable(name, name.rpartition("/")[0] or name, ()) for name in variables))
    tables = {}
    for column, found in logged.tables.items():
        missing = np.full(len(steps), np.nan)
        tables[column] = np.stack(
            [_along(steps, *found[name]) if name in found else missing for name in variables], axis=1
        )
    ratio = tables.pop("update_ratio", None)
    if ratio is not None and "weight_norm" in tables:  # a trace keeps norms and derives their ratio
        tables.setdefault("update_norm", ratio * tables["weight_norm"])
    return series, tables, facts, steps


def _along(steps: np.ndarray, own: np.ndarray, values: np.ndarray) -> np.ndarray:
    found = np.full(len(steps), np.nan)
    at = np.searchsorted(steps, own)
    good = (at < len(steps)) & (steps[np.minimum(at, len(steps) - 1)] == own)
    found[at[good]] = values[good]
    return found


def _final(logs: Mapping[str, float]) -> dict[str, object]:
    train = {"loss": logs.get("loss"), "metric": logs.get("accuracy")}
    if "val_loss" not in logs:
        return {"train": train, "validation": None}
    return {"train": train, "validation": {"loss": logs["val_loss"], "metric": logs.get("val_accuracy")}}


def rising(pairs: Sequence[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values, by step; of a step that came twice the last value."""
    newest = dict(pairs)
    steps = np.asarray(sorted(newest), np.int64)
    return steps, np.asarray([newest[int(step)] for step in steps], np.float64)
