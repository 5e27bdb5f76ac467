"""class-imbalance-collapse: the model answers with the commonest class and never with the rare ones.

## What it sees
At the end of the run, predicted classes beside true ones: the labels are imbalanced, and the rare classes are
(almost) never predicted, so that the accuracy is the commonest class's share.

## What it cannot see
Whether the rare classes could be told apart at all: a baseline's accuracy says little where one class is 98 % of
the rows. Collapse onto a common class of balanced labels is a failure of another kind.

## Known false alarms
Imbalance itself is no fault: one rare class found among several missing ones, or a share of the rare rows found, is
enough for silence. Fewer than ten rare rows are too few to judge by. A model whose loss is far below a constant's
ranks rows well, though none passes 0.5: a warning.

## Example
980 harmless and 20 fraudulent payments: accuracy 0.98, no fraud found.

## Sources
SageMaker ClassImbalance (ratio above 10, over 70 % of a class wrong) flags the imbalance with it; TheDeepChecker
the entropy of predicted classes below 0.5. The bounds are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import progress
from graduate.trace.reader import Trace

FAULT = "class-imbalance-collapse"
NEEDS = {"told:labels.train"}
THRESHOLDS = {
    "ratio": 3.0,  # commonest class over a rare one
    "recall": 0.1,  # of a rare class, on average over them
    "rows": 10.0,  # least number of rare rows
    "classes": 0.5,  # share of the rare classes that are never predicted
    "ranks": 0.45,  # share of the constant predictor's loss that is gone: then the model ranks well
}
CAUSES = {"loss-not-decreasing", "underfitting", "learning-rate-too-low", "over-regularised"}
WHEN = "end"
REMEDIES = ("class-weights", "larger-batch", "more-data")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    labels = told.told(trace, "labels.train")
    if labels.get("kind") not in ("class_index", "binary", "one_hot"):
        return
    known = data.counts(labels.get("counts"))
    if len(known) < 2:
        return
    most = max(known.values())
    rare = {label for label, count in known.items() if most / max(count, 1) >= thresholds["ratio"]}
    if not rare or most / sum(known.values()) < 0.4:
        return
    looked = _looked(trace)
    if looked is None:
        return
    recall, rows, missing = _of_rare(looked, rare)
    if recall is None or rows < thresholds["rows"]:
        return
    if recall > thresholds["recall"] or missing < thresholds["classes"]:
        return
    share = most / sum(known.values())
    names = ", ".join(sorted(rare)[:5])
    evidence = Evidence(
        "told:final.train.recall",
        recall,
        thresholds["recall"],
        data.CALIBRATION,
        f"mean recall {recall:.1%} of rare classes ({names}; {rows:g} rows); the commonest is {share:.1%} of all",
    )
    meaning = (
        "The model has learnt to answer with the commonest class: its accuracy is that class's share, nothing more."
    )
    layers = data.output_layers(trace)
    ranks = (progress(trace).loss_share or 0.0) > thresholds["ranks"]
    severity = Severity.WARNING if ranks else Severity.ERROR
    yield data.finding(trace, FAULT, severity, meaning, [evidence], layers=layers, confidence=0.7)


def _looked(trace: Trace) -> Mapping[str, Any] | None:
    """The last look at predicted classes: of all training rows, of validation rows, of a probe."""
    probes = [probe for _, probe in reversed(told.probes(trace))]
    for one in (data.part(trace, "train"), data.part(trace, "validation"), *probes[:1]):
        if data.counts(one.get("label_counts")) and data.counts(one.get("predicted_counts")):
            return one
    return None


def _of_rare(looked: Mapping[str, Any], rare: set[str]) -> tuple[float | None, float, float]:
    """Mean recall of the rare classes, how many rows those have, and the share of rare classes never predicted.

    Each class counts alike: a few rows found of the least rare one do not speak for the others.
    """
    labels, predicted = data.counts(looked.get("label_counts")), data.counts(looked.get("predicted_counts"))
    recalls = data.counts(looked.get("recall"))
    rows = sum(labels.get(one, 0.0) for one in rare)
    if not rows:
        return None, 0.0, 0.0
    if recalls:
        met = [one for one in rare if labels.get(one)]
        found = sum(recalls.get(one, 0.0) for one in met) / len(met)
    else:
        found = sum(predicted.get(one, 0.0) for one in rare) / rows
    never = sum(predicted.get(one, 0.0) <= 0.02 * labels.get(one, 0.0) for one in rare) / len(rare)
    return found, rows, never
