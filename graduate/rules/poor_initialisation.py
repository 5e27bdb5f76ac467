"""poor-initialisation: the weights before step 1 make the network hard or impossible to train.

## What it sees
Hidden layers whose units all start with the same weights, so that they get the same gradient and stay one unit;
kernels many times larger or smaller than any usual initialiser (Glorot, He, LeCun) makes them for their number of
inputs, as a product over the depth of the network; each where the run learnt clearly less than it could.

## What it cannot see
A recurrent kernel that is set badly while the input's kernel is sound. Layers of a kind that it knows no scale for.

## Known false alarms
A last layer, or the end of a residual branch, that starts at zero is meant so; so are loaded weights. Odd scales that
a normalisation takes back do no harm. None of them is reported where the run learns.

## Example
`Dense(64, kernel_initializer="zeros")` in every layer: all 64 units are one, the accuracy stays at 0.31 where
neighbours reach 0.97. The finding names the layers, and advises the default initialiser.

## Sources
Glorot and Bengio (2010); He et al. (2015). SageMaker Debugger, PoorWeightInitialization (ratio between layers above
10); TheDeepChecker (TOSEM 2022), variance against He, Glorot, LeCun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "poor-initialisation"
NEEDS = frozenset({"told:layers"})
THRESHOLDS = {
    "large": 4.0,
    "largish": 1.8,
    "small": 0.1,
    "product": 50.0,
    "learnt": 0.85,
    "learnt_if_identical": 0.97,
    "learnt_if_alike": 0.6,
    "above": 10.0,
}
CAUSES = frozenset(
    {
        "vanishing-gradient",
        "exploding-gradient",
        "dead-units",
        "saturated-activation",
        "missing-normalisation",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "layer-does-not-learn",
        "nan-or-inf",
        "underfitting",
        "class-imbalance-collapse",
        "batch-size",
    }
)
WHEN = "always"
REMEDIES = ("better-initialiser", "reinitialise-layers", "batch-normalisation")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if told.told(trace, "program").get("fine_tuning") or not symptoms.enough_seen(trace, run):
        return
    same = identical(trace)
    if same and symptoms.failed(run, thresholds["learnt_if_identical"]):
        text = f"all units of {same[0]} start with the same weights"
        evidence = Evidence("told:layers", "identical", "different", "an exact fact", text)
        meaning = f"All units of {same[0]} are the same: they get the same gradients and stay one unit."
        yield _finding(trace, same, evidence, meaning, run, 0.95)
        return
    alike = [str(one.get("name")) for one in told.layers(trace) if _alike(one)]
    if alike and symptoms.failed(run, thresholds["learnt_if_alike"]):
        text = f"all weights of {alike[0]} start at one value"
        evidence = Evidence("told:layers", "identical", "different", "an exact fact", text)
        meaning = f"All units of {alike[0]} start the same: only what follows can part them, and it hardly did."
        yield _finding(trace, tuple(alike), evidence, meaning, run, 0.7)
        return
    sizes = symptoms.scales(trace)
    odd = {name: size for name, size in sizes.items() if not thresholds["small"] < size < thresholds["large"]}
    largish = {name: size for name, size in sizes.items() if size > thresholds["largish"]}
    if not odd and np.prod(list(largish.values())) > thresholds["product"]:
        odd = largish  # each somewhat too large: over the depth it adds up
    if not odd or not (symptoms.failed(run, thresholds["learnt"]) or _never_came_down(run, thresholds["above"])):
        return
    worst = max(odd, key=lambda name: abs(np.log(max(odd[name], 1e-12))))
    product = float(np.prod([max(size, 1e-12) if size < 1 else size for size in odd.values()]))
    if not _hurts(trace, product, odd[worst], thresholds):
        return
    how = "larger" if odd[worst] > 1 else "smaller"
    factor = odd[worst] if odd[worst] > 1 else 1 / max(odd[worst], 1e-12)
    text = (
        f"{worst}'s weights are {factor:.3g} times {how} than the usual initialisers make them; {len(odd)} layers are"
    )
    bound = thresholds["large"] if odd[worst] > 1 else thresholds["small"]
    layers = tuple(sorted(odd, key=lambda name: -abs(np.log(max(odd[name], 1e-12)))))
    meaning = f"The weights of {worst} start {factor:.3g} times too {'large' if odd[worst] > 1 else 'small'}."
    evidence = Evidence("told:layers", odd[worst], bound, "Glorot, He, LeCun", text)
    yield _finding(trace, layers, evidence, meaning, run, 0.8)


def identical(trace: Trace) -> tuple[str, ...]:
    """Trainable hidden layers whose units all start equal and cannot part, in forward order.

    What stands behind a layer of equal units can part them, where its own weights differ and a gradient passes: a zero
    kernel under ReLU passes none.
    """
    found = []
    weighty = [
        one for one in told.layers(trace) if told.initial(one).get("kernel_shape") or "kernel_std" in told.initial(one)
    ]
    for at, one in enumerate(weighty):
        if one.get("output") or at == len(weighty) - 1 or not told.initial(one).get("identical_units"):
            continue
        if one.get("trainable") is False or (told.number(one.get("units")) or 2) < 2:
            continue
        zero = not told.number(told.initial(one).get("kernel_abs_max"))
        after = told.initial(weighty[at + 1])
        stuck = zero and symptoms.activation_behind(trace, str(one.get("name"))) in symptoms.RECTIFYING
        if stuck or after.get("identical_units") or (told.number(after.get("kernel_std")) == 0):
            found.append(str(one.get("name")))
    return tuple(found)


def _alike(layer: Mapping[str, Any]) -> bool:
    """A trainable hidden layer with equal units whose weights are not zero, as the end of a residual branch may be."""
    start = told.initial(layer)
    equal = start.get("identical_units") and told.number(start.get("kernel_abs_max"))
    return bool(equal) and not layer.get("output") and layer.get("trainable") is not False


def _never_came_down(run: progress.Progress, above: float) -> bool:
    """Whether a loss that began many times above the constant predictor's ended above it still, accuracy aside."""
    start, share = run.loss_start, run.loss_share
    return (
        run.ended
        and share is not None
        and share < 0
        and start is not None
        and run.constant_loss is not None
        and start > above * run.constant_loss
    )


def _hurts(trace: Trace, product: float, worst: float, thresholds: Mapping[str, float]) -> bool:
    """Whether the odd layers together are far off, or the loss starts many times above the constant predictor's."""
    run = progress.progress(trace)
    if not 1 / thresholds["product"] < product < thresholds["product"]:
        return True
    start, constant = run.loss_start, run.constant_loss
    return worst > 1 and start is not None and constant is not None and constant > 0 and start > 4 * constant


def _finding(
    trace: Trace, layers: tuple[str, ...], evidence: Evidence, meaning: str, run: progress.Progress, confidence: float
) -> Finding:
    steps = (told.whole(trace)[0], told.whole(trace)[1])
    both = (evidence, symptoms.weighed(run))
    return Finding(FAULT, Severity.ERROR, steps, layers, both, meaning, REMEDIES, confidence=confidence)
