"""missing-normalisation: without it the values shrink or grow by a steady factor from layer to layer.

## What it sees
A network of many layers, none of which normalises, whose activations already before step 1 are many times smaller or
larger at the end than at the beginning, though every layer's weights are of a usual size; where the run learnt
clearly less than it could. Layers with activations that saturate have their own fault: vanishing-gradient.

## What it cannot see
What happens inside of a custom layer that holds others.

## Known false alarms
Shallow networks and residual ones with a sound start need none. A network that learns well without is not reported.

## Example
24 Dense layers with ReLU and the default initialiser: each makes its values 0.7 times as large, the last hidden one's
are 2e-4 of the first one's, the loss stays at ln 10. A BatchNormalization behind each mends it.

## Sources
Ioffe and Szegedy (2015); He et al. (2015), on the factor a layer. TheDeepChecker (TOSEM 2022), a layer's deviation
outside 0.5 to 2. Remedy: inside the residual branch (Google's tuning playbook).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "missing-normalisation"
NEEDS = frozenset({"told:layers", "told:probe"})
THRESHOLDS = {"least_layers": 6.0, "factor": 12.0, "learnt": 0.8, "large": 4.0, "small": 0.1}
CAUSES = frozenset(
    {
        "vanishing-gradient",
        "exploding-gradient",
        "dead-units",
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "learning-rate-too-low",
        "learning-rate-too-high",
        "nan-or-inf",
        "underfitting",
        "class-imbalance-collapse",
        "layer-does-not-learn",
        "batch-size",
    }
)
WHEN = "always"
REMEDIES = ("batch-normalisation", "layer-normalisation", "skip-connection", "better-initialiser")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if not symptoms.enough_seen(trace, run) or not symptoms.failed(run, thresholds["learnt"]):
        return
    if any("Normalization" in str(one.get("class")) for one in told.layers(trace)):
        return
    if symptoms.saturating_share(trace) > 0.5 or not symptoms.usual_weights(
        trace, thresholds["small"], thresholds["large"]
    ):
        return
    sizes = _sizes(trace)
    if len(sizes) < thresholds["least_layers"]:
        return
    names, values = list(sizes), np.array(list(sizes.values()))
    factor = values[-1] / values[0]
    if not factor > 0 or 1 / thresholds["factor"] < factor < thresholds["factor"] or not _steady(values):
        return
    a_layer = float(factor ** (1 / (len(values) - 1)))
    how = f"{values[0]:.3g} at {names[0]}, {values[-1]:.3g} at {names[-1]}: times {a_layer:.2f} a layer"
    evidence = (
        Evidence(
            "told:probe", float(factor), thresholds["factor"], "calibration", f"before step 1 values deviate by {how}"
        ),
        symptoms.weighed(run),
    )
    way = "shrink" if factor < 1 else "grow"
    meaning = f"Values {way} steadily over {len(values)} layers, and nothing in between brings them back to one size."
    layers = (names[-1], names[0])
    yield Finding(FAULT, Severity.ERROR, told.whole(trace), layers, evidence, meaning, REMEDIES, confidence=0.75)


def _sizes(trace: Trace) -> dict[str, float]:
    """Hidden layers with weights → deviation of their values before step 1, in forward order."""
    looks = told.probes(trace)
    if not looks or looks[0][0] > 1:
        return {}
    seen = dict(told.probe_layers(looks[0][1]))
    found = {}
    for one in told.layers(trace):
        name = str(one.get("name"))
        std = told.number(seen.get(name, {}).get("std"))
        if std is not None and not one.get("output") and "kernel_std" in (one.get("initial") or {}):
            found[name] = std
    return found


def _steady(values: np.ndarray) -> bool:
    """Whether most of the steps from layer to layer go the same way."""
    with np.errstate(all="ignore"):
        steps = np.diff(np.log(np.maximum(values, 1e-30)))
    way = np.sign(np.log(max(values[-1], 1e-30) / max(values[0], 1e-30)))
    return bool((np.sign(steps) == way).mean() >= 0.7)
