"""exploding-gradient: gradients are, or become, so large that every step throws the weights away.

## What it sees
Gradients whose size multiplies from layer to layer already at the first steps (against the last layer's), gradients
that grow by orders of magnitude during the run, and single steps that would move the weights by more than their own
size at a rate that is customary for the optimizer; each only where the run also diverged or learnt clearly less than
it could. Sizes are measured before clipping. A recurrent layer whose values multiply from time step to time step is
seen before step 1.

## What it cannot see
Which time step of a recurrent layer made it. Gradients that are clipped so hard that the run survives: then the run
decides.

## Known false alarms
Large first steps under warm-up, spikes of small noisy batches, and the large gradients of raw targets are normal: a
run that learns what a simple baseline learns is never reported.

## Example
A SimpleRNN with ReLU over 60 time steps: the gradient norm of its recurrent kernel is 2e6 at step 3, the loss 1e9 at
step 5. The finding names `simple_rnn`, and advises clipping.

## Sources
AUTOTRAINER (Zhang et al., ICSE 2021), ratio between layers above 70. TheDeepChecker (Ben Braiek and Khomh, TOSEM
2022), growth over windows. ZClip and AdaGC for spikes. Remedy: clipping at the 90th percentile of norms (Google's
tuning playbook).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "exploding-gradient"
NEEDS = frozenset({"gradient_norm"})
THRESHOLDS = {"ratio": 70.0, "growth": 100.0, "step": 1.0, "values": 1000.0, "learnt": 0.6}
CAUSES = frozenset(
    {
        "nan-or-inf",
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "learning-rate-too-high",
        "dead-units",
        "saturated-activation",
        "class-imbalance-collapse",
        "underfitting",
        "batch-size",
    }
)
WHEN = "always"
REMEDIES = ("clip-gradients", "warm-up", "lower-learning-rate", "layer-normalisation")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    broken = symptoms.first_nonfinite(trace)
    if broken is None and not (symptoms.enough_seen(trace, run) and symptoms.failed(run, thresholds["learnt"])):
        return
    last = len(trace.steps) - 1 if broken is None else broken
    signs = list(_signs(trace, last, thresholds))
    if not signs:
        return
    # told as growth alone, it may as well be the rate's doing: how far the rate is from custom decides
    excess = symptoms.rate_excess(trace)
    burst = any(one.column == "told:probe" for *_, one in signs)
    confidence = (
        0.95
        if burst
        else 0.85
        if any(sure for sure, *_ in signs)
        else 0.65
        if excess is not None and excess <= 3
        else 0.3
    )
    layers = tuple(dict.fromkeys(layer for _, layer, _ in signs if layer))
    evidence = [one for *_, one in signs]
    evidence.append(symptoms.weighed(run))
    meaning = "Gradients are so large that the steps they make destroy what the weights hold."
    steps = (int(trace.steps[0]), int(trace.steps[last]))
    yield Finding(FAULT, Severity.ERROR, steps, layers, tuple(evidence), meaning, REMEDIES, confidence=confidence)


def _signs(trace: Trace, last: int, thresholds: Mapping[str, float]) -> Iterator[tuple[bool, str, Evidence]]:
    """(whether it is of the network and not of the rate, layer, evidence)."""
    sizes = symptoms.gradient_sizes(trace, slice(0, min(5, last + 1)))
    recurrent = {str(one.get("name")) for one in told.layers(trace) if one.get("recurrent")}
    if len(sizes) > 2:
        worst = max(sizes[:-1], key=lambda one: one.gradient)
        ratio = worst.gradient / max(sizes[-1].gradient, 1e-30)
        if ratio > thresholds["ratio"] and sizes[-1].gradient > 0:
            text = f"at the first steps an element of {worst.layer}'s gradient is {ratio:.3g} times the last layer's"
            yield True, worst.layer, Evidence("gradient_norm", ratio, thresholds["ratio"], "AUTOTRAINER", text)
    burst = _bursts(trace, recurrent, thresholds["values"])
    if burst is not None:
        layer, text = burst
        yield True, layer, Evidence("told:probe", "far beyond what goes in", thresholds["values"], "calibration", text)
    norms = told.series(trace, "gradient_global_norm")[: last + 1]
    known = norms[~np.isnan(norms)]
    first = _customary_step(trace, float(known[0])) if len(known) else None
    if first is not None and first > thresholds["step"]:
        text = f"one step at a customary rate moves the weights by {first:.3g} times their own size"
        yield True, _largest(trace, 0), Evidence("first step / weights", first, thresholds["step"], "calibration", text)
    if len(known) < 2 or not known[0] > 0:
        return
    early = max(float(np.median(known[: max(1, len(known) // 10)])), float(known[0]))
    peak = float(min(known.max(), 3e38))
    if symptoms.climbs(trace):
        return  # gradients grow with the loss, and the loss because a sign is wrong
    if peak / early > thresholds["growth"] and _is_lasting(known, early * thresholds["growth"]):
        layer = _largest(trace, int(np.nanargmax(norms)))
        text = f"the norm of all gradients grew from {early:.3g} to {peak:.3g}"
        yield (
            layer in recurrent,
            layer,
            Evidence("gradient_global_norm", peak / early, thresholds["growth"], "calibration", text),
        )


def _bursts(trace: Trace, recurrent: Collection[str], bound: float) -> tuple[str, str] | None:
    """A recurrent layer whose values, before step 1 already, multiply from time step to time step."""
    looks = told.probes(trace)
    if not looks or looks[0][0] > 1:
        return None
    inputs = told.told(trace, "inputs.train")
    ends = [abs(told.number(inputs.get(key)) or 0.0) for key in ("least", "largest")]
    usual = 1.0 if inputs.get("tokens") else max(1.0, *ends)
    for name, seen in told.probe_layers(looks[0][1]):
        largest = told.number(seen.get("abs_max")) or 0.0
        if name in recurrent and (told.number(seen.get("nonfinite")) or largest > bound * usual):
            return name, f"before step 1 {name} makes values up to {largest:.3g}, or none that are finite"
    return None


def _is_lasting(known: np.ndarray, bound: float) -> bool:
    """Whether norms end beyond the bound, or go there again and again; one spike that passes is none."""
    beyond = known > bound
    return bool(beyond[-1] or beyond.sum() >= 3)


def _customary_step(trace: Trace, norm: float) -> float | None:
    """‖rate · g‖ / ‖w‖ at the customary rate, for optimizers that do not divide the gradient by its size."""
    if not str(trace.facts.optimizer.get("name", "")).lower().startswith("sgd"):
        return None
    weights = symptoms.initial_norm(trace)
    return symptoms.customary_rate(trace) * norm / weights if weights else None


def _largest(trace: Trace, row: int) -> str:
    norms = told.table(trace, "gradient_norm")
    if norms is None or not np.isfinite(norms[row]).any():
        return ""
    return trace.facts.variables[int(np.nanargmax(np.where(np.isfinite(norms[row]), norms[row], np.nan)))].layer
