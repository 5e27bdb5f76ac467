"""What rules ask of a trace, with an answer for what was never told. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graduate.trace.reader import Trace

_NOTHING: Mapping[str, Any] = {}


def told(trace: Trace, name: str) -> Mapping[str, Any]:
    """The newest told value of `name`; an empty mapping where there is none."""
    value = trace.known.get(name)
    return value if isinstance(value, Mapping) else _NOTHING


def history(trace: Trace, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    """(step, value) of everything told under `name`, in order."""
    return [(step, value) for step, value in trace.told(name) if isinstance(value, Mapping)]


def number(value: Any) -> float | None:
    """A finite float, or None: a told value may be missing, None, NaN or infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return None
    return float(value) if np.isfinite(value) else None


def finite(values: np.ndarray) -> np.ndarray:
    """Without NaN and infinite ones, as float64."""
    values = np.asarray(values, np.float64)
    return values[np.isfinite(values)]


def series(trace: Trace, column: str) -> np.ndarray:
    """The column as float64 (T,); empty where the trace lacks it."""
    return trace.series(column).astype(np.float64) if column in trace.columns() else np.zeros(0)


def table(trace: Trace, column: str) -> np.ndarray | None:
    """The column as float64 (T, V), or None where the trace lacks it or has no row."""
    if column not in trace.columns() or not len(trace.steps):
        return None
    return trace.table(column).astype(np.float64)


def layers(trace: Trace) -> Sequence[Mapping[str, Any]]:
    """The told layers in forward order; empty where they were not told."""
    found = trace.known.get("layers")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def layer_columns(trace: Trace) -> dict[str, list[int]]:
    """Layer → the columns of its variables in every table, in forward order."""
    found: dict[str, list[int]] = {}
    for at, variable in enumerate(trace.facts.variables):
        found.setdefault(variable.layer, []).append(at)
    return found


def kernels(trace: Trace) -> list[int]:
    """Columns of the variables with two dimensions or more: kernels and embeddings, in forward order."""
    return [at for at, variable in enumerate(trace.facts.variables) if len(variable.shape) >= 2]


def probes(trace: Trace) -> list[tuple[int, Mapping[str, Any]]]:
    """(step, probe) in order."""
    return history(trace, "probe")


def probe_layers(probe: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, statistics) of the layers that a probe looked at, in the order told."""
    for name, found in (probe.get("layers") or {}).items():
        if isinstance(found, Mapping):
            yield name, found


def updates(trace: Trace) -> int:
    """Optimizer updates of the run: as told, or as recorded."""
    asked = number(told(trace, "program").get("updates"))
    return int(asked) if asked is not None else int(trace.steps[-1]) if len(trace.steps) else 0


def whole(trace: Trace) -> tuple[int, int]:
    """First and last recorded step; (0, 0) where there is none."""
    return (int(trace.steps[0]), int(trace.steps[-1])) if len(trace.steps) else (0, 0)


def part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping within a told value; an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, Mapping) else _NOTHING


def initial(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of one told layer the statistics of its weights before step 1."""
    return part(layer, "initial")


def doubtful_labels(trace: Trace) -> bool:
    """Whether amounts that met the outputs in a loss of unknown form were taken for labels: they may be costs.

    Whole numbers that name classes, and a loss that is known or could be told by its value, leave no doubt.
    """
    objective, labels = told(trace, "objective"), told(trace, "labels.train")
    rows, largest = number(labels.get("rows")) or 0.0, number(labels.get("largest"))
    if (
        labels.get("kind") == "class_index"
        and 2 < rows == number(labels.get("distinct"))
        and largest == (rows or 0) - 1
    ):
        return True  # 0, 1, 2, … once each: places within a batch, as of a contrastive loss
    unknown = objective.get("seen") == "guess" and objective.get("loss") in (None, "custom")
    return unknown and labels.get("kind") in ("real", "multi_hot", None)
