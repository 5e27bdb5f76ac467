"""batch-size: batches so large that training has hardly any updates, or so small that their noise drowns the gradient.

## What it sees
Rows, batch size and number of updates beside how far the run got: one or a few updates an epoch, few in all, and a
run that is still on its way when it ends; a batch of one or two rows whose gradient noise scale is far above the
batch, in a run that got nowhere; batch normalisation over a single row.

## What it cannot see
Batches that merely waste time or data: the noise scale grows while training goes on, and an early estimate is low.
Where the scale was not measured it is estimated along one direction of every variable.

## Known false alarms
Full batches with enough updates, small noisy batches whose loss still falls, and online learning stay silent: the
run has to end well short of a simple baseline.

## Example
1,400 rows in one batch of 2,048, 10 epochs: 10 updates in all, accuracy 0.3.

## Sources
McCandlish et al., "An empirical model of large-batch training" (2018): at the noise scale half of the speed is
reached; Google's tuning playbook: the number of updates counts more than that of rows. The bounds are this
project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import Progress, progress, still_falling, training_loss
from graduate.trace.reader import Trace

FAULT = "batch-size"
NEEDS = {"told:program"}
THRESHOLDS = {
    "updates": 200.0,  # fewer are few
    "per_epoch": 4.0,  # updates an epoch
    "large": 100.0,  # rows a batch
    "short": 0.8,  # of the way to the baseline
    "small": 2.0,  # rows a batch
    "noise": 30.0,  # noise scale over the batch
}
CAUSES = {
    "underfitting",
    "loss-not-decreasing",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "mode-mismatch",
    "class-imbalance-collapse",
    "exploding-gradient",
    "dead-units",
    "vanishing-gradient",
}
WHEN = "end"
REMEDIES = ("smaller-batch", "larger-batch", "longer-training")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    run, batch = progress(trace), _batch(trace)
    if batch is None or not run.short_of(thresholds["short"]):
        return
    found = _few_updates(trace, run, batch, thresholds) or _noisy(trace, run, batch, thresholds)
    if found is not None:
        meaning, evidence, remedies = found
        outcome = Evidence("told:final", run.learnt or 0.0, thresholds["short"], data.CALIBRATION, run.sentence())
        yield data.finding(
            trace, FAULT, Severity.ERROR, meaning, [evidence, outcome], remedies=remedies, confidence=0.7
        )


Found = tuple[str, Evidence, tuple[str, ...]] | None


def _batch(trace: Trace) -> float | None:
    order = told.told(trace, "labels.train").get("order")
    fed = told.number(order.get("batch_size")) if isinstance(order, Mapping) else None
    told_batch = told.number(told.told(trace, "program").get("batch_size")) or fed
    return told_batch or (float(trace.facts.batch_size) if trace.facts.batch_size else None)


def _few_updates(trace: Trace, run: Progress, batch: float, thresholds: Mapping[str, float]) -> Found:
    updates = told.updates(trace)
    rows = told.number(told.told(trace, "labels.train").get("rows"))
    per_epoch = told.number(told.told(trace, "program").get("steps_per_epoch"))
    if per_epoch is None and rows is not None:
        per_epoch = -(-rows // batch)
    if per_epoch is None or updates < 1 or updates >= thresholds["updates"]:
        return None
    few = thresholds["per_epoch"] * (3 if updates < 0.5 * thresholds["updates"] else 1)
    if per_epoch > few or batch < thresholds["large"]:
        return None
    loss = training_loss(trace)
    if len(loss) >= 8 and not still_falling(loss):
        return None
    sentence = f"{updates} updates in all, {per_epoch:g} an epoch, of {batch:g} rows each"
    evidence = Evidence("told:program.updates", updates, thresholds["updates"], data.CALIBRATION, sentence)
    meaning = (
        "Batches are nearly as large as the data, so that there are too few updates to get anywhere: use smaller ones."
    )
    return meaning, evidence, ("smaller-batch", "longer-training", "raise-learning-rate")


def _noisy(trace: Trace, run: Progress, batch: float, thresholds: Mapping[str, float]) -> Found:
    if batch > thresholds["small"]:
        return None
    normalised = [str(one.get("name")) for one in told.layers(trace) if one.get("class") == "BatchNormalization"]
    if batch == 1 and normalised:
        evidence = Evidence(
            "told:program.batch_size", 1, 2, data.EXACT, f"{normalised[0]} normalises over a single row"
        )
        meaning = "Batch normalisation over a single row takes away what the row says: use larger batches."
        return meaning, evidence, ("larger-batch", "layer-normalisation")
    scale = told.number(told.told(trace, "noise_scale").get("b_simple")) or _estimated(trace, batch)
    if scale is None or scale < thresholds["noise"] * batch:
        return None
    sentence = f"gradient noise scale {scale:.3g} rows, batches of {batch:g}"
    evidence = Evidence("told:noise_scale.b_simple", scale, thresholds["noise"] * batch, data.CALIBRATION, sentence)
    meaning = (
        "Batches are so small that their gradients are mostly noise at this rate: use larger ones, or a lower rate."
    )
    return meaning, evidence, ("larger-batch", "lower-learning-rate")


def _estimated(trace: Trace, batch: float) -> float | None:
    """Noise scale along one direction of every variable, its mean gradient: batch · variance over steps / mean²."""
    means = told.table(trace, "gradient_mean")
    if means is None or len(means) < 100:
        return None
    means = means[np.isfinite(means).all(axis=1)][-1000:]
    if len(means) < 100:
        return None
    noise, signal = means.var(axis=0), means.mean(axis=0) ** 2
    kept = noise > 0
    signal = np.maximum(signal - noise / len(means), 0.0)  # what chance alone gives the mean of so many
    return float(batch * noise[kept].sum() / max(signal[kept].sum(), 1e-6 * noise[kept].sum())) if kept.any() else None
