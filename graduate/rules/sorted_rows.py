"""sorted-rows: training gets the rows ordered by their label, so that it forgets one class while it sees the next.

## What it sees
The order in which labels were fed: runs of equal labels far longer than chance gives, batches that hold a single
class, targets that only rise; and that the run suffers from it: it falls short of a simple baseline, or loses
classes that it saw early in the epoch. It also sees a validation part cut off the end of sorted rows: classes that
training never met, or targets beyond all of training's.

## What it cannot see
An order by something else than the label. Rows that came in order but were shuffled on the way are fine.

## Known false alarms
A time series fed in order, classes that are long runs by nature in a run that learns all the same, and batches of
one class in a contrastive loss stay silent where the run does as well as a baseline.

## Example
A folder of pictures read class by class into `tf.data` without `shuffle`: all answers are the last class.

## Sources
Google's tuning playbook and the Keras documentation (`validation_split` takes the last rows before shuffling). The
bounds are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "sorted-rows"
NEEDS = {"told:labels.train"}
THRESHOLDS = {
    "correlation": 0.5,  # of neighbouring labels: 0 shuffled, 1 sorted
    "real_correlation": 0.97,  # the same of real targets
    "far_short_correlation": 0.5,  # the same of groups of rows one after the other, in a run that failed
    "far_short": 0.4,  # of the way to the baseline: it failed
    "few": 10.0,  # distinct targets that are looked at like classes
    "runs": 1.3,  # mean run of equal labels over the batch
    "one_class": 0.3,  # share of batches with a single class, beyond chance
    "short": 0.9,  # of the way to the baseline
    "short_in_time": 0.7,  # the same where targets hardly change from row to row, but are not sorted
    "apart": 0.7,  # of the labels of training and validation rows, 1: no class in common
    "behind": 0.05,  # validation score below the baseline's
}
CAUSES = {
    "loss-not-decreasing",
    "underfitting",
    "overfitting",
    "learning-rate-too-high",
    "learning-rate-too-low",
    "class-imbalance-collapse",
    "mode-mismatch",
    "batch-size",
    "exploding-gradient",
    "dead-units",
    "preprocessing-mismatch",
    "wrong-label-encoding",
    "saturated-activation",
    "over-regularised",
}
WHEN = "end"
REMEDIES = ("shuffle-rows",)


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    labels, run = told.told(trace, "labels.train"), progress(trace)
    order = labels.get("order")
    cut = _cut_off(labels, told.told(trace, "labels.validation"), run)
    if cut is not None:
        meaning = (
            "Validation rows were cut off the end of sorted rows: they hold what training never met. Shuffle first."
        )
        yield data.finding(trace, FAULT, Severity.ERROR, meaning, [cut], confidence=0.9)
        return
    far_short = run.reachable is not None and run.short_of(thresholds["far_short"])
    enough = thresholds["far_short_correlation" if far_short else "real_correlation"]
    evidence = _ordered(order, labels, thresholds, enough) if isinstance(order, Mapping) else None
    if evidence is None or not isinstance(order, Mapping):
        return
    in_time = labels.get("kind") == "real" and not order.get("sorted")
    if in_time and len(told.told(trace, "inputs.train").get("shape") or ()) != 1:
        return  # a series is fed in the order of time
    if in_time and not run.short_of(thresholds["short_in_time"]):
        return
    harm = _harm(trace, run, thresholds)
    if harm is None:
        return
    meaning = "Rows come ordered by their label: each batch teaches one class and unteaches the others. Shuffle them."
    yield data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence, harm], confidence=0.85)


def _ordered(
    order: Mapping[str, Any], labels: Mapping[str, Any], thresholds: Mapping[str, float], enough: float
) -> Evidence | None:
    """The order of the labels, where it is one; `enough`: the correlation of neighbouring real targets that counts."""
    correlation = told.number(order.get("correlation"))
    if labels.get("kind") == "real":
        # few values (0 and 0.9 of smoothed labels) stay the same for a while in any batch made of one: runs tell
        few = (told.number(labels.get("distinct")) or np.inf) <= thresholds["few"]
        if order.get("sorted") or (not few and (correlation or 0.0) > enough):
            sentence = (
                "targets rise (or fall) from row to row"
                if order.get("sorted")
                else "targets hardly change from row to row"
                if enough > 0.9
                else f"neighbouring targets are alike: their correlation is {correlation or 0.0:.2f}, shuffled it is 0"
            )
            value, bound = correlation or 1.0, enough
            return Evidence("told:labels.train.order", value, bound, data.CALIBRATION, sentence)
        if not few or order.get("run_length") is None:
            return None
    alone = told.number(order.get("batch_one_class_share")) or 0.0
    beyond = alone - (told.number(order.get("expected_one_class_share")) or 0.0)
    if correlation is None:
        run_length, expected = (told.number(order.get(key)) or 1.0 for key in ("run_length", "expected_run_length"))
        correlation = 1 - expected / run_length if run_length else 0.0
    clustered = correlation > thresholds["correlation"] and beyond > thresholds["one_class"]
    length, batch = told.number(order.get("run_length")) or 0.0, told.number(order.get("batch_size")) or 0.0
    in_turn = alone >= 0.9 and batch / thresholds["runs"] < length < batch * thresholds["runs"]
    if not (order.get("sorted") or (clustered and not in_turn)):
        return None  # runs of one batch each are a discriminator's: made and real rows in turn
    return Evidence(
        "told:labels.train.order",
        alone,
        thresholds["one_class"],
        data.CALIBRATION,
        f"{alone:.0%} of the batches hold a single class; runs of {_show(order.get('run_length'))} equal labels, "
        f"{_show(order.get('expected_run_length'))} by chance",
    )


def _harm(trace: Trace, run: Progress, thresholds: Mapping[str, float]) -> Evidence | None:
    """How the run suffered."""
    if run.short_of(thresholds["short"]):
        return Evidence("told:final.train", run.learnt or 0.0, thresholds["short"], data.CALIBRATION, run.sentence())
    other = told.number(told.told(trace, "baseline").get("validation"))
    if run.validation is not None and other is not None:
        rows = told.number(data.part(trace, "validation").get("rows")) or 100.0
        noise = 2 * data.chance_noise(min(max(other, 0.0), 1.0), rows)
        if run.validation < other - max(thresholds["behind"], noise):
            sentence = f"{run.metric} {run.validation:.3g} on validation rows, a simple baseline {other:.3g}"
            return Evidence("told:final.validation", run.validation, other, data.CALIBRATION, sentence)
    return None


def _cut_off(train: Mapping[str, Any], other: Mapping[str, Any], run: Progress) -> Evidence | None:
    """A validation part that holds only what comes after training's part of the order."""
    if not other or (told.number(other.get("rows")) or 0) < 8:
        return None
    if train.get("kind") in ("class_index", "one_hot", "binary"):
        known, seen = data.counts(train.get("counts")), data.counts(other.get("counts"))
        if len(known) < 2 or not seen:
            return None
        unknown = sum(count for label, count in seen.items() if label not in known) / sum(seen.values())
        gone = sum(count for label, count in known.items() if label not in seen) / sum(known.values())
        if unknown >= 0.3 and gone >= 0.5:
            sentence = f"{unknown:.0%} of the validation rows are of classes that no training row has"
            return Evidence("told:labels.validation.counts", unknown, 0.3, data.CALIBRATION, sentence)
        return _apart(known, seen, run)
    if train.get("kind") != "real" or run.validation is None or run.validation > 0.5 * (run.score or 1.0):
        return None
    low, high = told.number(other.get("least")), told.number(other.get("largest"))
    first, last = told.number(train.get("least")), told.number(train.get("largest"))
    if low is None or high is None or first is None or last is None or not (low >= last or high <= first):
        return None
    sentence = f"training targets lie in {first:.4g} … {last:.4g}, validation targets in {low:.4g} … {high:.4g}"
    return Evidence(
        "told:labels.validation", f"{low:.4g} … {high:.4g}", f"{first:.4g} … {last:.4g}", data.EXACT, sentence
    )


def _apart(known: Mapping[str, float], seen: Mapping[str, float], run: Progress) -> Evidence | None:
    """Training and validation rows of nearly different classes, far beyond what a random split gives.

    The distance of the two distributions of labels is Σ |p − q| / 2. Drawn at random, each |p − q| is about
    0.8 · sqrt(p (1 − p) (1/n + 1/m)).
    """
    if run.validation is None or run.score is None or run.validation > run.score - 0.1:
        return None  # no harm
    n, m = sum(known.values()), sum(seen.values())
    pairs = [(known.get(one, 0.0), seen.get(one, 0.0)) for one in {*known, *seen}]
    distance = sum(abs(a / n - b / m) for a, b in pairs) / 2
    pooled = [(a + b) / (n + m) for a, b in pairs]
    by_chance = 0.4 * sum((p * (1 - p) * (1 / n + 1 / m)) ** 0.5 for p in pooled)
    if distance - by_chance < THRESHOLDS["apart"]:
        return None
    sentence = (
        f"training and validation rows share {1 - distance:.0%} of their distribution of labels, "
        f"{1 - by_chance:.0%} by chance"
    )
    return Evidence("told:labels.validation.counts", distance, THRESHOLDS["apart"] + by_chance, data.EXACT, sentence)


def _show(value: Any) -> str:
    found = told.number(value)
    return "?" if found is None else f"{found:.3g}"
