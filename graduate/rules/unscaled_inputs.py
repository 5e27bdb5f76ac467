"""unscaled-inputs: features of very large, very small or very different size go into the first layer, and it hurts.

## What it sees
Mean and spread of every feature that goes into the model: a feature far above 10 in size, features whose sizes
differ by a factor of a hundred or more, features that sit far from zero compared with their spread, or all of them
tiny. Such numbers alone are no fault; it is one where the run also ended well short of a simple baseline (which
scales its features), no better than a constant, or in NaN. An autoencoder whose squashed output can never reach its
own unscaled inputs needs no such proof.

## What it cannot see
Features that are scaled but carry nothing, scaling inside a layer of the program's own (it is believed where the
run learns), and a run that would merely have been faster with scaled inputs.

## Known false alarms
Standardised data beyond ±1, a few wild readings among ordinary ones, token numbers, counts, a normalising or
rescaling first layer, and raw features with which the run learns all the same stay silent. Where a run fails for
another reason and its inputs are raw too, this rule is named first.

## Example
A column of incomes in euros (50,000) beside a share (0.3), plain gradient descent: the loss leaps or stands still.

## Sources
UMLAUT asks for [-1, 1] and flags 49 of 49 healthy CIFAR models; AUTOTRAINER's repair of abnormal data brought 21.2
points. The bounds are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _match as matching
from graduate.rules import _told as told
from graduate.rules._progress import progress
from graduate.trace.reader import Trace

FAULT = "unscaled-inputs"
NEEDS = {"told:inputs.train"}
THRESHOLDS = {
    "large": 12.0,  # root mean square of a feature
    "ratio": 100.0,  # of the sizes of two features
    "offset": 20.0,  # distance from zero in spreads
    "tiny": 0.01,  # root mean square of the largest feature
    "short": 0.75,  # of the way to the baseline
}
CAUSES = {
    "nan-or-inf",
    "exploding-gradient",
    "vanishing-gradient",
    "dead-units",
    "saturated-activation",
    "poor-initialisation",
    "missing-normalisation",
    "learning-rate-too-high",
    "learning-rate-too-low",
    "loss-not-decreasing",
    "layer-does-not-learn",
    "underfitting",
    "class-imbalance-collapse",
    "mode-mismatch",
    "batch-size",
    "over-regularised",
    "wrong-output-activation",
    "wrong-loss",
}
WHEN = "always"
REMEDIES = ("scale-inputs", "batch-normalisation", "lower-learning-rate")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    found = told.told(trace, "inputs.train")
    others = found.get("others")
    named = {"": found, **(others if isinstance(others, Mapping) else {})}
    run = progress(trace)
    for one in named.values():
        evidence = _unscaled(one, thresholds) if isinstance(one, Mapping) else None
        if evidence is None or found.get("first_layer_normalises"):
            continue
        broken = run.loss_last is not None and not np.isfinite(run.loss_last)
        out_of_reach = _autoencoder(trace, one)
        if not (broken or out_of_reach or (run.ended and run.short_of(thresholds["short"]))):
            continue
        outcome = Evidence("told:final", run.learnt or 0.0, thresholds["short"], data.CALIBRATION, run.sentence())
        meaning = (
            "Features of such sizes keep the first layer from learning: standardise them, or scale them into 0 … 1."
        )
        yield data.finding(
            trace, FAULT, Severity.ERROR, meaning, [evidence, outcome], layers=_first(trace), confidence=0.9
        )
        return


def _unscaled(inputs: Mapping[str, Any], thresholds: Mapping[str, float]) -> Evidence | None:
    """What is wrong with the features' sizes."""
    if inputs.get("tokens") or inputs.get("text"):
        return None
    means = np.array([told.number(one) or 0.0 for one in inputs.get("feature_means") or ()])
    stds = np.array([told.number(one) or 0.0 for one in inputs.get("feature_stds") or ()])
    if not len(means) or len(means) != len(stds):
        return None
    changing = stds > 0
    if not changing.any():
        return None
    sizes = np.minimum(np.sqrt(means**2 + stds**2)[changing], _reach(inputs, len(means)))
    top, bottom = float(sizes.max()), float(sizes.min())
    offset = float((np.abs(means[changing]) / stds[changing]).max())
    if top > thresholds["large"]:
        return _evidence(top, thresholds["large"], f"a feature has a size of {top:.3g}")
    if top / bottom > thresholds["ratio"] and top > 1:
        return _evidence(
            top / bottom, thresholds["ratio"], f"sizes of features differ by a factor of {top / bottom:.3g}"
        )
    if offset > thresholds["offset"] and top > 3:
        return _evidence(offset, thresholds["offset"], f"a feature sits {offset:.3g} spreads away from zero")
    if top < thresholds["tiny"]:
        return _evidence(top, thresholds["tiny"], f"the largest feature has a size of {top:.3g}")
    return None


def _reach(inputs: Mapping[str, Any], features: int) -> float:
    """How far ordinary values go. A few wild readings make a mean square of any size, but scaling is not their cure.

    Of up to 50 features each makes 2 % of all values or more, so that one of them that is large as a rule shows in the
    values' first or last hundredth. Of more features, and where most values are zero, no such thing follows.
    """
    quantiles = [told.number(one) for one in inputs.get("quantiles") or ()]
    ends = [abs(one) for one in quantiles[:1] + quantiles[-1:] if one is not None]
    zeros = told.number(inputs.get("zeros"))
    if len(ends) < 2 or zeros is None or zeros >= 0.5 or not 0 < features <= 50:
        return np.inf
    return max(ends)


def _evidence(value: float, bound: float, sentence: str) -> Evidence:
    return Evidence("told:inputs.train.feature_stds", value, bound, data.CALIBRATION, sentence)


def _autoencoder(trace: Trace, inputs: Mapping[str, Any]) -> bool:
    """Whether a squashed output has to give back inputs beyond its range."""
    match = matching.match(trace)
    high = matching.HIGHEST.get(match.activation or "") if match is not None and match.kind == "inputs" else None
    largest = told.number(inputs.get("largest"))
    return high is not None and largest is not None and largest > 10 * high


def _first(trace: Trace) -> list[str]:
    return [str(one["name"]) for one in told.layers(trace) if one.get("parameters") and one.get("name")][:1]
