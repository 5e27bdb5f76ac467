"""underfitting: the model does clearly worse than a simple baseline on the very rows that it was trained on.

## What it sees
The metric on training rows in inference mode, between that of a constant predictor and that of a simple baseline
(nearest neighbours or ridge regression, cross-validated), and whether the loss was still falling: then steps are
what is missing, otherwise capacity.

## What it cannot see
Underfitting where the baseline fails as well (the irreducible error of noisy data looks the same), and models whose
outputs are not compared with labels.

## Known false alarms
Hard or noisy data: nothing is said without a baseline that does better. A dropout gap: the metric is taken in
inference mode. On few rows the baseline's own noise is allowed for.

## Example
One linear layer on two interleaved rings: accuracy 0.51, nearest neighbours 0.99.

## Sources
TheDeepChecker asks for one batch to be learnt by heart; AUTOTRAINER for a target accuracy. The bounds are this
project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import Progress, progress, still_falling, training_loss
from graduate.trace.reader import Trace

FAULT = "underfitting"
NEEDS = {"told:baseline"}
THRESHOLDS = {
    "error": 0.65,  # of the way from a constant to the baseline
    "warning": 0.8,
    "ridge": 0.5,  # share of the way to the best baseline up to which ridge regression fails
    "on_its_way": 0.3,  # share beyond which a very short run that is still learning is no more than a warning
    "short": 60.0,  # updates
    "narrow": 2.0,  # units of a hidden layer
    "least": 0.05,  # distance to the baseline that counts at all
}
CAUSES = {
    "loss-not-decreasing",
    "class-imbalance-collapse",
    "mode-mismatch",
    "learning-rate-too-high",
    "learning-rate-too-low",
    "dead-units",
    "layer-does-not-learn",
    "vanishing-gradient",
}
_STRAIGHT = ("InputLayer", "Dense", "Flatten", "Reshape", "Normalization", "Rescaling", "Dropout", "Activation")
WHEN = "end"
REMEDIES = ("more-capacity", "longer-training", "raise-learning-rate", "lower-weight-decay")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    run = progress(trace)
    share, noise = run.learnt, _noise(trace, run)
    if share is None or run.score_share is None or run.score is None or run.reachable is None:
        return
    gap = run.reachable - run.score
    enough = thresholds["error" if share > run.score_share else "warning"]  # of rare labels the loss says how far
    if share >= enough or gap < max(thresholds["least"], noise):
        return
    falling = still_falling(training_loss(trace))
    short = falling and share > thresholds["on_its_way"] and told.updates(trace) < thresholds["short"]
    severe = share < thresholds["error"] and gap > 2 * noise and not short
    bound = thresholds["error" if severe else "warning"]
    evidence = Evidence("told:final.train", share, bound, data.CALIBRATION, run.sentence())
    if falling:
        meaning = (
            "The run ended while it was still learning, far from what simple methods reach: train longer, or faster."
        )
        remedies: tuple[str, ...] = ("longer-training", "raise-learning-rate", "more-capacity")
    else:
        meaning = "The model has stopped learning far from what simple methods reach: it is too small, or held back."
        remedies = ("more-capacity", "lower-weight-decay", "raise-learning-rate", "longer-training")
    severity, found = Severity.ERROR if severe else Severity.WARNING, [evidence]
    proof = _too_straight(trace, run, thresholds) or _too_narrow(trace, thresholds)
    if proof is not None:
        found.append(proof)
        meaning = "The model is too small for the task: no rate and no number of steps will do, it needs hidden units."
        remedies = ("more-capacity",)
    confidence = 0.95 if proof is not None else 0.25
    yield data.finding(trace, FAULT, severity, meaning, found, remedies=remedies, confidence=confidence)


def _too_straight(trace: Trace, run: Progress, thresholds: Mapping[str, float]) -> Evidence | None:
    """Proof that capacity is missing: a linear model, ridge regression that fails too, a baseline that does not."""
    scores = told.told(trace, "baseline").get("scores")
    ridge = told.number(scores.get("ridge/plain")) if isinstance(scores, Mapping) else None
    layers = told.layers(trace)
    if ridge is None or run.reachable is None or run.chance is None or not layers:
        return None
    bends = any(one.get("activation") not in (None, "linear") for one in layers if not one.get("output"))
    known = all(str(one.get("class")) in _STRAIGHT for one in layers)
    if bends or not known or ridge - run.chance > thresholds["ridge"] * (run.reachable - run.chance):
        return None
    sentence = (
        f"no layer bends what it gets; ridge regression reaches {ridge:.3g}, another baseline {run.reachable:.3g}"
    )
    return Evidence("told:baseline.scores", ridge, run.reachable, data.CALIBRATION, sentence)


def _too_narrow(trace: Trace, thresholds: Mapping[str, float]) -> Evidence | None:
    """Proof of the same kind: all that a row says has to pass one or two units."""
    if any(len(one.get("inputs") or ()) > 1 or "ttention" in str(one.get("class")) for one in told.layers(trace)):
        return None  # there are ways around: a weight for each place, a branch
    for layer in told.layers(trace):
        units = told.number(layer.get("units"))
        if layer.get("class") != "Dense" or layer.get("output") or units is None or units > thresholds["narrow"]:
            continue
        sentence = f"all that a row says passes the {units:g} units of {layer.get('name')}"
        return Evidence("told:layers.units", units, thresholds["narrow"], data.CALIBRATION, sentence)
    return None


def _noise(trace: Trace, run: Progress) -> float:
    """Three standard errors of the baseline's score, for an accuracy."""
    rows = told.number(told.told(trace, "baseline").get("rows")) or 1.0
    return 3 * data.chance_noise(run.reachable or 0.5, rows) if run.metric == "accuracy" else 0.0
