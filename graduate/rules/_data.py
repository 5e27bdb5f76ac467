"""What the rules about data, labels and curves share: views of told facts that leave no key unasked for. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _told as told
from graduate.trace.reader import Trace

CALIBRATION = "this project's calibration"
EXACT = "exact"

HIGHER = ("acc", "auc", "precision", "recall", "f1", "r2", "iou", "dice", "top_k", "cosine")
LOWER = ("mae", "mse", "rmse", "error", "mape", "perplexity")


@dataclass(frozen=True)
class Curve:
    """A quantity epoch by epoch.

    Attributes:
        name: its key in the logs.
        train, validation: (E,) float64; NaN where an epoch had none.
        higher: whether more is better.
        steps: (E,) the update after which each epoch ended.
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    higher: bool
    steps: np.ndarray


def finding(
    trace: Trace,
    fault: str,
    severity: Severity,
    meaning: str,
    evidence: Sequence[Evidence],
    *,
    steps: tuple[int, int] | None = None,
    layers: Sequence[str] = (),
    remedies: Sequence[str] = (),
    confidence: float = 1.0,
) -> Finding:
    """A finding about the whole run, unless `steps` says otherwise."""
    return Finding(
        fault,
        severity,
        steps or told.whole(trace),
        tuple(layers),
        tuple(evidence),
        meaning,
        remedies=tuple(remedies),
        confidence=confidence,
    )


def output_layers(trace: Trace) -> tuple[str, ...]:
    """Names of the layers whose values leave the model."""
    return tuple(str(one.get("name")) for one in told.layers(trace) if one.get("output") and one.get("name"))[-1:]


def counts(value: Any) -> dict[str, float]:
    """Label → how many, without what is no number; empty where it was not told."""
    if not isinstance(value, Mapping):
        return {}
    found = {str(key): told.number(count) for key, count in value.items()}
    return {key: count for key, count in found.items() if count is not None}


def part(trace: Trace, which: str) -> Mapping[str, Any]:
    """The fact `final` of `train` or `validation`; an empty mapping where there is none."""
    found = told.told(trace, "final").get(which)
    return found if isinstance(found, Mapping) else {}


def has_ended(trace: Trace) -> bool:
    """Whether the run is over, by itself or by an error."""
    return bool(told.told(trace, "program").get("ended"))


def seconds(trace: Trace) -> float | None:
    """Wall time of all epochs, or of all steps as recorded; None where nobody measured it."""
    found = [told.number(value.get("seconds")) for _, value in told.history(trace, "epoch")]
    known = [one for one in found if one is not None]
    if known:
        return float(sum(known))
    steps = told.finite(told.series(trace, "seconds"))
    if len(steps):
        return float(steps.sum())
    pace = told.told(trace, "pace")
    each, number = told.number(pace.get("seconds_per_step")), told.number(pace.get("steps"))
    return each * number if each is not None and number is not None else None


def epochs(trace: Trace) -> list[tuple[int, Mapping[str, Any]]]:
    """(step, epoch) of the last fit: epoch numbers that start again belong to a fit of their own."""
    found = told.history(trace, "epoch")
    for at in range(len(found) - 1, 0, -1):
        here, before = told.number(found[at][1].get("epoch")), told.number(found[at - 1][1].get("epoch"))
        if here is not None and before is not None and here <= before:
            return found[at:]
    return found


def curve(trace: Trace, name: str, higher: bool = False) -> Curve | None:
    """`name` and `val_name` in the epochs' logs; None where no epoch has both."""
    found = epochs(trace)
    logs = [value.get("logs") or {} for _, value in found]
    train = np.array([_or_nan(one.get(name)) for one in logs])
    validation = np.array([_or_nan(one.get(f"val_{name}")) for one in logs])
    steps = np.array([step for step, _ in found], np.int64)
    if not np.isfinite(validation).any():
        return None
    return Curve(name, train, validation, higher, steps)


def metric_curve(trace: Trace) -> Curve | None:
    """The first metric beside the loss that is told of training and validation rows and whose better side is known."""
    for _, value in epochs(trace)[-1:]:
        for name in value.get("logs") or {}:
            plain = str(name).lower()
            if plain.startswith("val_") or plain == "loss" or plain.endswith("_loss"):
                continue
            if any(word in plain for word in (*HIGHER, *LOWER)):
                higher = not any(word in plain for word in LOWER) or any(word in plain for word in HIGHER)
                found = curve(trace, str(name), higher)
                if found is not None:
                    return found
    return None


def chance_noise(share: float, rows: float) -> float:
    """Standard error of a share measured on `rows` rows; at least that of one row."""
    share = min(max(share, 0.0), 1.0)
    return float(max(np.sqrt(share * (1 - share) / max(rows, 1.0)), 1.0 / max(rows, 1.0)))


def majority(labels: Mapping[str, float]) -> float | None:
    """Share of the commonest label."""
    total = sum(labels.values())
    return max(labels.values()) / total if total else None


def callbacks(trace: Trace) -> tuple[str, ...]:
    """Class names of the callbacks of the run."""
    found = told.told(trace, "program").get("callbacks")
    return tuple(map(str, found)) if isinstance(found, list | tuple) else ()


def _or_nan(value: Any) -> float:
    found = told.number(value)
    return np.nan if found is None else found
