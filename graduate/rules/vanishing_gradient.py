"""vanishing-gradient: the first layers receive next to no gradient, so they hardly learn.

## What it sees
An element of the first layers' gradients that is thousands of times smaller than one of the last layer's, in the
median over the run, while the run learnt clearly less than it could. It is the ratio that counts: gradients of every
layer are tiny at an optimum.

## What it cannot see
A gradient that vanishes through time within one recurrent layer. Networks of one or two layers.

## Known false alarms
Embeddings and masked inputs have sparse gradients and are left out. A last layer that starts at zero passes no
gradient back at step 1 only. Adam hides small gradients: its steps are as large as ever, and such a network may
learn, which is why the run's progress decides.

## Example
Ten Dense layers with sigmoid: each passes on a quarter of the gradient at most; the first kernel's is 3e-7 of the
last one's and accuracy stays at the majority share. ReLU or a normalisation mends it.

## Sources
Hochreiter (1991); Glorot and Bengio (2010). AUTOTRAINER (Zhang et al., ICSE 2021), ratio below 1e-3; TheDeepChecker
(TOSEM 2022). Remedies' record: AUTOTRAINER mended 49 by activation, normalisation, initialiser, + 41 points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "vanishing-gradient"
NEEDS = frozenset({"gradient_norm"})
THRESHOLDS = {"ratio": 1e-3, "learnt": 0.7, "ratio_if_nothing_learnt": 1e-2, "nothing": 0.15, "least_kernels": 3.0}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "learning-rate-too-low",
        "underfitting",
        "class-imbalance-collapse",
        "layer-does-not-learn",
        "saturated-activation",
    }
)
WHEN = "always"
REMEDIES = ("leaky-relu", "batch-normalisation", "better-initialiser", "skip-connection")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if not symptoms.enough_seen(trace, run) or symptoms.first_nonfinite(trace) is not None:
        return
    sizes = symptoms.gradient_sizes(trace, symptoms.early_rows(trace))
    if len(sizes) < thresholds["least_kernels"] or not sizes[-1].gradient > 0:
        return
    ratio = sizes[0].gradient / sizes[-1].gradient
    nothing = symptoms.failed(run, thresholds["nothing"])
    bound = thresholds["ratio_if_nothing_learnt"] if nothing else thresholds["ratio"]
    if ratio >= bound or not symptoms.failed(run, thresholds["learnt"]):
        return
    layers = tuple(dict.fromkeys(one.layer for one in sizes if one.gradient < bound * sizes[-1].gradient))
    text = f"an element of {sizes[0].layer}'s gradient is {ratio:.2g} of one of {sizes[-1].layer}'s"
    evidence = (
        Evidence("gradient_norm", ratio, bound, "AUTOTRAINER, calibration", text),
        symptoms.weighed(run),
    )
    meaning = f"The gradient fades on its way back: {layers[0]} and those near it hardly learn."
    steep = symptoms.saturating_share(trace) > 0.5
    yield Finding(
        FAULT, Severity.ERROR, told.whole(trace), layers, evidence, meaning, REMEDIES, confidence=0.8 if steep else 0.5
    )
