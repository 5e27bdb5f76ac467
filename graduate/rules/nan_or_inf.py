"""nan-or-inf: a number that is not finite got into the loss or the weights, and stays there.

## What it sees
The first step at which the loss or a weight is NaN or infinite and does not recover, the layer that shows it first,
and where it came from: NaN in the rows or labels, an operation (a logarithm or root of zero, a division) in a run
that was quiet until then, or a divergence, when sizes had grown before; then the fault that made them grow is the
root. It does not wait for the loss: on a CPU a fused Dense + ReLU turns NaN into 0, so that NaN in the data can leave
a flat, finite loss while the first kernel is NaN.

## What it cannot see
NaN in a metric alone. Which of several operations in a loss made it: the loss is one number.

## Known false alarms
An overflow in one gradient, which mixed precision skips on purpose, does not count, nor a single empty batch: the
weights must be hit, or the loss to the end. NaN in the data that the model itself cleans does no harm and is not
reported.

## Example
A custom loss takes `tf.math.log(p)` without a small constant: at step 61 a probability is 0, the loss infinite, and
from step 62 all weights are NaN. Nothing had grown before, so the operation is to be guarded.

## Sources
DeepLocalize (Wardat et al., ICSE 2021), DeepDiagnosis (Wardat et al., ICSE 2022), SageMaker Debugger,
ExplodingTensor. The growth that tells divergence from an operation: this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "nan-or-inf"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {"growth": 10.0}
CAUSES = frozenset(
    {
        "exploding-gradient",
        "loss-not-decreasing",
        "learning-rate-too-high",
        "dead-units",
        "class-imbalance-collapse",
        "underfitting",
        "layer-does-not-learn",
        "vanishing-gradient",
        "unscaled-inputs",
    }
)
WHEN = "always"
REMEDIES = ("guard-operation", "clean-inputs", "lower-learning-rate", "clip-gradients", "skip-batch")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    row = symptoms.first_nonfinite(trace)
    outputs = _nonfinite_probe(trace)
    if row is None and not outputs:
        return
    dirty = symptoms.nonfinite_data(trace)
    growth = symptoms.grew_before(trace, row) if row is not None else 1.0
    step = int(trace.steps[row]) if row is not None else outputs
    layers = _layers(trace, row)
    shown = f"at step {step} " + (f"{layers[0]} is the first to show it" if layers else "the loss shows it first")
    evidence = [Evidence("weight_norm" if layers else "loss", "not finite", "finite", "an exact fact", shown)]
    if dirty:
        meaning = f"NaN or infinite values in {dirty} went through the model into its weights."
        evidence.append(
            Evidence(f"told:{dirty}", "not finite", "finite", "an exact fact", f"{dirty} holds such values")
        )
        confidence, remedies = 1.0, ("clean-inputs", "guard-operation", "skip-batch")
    elif growth >= thresholds["growth"]:
        meaning = "The run diverged: loss, gradients or weights grew until they were no longer finite."
        evidence.append(_growth(growth, thresholds["growth"]))
        confidence, remedies = 0.5, ("lower-learning-rate", "clip-gradients", "skip-batch")
    else:
        meaning = (
            "An operation made a number that is not finite, in a run that had not grown before: a logarithm, root or "
        )
        meaning += "division at zero."
        evidence.append(_growth(growth, thresholds["growth"]))
        confidence, remedies = 0.9, ("guard-operation", "clean-inputs", "skip-batch")
    last = max(step, told.whole(trace)[1])
    yield Finding(
        FAULT, Severity.ERROR, (step, last), layers, tuple(evidence), meaning, remedies, confidence=confidence
    )


def _growth(growth: float, bound: float) -> Evidence:
    return Evidence("growth before it", growth, bound, "calibration", f"sizes had grown {growth:.3g} times before it")


def _nonfinite_probe(trace: Trace) -> int:
    """The step of the last probe, where its outputs are not finite and the trace has no other sign; else 0."""
    found = told.probes(trace)
    if not found:
        return 0
    step, probe = found[-1]
    return max(step, 1) if told.number(told.part(probe, "outputs").get("nonfinite")) else 0


def _layers(trace: Trace, row: int | None) -> tuple[str, ...]:
    """The layers whose weights or gradients are not finite in that row, in forward order."""
    if row is None:
        return ()
    for column in ("weight_norm", "gradient_nonfinite"):
        values = told.table(trace, column)
        if values is None:
            continue
        bad = ~np.isfinite(values[row]) if column == "weight_norm" else np.nan_to_num(values[row]) > 0
        if bad.any():
            return tuple(dict.fromkeys(one.layer for one, hit in zip(trace.facts.variables, bad, strict=True) if hit))
    return ()
