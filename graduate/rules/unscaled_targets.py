"""unscaled-targets: the targets of a regression are far larger or smaller than what a fresh network gives, and it
hurts.

## What it sees
Mean and spread of the targets beside R² on training rows: large targets (above 10) or tiny ones, and predictions
that explain them much worse than ridge regression or nearest neighbours do, or worse than the targets' mean.

## What it cannot see
Several targets of different size in one output, of which the largest hides the others. A run without R² (a loss of
the program's own whose outputs are not compared with labels).

## Known false alarms
Raw targets train well with enough steps or rate: R² decides, never the size of the loss. A relative error as loss
does not mind the size.

## Example
House prices in euros under a linear output and Adam at 1e-3: after 50 epochs all predictions are near 0, R² below
0.

## Sources
TheDeepChecker compares range and magnitude of the outputs with the targets'. The bounds are this project's
calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _match as matching
from graduate.rules import _told as told
from graduate.rules._match import Match
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "unscaled-targets"
NEEDS = {"told:labels.train"}
THRESHOLDS = {
    "large": 8.0,  # mean or spread of the targets
    "tiny": 0.03,  # spread of the targets
    "short": 0.8,  # of the way to the baseline
    "worse": -0.05,  # R² of predictions that are worse than the mean
}
CAUSES = {
    "nan-or-inf",
    "exploding-gradient",
    "vanishing-gradient",
    "dead-units",
    "saturated-activation",
    "learning-rate-too-high",
    "learning-rate-too-low",
    "loss-not-decreasing",
    "layer-does-not-learn",
    "underfitting",
    "overfitting",
    "poor-initialisation",
    "missing-normalisation",
    "mode-mismatch",
    "batch-size",
    "over-regularised",
}
WHEN = "always"
REMEDIES = ("scale-targets", "raise-learning-rate", "longer-training")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    labels, match = told.told(trace, "labels.train"), matching.match(trace)
    mean, std = told.number(labels.get("mean")), told.number(labels.get("std"))
    if mean is None or not std or not _is_regression(labels, match):
        return
    large, tiny = max(abs(mean), std) > thresholds["large"], std < thresholds["tiny"]
    if not (large or tiny):
        return
    run = progress(trace)
    outcome = _fails(trace, run, mean, std, thresholds)
    if outcome is None:
        return
    size = max(abs(mean), std) if large else std
    bound = thresholds["large" if large else "tiny"]
    evidence = Evidence(
        "told:labels.train",
        size,
        bound,
        data.CALIBRATION,
        f"targets have a mean of {mean:.4g} and a spread of {std:.4g}",
    )
    how = "far above" if large else "far below"
    meaning = f"The targets lie {how} what the network gives at first, and it does not get there: standardise them."
    yield data.finding(
        trace,
        FAULT,
        Severity.ERROR,
        meaning,
        [evidence, outcome],
        layers=data.output_layers(trace),
        confidence=0.9,
    )


def _is_regression(labels: Mapping[str, object], match: Match | None) -> bool:
    if match is None:
        return labels.get("kind") == "real"
    relative = match.loss in ("mean_absolute_percentage_error", "mean_squared_logarithmic_error")
    return not relative and (match.loss in matching.REGRESSION or (match.loss is None and labels.get("kind") == "real"))


def _fails(trace: Trace, run: Progress, mean: float, std: float, thresholds: Mapping[str, float]) -> Evidence | None:
    """How the run ended, where that is badly."""
    if run.loss_last is not None and not np.isfinite(run.loss_last):
        return Evidence("loss", run.loss_last, "finite", data.EXACT, "the loss is no number any more")
    if not run.ended:
        return None
    if run.metric == "r2" and run.score is not None:
        if run.score < thresholds["worse"]:
            sentence = f"R² {run.score:.3g}: worse than predicting the mean"
            return Evidence("told:final.train.r2", run.score, thresholds["worse"], data.CALIBRATION, sentence)
        if run.reachable is None or not run.short_of(thresholds["short"]):
            return None
        return Evidence("told:final.train.r2", run.score, run.reachable, data.CALIBRATION, run.sentence())
    last = next((probe.get("outputs") for _, probe in reversed(told.probes(trace)) if probe.get("outputs")), None)
    given = told.number(last.get("mean")) if isinstance(last, Mapping) else None
    if given is None or abs(given - mean) < std:
        return None
    sentence = f"predictions have a mean of {given:.4g}, the targets of {mean:.4g}"
    return Evidence("told:probe.outputs.mean", given, mean, data.CALIBRATION, sentence)
