"""learning-rate-too-low: steps are so small that the run crawls, and ends long before it has arrived.

## What it sees
A rate that, over the whole run, lies far below what is customary for the optimizer (a schedule that decays too soon,
or a warm-up that never ends, counts by its mean), or steps that are tiny against the weights, in a run that learnt
clearly less than it could and whose weights hardly left where they began.

## What it cannot see
Whether more epochs at this rate would have done it as well: they would, and cost more than half of the time.

## Known false alarms
Warm-up, the end of a cosine and fine-tuning have tiny rates on purpose: the run's progress decides, and one that
learns what a simple baseline learns is never reported.

## Example
Adam at 1e-6: 600 steps move the weights by 2 % in all, the loss falls in a straight line from 2.35 to 2.31.

## Sources
DeepDiagnosis (ICSE 2022), ‖Δw‖/‖w‖ below 1e-5; TheDeepChecker (TOSEM 2022). AUTOTRAINER (ICSE 2021): "slow
convergence" is its commonest fault, 167 repaired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "learning-rate-too-low"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {
    "rate": 0.15,
    "path": 1.0,
    "short_path": 0.05,
    "learnt": 0.8,
    "learnt_by_path": 0.5,
    "least_updates": 50.0,
}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "underfitting",
        "class-imbalance-collapse",
        "batch-size",
        "mode-mismatch",
        "unscaled-targets",
    }
)
WHEN = "end"
REMEDIES = ("raise-learning-rate", "warm-up", "change-optimizer", "longer-training")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if symptoms.first_nonfinite(trace) is not None or not symptoms.failed(run, thresholds["learnt"]):
        return
    mean, path = symptoms.mean_rate_excess(trace), symptoms.path_length(trace)
    evidence = []
    if mean is not None and mean <= thresholds["rate"] and (path is None or path < thresholds["path"]):
        rates = symptoms.rates(trace)
        text = f"the rate is {rates.mean():.3g} on average, {mean:.2g} times what is customary for this optimizer"
        evidence.append(
            Evidence("learning_rate", mean, thresholds["rate"], "Keras' defaults, the optimizers' papers", text)
        )
    moves = told.updates(trace) >= thresholds["least_updates"]
    if (
        path is not None
        and path < thresholds["short_path"]
        and moves
        and symptoms.failed(run, thresholds["learnt_by_path"])
    ):
        text = f"all {told.updates(trace)} steps together moved the weights by {path:.2%} of their size at most"
        evidence.append(Evidence("update_ratio", path, thresholds["short_path"], "calibration", text))
    if not evidence:
        return
    by_rate = mean is not None and mean <= thresholds["rate"]
    meaning = "The steps are so small that the weights have hardly left where they began."
    yield Finding(
        FAULT,
        Severity.ERROR,
        told.whole(trace),
        (),
        (*evidence, *_course(trace), symptoms.weighed(run)),
        meaning,
        REMEDIES,
        confidence=0.9 if by_rate and mean is not None and mean < 0.05 else 0.7 if by_rate else 0.3,
    )


def _course(trace: Trace) -> Iterator[Evidence]:
    loss = told.finite(progress.training_loss(trace))
    if len(loss) >= 8 and progress.still_falling(loss):
        first, last = np.median(loss[:5]), np.median(loss[-5:])
        text = f"the loss was still falling at the end, from {first:.4g} to {last:.4g}"
        yield Evidence("loss", float(last), float(first), "its own course", text)
