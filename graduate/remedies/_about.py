"""What remedies read from a trace; None or empty where the trace does not say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Finding
from graduate.trace import Trace

RECTIFIERS = ("relu", "relu6")
SQUASHING = ("sigmoid", "tanh", "hard_sigmoid", "softsign")
KEPT = 1e-2  # ‖Δw‖/‖w‖ of the first steps of a training that goes well; benchmarks/cure.py measures it


def number(value: float) -> str:
    """Three digits: 0.001, 1e-05, 12.3."""
    return f"{value:.3g}"


def rate(trace: Trace) -> float | None:
    """The largest learning rate that was used, or the optimizer's."""
    if "learning_rate" in trace.columns():
        found = trace.series("learning_rate")
        found = found[np.isfinite(found)]
        if len(found) and found.max() > 0:
            return float(found.max())
    given = trace.facts.optimizer.get("learning_rate")
    return float(given) if isinstance(given, int | float) else None


def optimizer(trace: Trace) -> str:
    """A class name of Keras, as code spells it."""
    names = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW", "lossscaleoptimizer": "Adam"}
    name = str(trace.facts.optimizer.get("name", "adam")).lower()
    return names.get(name, name.capitalize())


def batch(trace: Trace) -> int | None:
    """Rows a step."""
    return int(trace.known.get("program", {}).get("batch_size") or trace.facts.batch_size or 0) or None


def steps_an_epoch(trace: Trace) -> int | None:
    """Steps of an epoch."""
    return int(trace.known.get("program", {}).get("steps_per_epoch") or 0) or None


def layers(trace: Trace) -> list[Mapping[str, Any]]:
    """The layers in forward order, as far as they were told; otherwise made from the variables."""
    told = trace.known.get("layers")
    if told:
        return list(told)
    found: dict[str, dict[str, Any]] = {}
    for variable in trace.facts.variables:
        one = found.setdefault(variable.layer, {"name": variable.layer, "activation": variable.activation})
        if len(variable.shape) > 1:
            one["units"], one["class"] = variable.shape[-1], "Dense" if len(variable.shape) == 2 else "Conv2D"
    return list(found.values())


def layer(finding: Finding, trace: Trace) -> Mapping[str, Any]:
    """The first layer of a finding; empty where it is about none, or about one that nobody knows."""
    named = {one.get("name"): one for one in layers(trace)}
    return next((named[name] for name in finding.layers if name in named), {})


def hidden(trace: Trace) -> list[Mapping[str, Any]]:
    """Layers with weights before the last one of these."""
    weighted = [one for one in layers(trace) if one.get("units") or one.get("parameters")]
    return [one for one in weighted[:-1] if not one.get("output")]


def activations(trace: Trace) -> list[str]:
    """Names of the activations of all layers but the last, each once."""
    found = [str(one["activation"]) for one in layers(trace)[:-1] if one.get("activation") and not one.get("output")]
    return list(dict.fromkeys(name for name in found if name not in ("linear", "softmax")))


def has_layer(trace: Trace, *words: str) -> bool:
    """Whether a layer's class has one of `words` in it."""
    return any(word in str(one.get("class", "")) for one in layers(trace) for word in words)


def called(finding: Finding, what: str = "layer") -> str:
    """`layer 'dense'`, `layers 'dense', 'dense_1'`, `5 layers ('dense', …)`."""
    names = list(finding.layers)
    if not names:
        return f"the {what}s"
    if len(names) == 1:
        return f"{what} {names[0]!r}"
    if len(names) <= 3:
        return f"{what}s " + ", ".join(repr(name) for name in names)
    return f"{len(names)} {what}s ({names[0]!r}, …)"


def gradient_norms(trace: Trace, before: int | None = None) -> np.ndarray:
    """Finite global norms before clipping, of the steps below `before`."""
    if "gradient_global_norm" not in trace.columns():
        return np.zeros(0, np.float32)
    norms = trace.series("gradient_global_norm")
    if before is not None:
        norms = norms[trace.steps < before]
    return norms[np.isfinite(norms) & (norms > 0)]


def update_ratio(trace: Trace, first: int = 20) -> float | None:
    """The median over the first steps of the kernels' largest ‖Δw‖/‖w‖, as it would be at the largest rate used."""
    if "update_ratio" not in trace.columns():
        return None
    kernels = [i for i, one in enumerate(trace.facts.variables) if len(one.shape) > 1]
    ratios = trace.table("update_ratio")[:first, kernels] if kernels else np.zeros((0, 0))
    ratios = np.where(np.isfinite(ratios), ratios, 0.0)
    if not ratios.size:
        return None
    largest = ratios.max(1)
    if "learning_rate" in trace.columns():
        rates, peak = trace.series("learning_rate")[:first], rate(trace) or 0.0
        usable = np.isfinite(rates) & (rates > 0)
        largest = np.where(usable, largest * peak / np.where(usable, rates, 1.0), 0.0)
    moved = largest[largest > 0]
    return float(np.median(moved)) if len(moved) else None


def first_update(trace: Trace) -> float | None:
    """The kernels' largest ‖Δw‖/‖w‖ at the first recorded step, by the weights before it where those were told.

    Weights that a step has blown up would hide how far it went.
    """
    if "update_norm" not in trace.columns() or not len(trace.steps) or trace.steps[0] != 1:
        return update_ratio(trace, 1)
    initial = {str(one.get("name")): one.get("initial") or {} for one in layers(trace)}
    moved, found = trace.table("update_norm")[0], []
    for i, variable in enumerate(trace.facts.variables):
        spread, mean = (initial.get(variable.layer, {}).get(key) for key in ("kernel_std", "kernel_mean"))
        if len(variable.shape) > 1 and isinstance(spread, int | float) and np.isfinite(moved[i]):
            size = np.sqrt(np.prod(variable.shape) * (spread**2 + (mean or 0.0) ** 2))
            found += [float(moved[i] / size)] if size > 0 else []
    if not found or max(found) <= 0:
        return update_ratio(trace, 3)
    now = trace.series("learning_rate")[0] if "learning_rate" in trace.columns() else np.nan
    return max(found) * ((rate(trace) or now) / now if np.isfinite(now) and now > 0 else 1.0)


def said(finding: Finding, *columns: str) -> float | None:
    """The number of the first evidence about one of `columns`."""
    for one in finding.evidence:
        if any(column in one.column for column in columns) and isinstance(one.value, int | float):
            return float(one.value)
    return None


def counts(trace: Trace) -> Mapping[str, int]:
    """Training rows by label."""
    return trace.known.get("labels.train", {}).get("counts") or trace.facts.label_counts or {}


def told(trace: Trace, name: str) -> Mapping[str, Any]:
    """A told fact, empty where it was not told."""
    found = trace.known.get(name)
    return found if isinstance(found, Mapping) else {}


def first(names: Iterable[str], default: str) -> str:
    """The first of `names`."""
    return next(iter(names), default)
