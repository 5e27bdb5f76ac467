"""dead-units: units that are zero for every row, get no gradient, and so can never come back.

## What it sees
The share of a rectified layer's units that are zero on every row of a fixed batch, at the last two looks, where it is
most of the layer and the run learnt clearly less than it could; or where a whole layer is dead, so that the network's
answer is the same for all rows.

## What it cannot see
Units that are dead on all rows but those outside of the fixed batch. What a layer inside a custom layer does.

## Known false alarms
A share of zeros is not death: a healthy ReLU layer is 50 to 90 % zero, and that alone is not reported. Nor are dead
units that the run can spare.

## Example
`Dense(64, activation="relu", bias_initializer=Constant(-10))`: all 64 units are zero for all rows at every look, the
gradient is zero, the loss flat.

## Sources
Maas et al. (2013), Lu et al. (2019) on dying ReLUs. SageMaker Debugger, DeadRelu; TheDeepChecker (TOSEM 2022).
DeepDiagnosis' rule, ≥ 70 % zeros in one batch, made 58 of its 68 false alarms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "dead-units"
NEEDS = frozenset({"told:probe"})
THRESHOLDS = {"most": 0.5, "all": 0.95, "learnt": 0.6, "learnt_if_all": 0.9}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "vanishing-gradient",
        "layer-does-not-learn",
        "underfitting",
        "class-imbalance-collapse",
        "learning-rate-too-low",
        "poor-initialisation",
    }
)
WHEN = "always"
REMEDIES = ("leaky-relu", "better-initialiser", "batch-normalisation", "lower-learning-rate", "reinitialise-layers")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    looks = told.probes(trace)
    if len(looks) < 2 or not symptoms.enough_seen(trace, run) or symptoms.first_nonfinite(trace) is not None:
        return
    dead = _dead_layers(trace, thresholds["most"])
    if not dead:
        return
    worst = max(dead, key=lambda layer: dead[layer])
    whole = dead[worst] >= thresholds["all"]
    if not symptoms.failed(run, thresholds["learnt_if_all" if whole else "learnt"]):
        return
    born = _dead_at(looks[0][1], worst) >= thresholds["most"]
    layers = tuple(sorted(dead, key=lambda layer: -dead[layer]))
    when = "from the start" if born else "that were alive at the start"
    text = f"{dead[worst]:.0%} of {worst}'s units, {when}, are zero on every row of a fixed batch"
    evidence = (
        Evidence("told:probe", dead[worst], thresholds["most"], "calibration", text),
        symptoms.weighed(run),
    )
    meaning = f"Most units of {worst} are zero for every row: they get no gradient and cannot come back."
    confidence = 0.9 if born and _negative_bias(trace, layers) else 0.6 if whole else 0.45
    steps = (max(1, looks[0][0] if born else looks[-2][0]), told.whole(trace)[1])
    yield Finding(FAULT, Severity.ERROR, steps, layers, evidence, meaning, REMEDIES, confidence=confidence)


def _dead_layers(trace: Trace, most: float) -> dict[str, float]:
    """Rectified layers → share of dead units at the last two looks, where it is above `most`."""
    looks = told.probes(trace)
    found = {}
    for name, seen in told.probe_layers(looks[-1][1]):
        if symptoms.layer_of(trace, name).get("activation") not in symptoms.RECTIFYING:
            continue
        share = min(told.number(seen.get("dead")) or 0.0, _dead_at(looks[-2][1], name))
        if share > most:
            found[name] = share
    return found


def _dead_at(probe: Mapping[str, object], layer: str) -> float:
    return told.number(dict(told.probe_layers(probe)).get(layer, {}).get("dead")) or 0.0


def _negative_bias(trace: Trace, layers: tuple[str, ...]) -> bool:
    """Whether a dead layer's biases were set far below zero before step 1."""
    starts = (told.initial(symptoms.layer_before(trace, layer)) for layer in layers)
    return any((told.number(one.get("bias_mean")) or 0.0) < -0.5 for one in starts)
