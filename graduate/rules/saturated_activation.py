"""saturated-activation: units of a sigmoid or tanh layer sit at the flat ends, where no gradient passes.

## What it sees
The share of a hidden layer's values, over a fixed batch, that lie at the flat ends of its sigmoid, tanh or like, at
the last two looks, where it is most of the layer and the run learnt clearly less than it could.

## What it cannot see
Gates inside of recurrent layers. Saturation that a softmax or sigmoid output shows: there it may be confidence.

## Known false alarms
Output units and recurrent gates saturate when they have learnt, and are left out; hidden units of a network that
learnt well may too, and are not reported.

## Example
Tanh layers behind raw pixels of 0 to 255: 97 % of the values are ± 1 from the start and the first kernel gets no
gradient; scaled inputs mend it, and unscaled-inputs is the root.

## Sources
Glorot and Bengio (2010). SageMaker Debugger, TanhSaturation; TheDeepChecker (TOSEM 2022), index above 0.85.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "saturated-activation"
NEEDS = frozenset({"told:probe"})
THRESHOLDS = {"most": 0.5, "learnt": 0.75}
CAUSES = frozenset(
    {
        "vanishing-gradient",
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "layer-does-not-learn",
        "learning-rate-too-low",
        "underfitting",
        "class-imbalance-collapse",
    }
)
WHEN = "always"
REMEDIES = ("scale-inputs", "better-initialiser", "batch-normalisation", "leaky-relu", "lower-learning-rate")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    looks = told.probes(trace)
    if len(looks) < 2 or not symptoms.enough_seen(trace, run) or symptoms.first_nonfinite(trace) is not None:
        return
    flat = {name: share for name, share in _shares(trace, looks[-1][1]).items() if share > thresholds["most"]}
    before = _shares(trace, looks[-2][1])
    flat = {name: share for name, share in flat.items() if before.get(name, 0.0) > thresholds["most"]}
    if not flat or not symptoms.failed(run, thresholds["learnt"]):
        return
    layers = tuple(sorted(flat, key=lambda name: -flat[name]))
    at_first = _shares(trace, looks[0][1]).get(layers[0], 0.0)
    born = at_first > thresholds["most"]
    text = (
        f"{flat[layers[0]]:.0%} of {layers[0]}'s values lie at the flat ends of its activation, {at_first:.0%} at first"
    )
    evidence = (
        Evidence("told:probe", flat[layers[0]], thresholds["most"], "SageMaker Debugger", text),
        symptoms.weighed(run),
    )
    meaning = f"{layers[0]} is saturated: its activation is flat there, so the layers before it get no gradient."
    steps = (max(1, looks[0][0] if born else looks[-2][0]), told.whole(trace)[1])
    yield Finding(FAULT, Severity.ERROR, steps, layers, evidence, meaning, REMEDIES, confidence=0.85 if born else 0.4)


def _shares(trace: Trace, probe: Mapping[str, object]) -> dict[str, float]:
    """Hidden layers with an activation that saturates → share of saturated values."""
    found = {}
    for name, seen in told.probe_layers(probe):
        layer = symptoms.layer_of(trace, name)
        if layer.get("output") or layer.get("recurrent") or layer.get("activation") not in symptoms.SATURATING:
            continue
        share = told.number(seen.get("saturated"))
        if share is not None:
            found[name] = share
    return found
