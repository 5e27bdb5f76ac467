"""loss-not-decreasing: the run ended with a loss no better than a constant predictor's.

## What it sees
A run that is over and learnt next to nothing: neither the loss nor the metric is better than what the best constant
gives, where a simple baseline shows that the rows have something to learn. It names no cause: it is what is left when
every rule that does found nothing, and a consequence of those that did. Where nothing says what could be learnt, a
positive loss that rises steadily from the first step to the last.

## What it cannot see
Why. Runs whose loss has no scale (adversarial, reinforcement, a loss of the program's own) and no metric.

## Known false alarms
A plateau at the optimum is success, so the loss is compared with a constant predictor's and not with its own start.
Where the baseline learns nothing either, the rows may hold nothing to learn, and this rule says nothing.

## Example
The loss is 0.6931 at the first step and at the last, accuracy 0.5, and neighbours reach 0.93.

## Sources
SageMaker Debugger, LossNotDecreasing; TheDeepChecker (TOSEM 2022), less than 5 % a check. Gate: this project's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "loss-not-decreasing"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {
    "learnt": 0.1,
    "fell": 0.02,
    "least_updates": 20.0,
    "least_climbing": 100.0,
    "at_first": 0.1,
    "climb": 1.25,
}
CAUSES = frozenset({"underfitting", "class-imbalance-collapse"})
WHEN = "end"
REMEDIES = ("raise-learning-rate", "better-initialiser", "scale-inputs", "check-labels", "longer-training")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    alone = (told.number(told.told(trace, "program").get("trainings")) or 1) <= 1  # no game of several optimizers
    rises = symptoms.climbs(trace)
    climbs = rises and (alone if run.learnt is None else run.learnt < thresholds["learnt"])
    if told.updates(trace) < thresholds["least_updates"] or not (climbs or _nothing(run, trace, thresholds)):
        return
    fell = "unknown" if run.fell is None else run.fell
    evidence = (
        Evidence("loss", fell, thresholds["fell"], "its own start", _course(run)),
        symptoms.weighed(run),
    )
    meaning = "The run learnt next to nothing: a constant answer would do as well."
    if climbs:
        meaning = "The loss rises steadily, as it does where a sign is wrong: the run climbs what it should descend."
    yield Finding(
        FAULT, Severity.ERROR, told.whole(trace), (), evidence, meaning, REMEDIES, confidence=0.7 if climbs else 0.2
    )


def _nothing(run: progress.Progress, trace: Trace, thresholds: Mapping[str, float]) -> bool:
    """Whether nothing was learnt though there was something: told by the baseline, or by a loss that never fell."""
    if run.learnt is None or run.learnt >= thresholds["learnt"]:
        return False
    if run.reachable is not None:
        return True
    looked = told.number(told.told(trace, "baseline").get("score")) is not None
    return not looked and run.fell is not None and run.fell < thresholds["fell"]


def _course(run: progress.Progress) -> str:
    if run.loss_first is None or run.loss_last is None:
        return "the loss was not recorded"
    return f"the loss was {run.loss_first:.4g} at first and {run.loss_last:.4g} at last"
