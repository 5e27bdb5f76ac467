"""mode-mismatch: the model that is used answers otherwise than the one that was trained.

## What it sees
The same batch of training rows once in training and once in inference mode, at the end: where inference is clearly
worse, statistics of a normalisation lag behind (few steps at a high momentum, tiny batches, statistics that the loop
never updates) or the training flag is wrong. Where training mode is far worse although nothing in the network drops
values, the network was trained in inference mode. And what a program told Keras itself: layers that depend on the
mode, in a loop whose calls never said `training=True`, or an evaluation that did. And batches of a single class under
a batch normalisation, in a run that learnt far less than a simple baseline.

## What it cannot see
Preprocessing that differs: preprocessing-mismatch looks at the rows.

## Known false alarms
Dropout and noise make training mode worse by design, so that alone does not count. A batch normalisation needs about
three times 1 / (1 - momentum) steps: a short run whose inference is poor for that reason is reported, with that
reason, because the model that is kept is poor.

## Example
BatchNormalization with momentum 0.999 and 90 steps: accuracy 0.98 in training mode, 0.21 in inference mode on the
same 128 rows.

## Sources
TheDeepChecker (TOSEM 2022): similarity below 0.75 or losses 50 % apart. Ioffe and Szegedy (2015). keras issues 6977,
13316.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "mode-mismatch"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {"loss_ratio": 1.5, "loss_gap": 0.2, "metric_gap": 0.1, "difference": 0.5, "alone": 0.5, "short": 0.5}
CAUSES = frozenset(
    {
        "overfitting",
        "preprocessing-mismatch",
        "loss-not-decreasing",
        "underfitting",
        "unscaled-inputs",
        "unscaled-targets",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "class-imbalance-collapse",
        "batch-size",
        "shuffled-labels",
        "over-regularised",
    }
)
WHEN = "end"
REMEDIES = ("training-flag", "larger-batch", "longer-training", "layer-normalisation")
_BY_MODE = ("Dropout", "BatchNormalization", "GaussianNoise", "Random")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if symptoms.first_nonfinite(trace) is not None:
        return
    wrong = [*_said(trace), *_active(trace), *_alone(trace, run, thresholds)]
    looks = told.probes(trace)
    measured = list(_measured(trace, looks[-1][1], run, thresholds)) if looks else []
    wrong = [*measured, *wrong]
    if not wrong:
        return
    layers = tuple(name for name, kind in _mode_layers(trace) if "Normalization" in kind) or tuple(
        name for name, _ in _mode_layers(trace)
    )
    meaning = "The network answers otherwise in inference than in training, so what was learnt is not what is used."
    confidence = 0.95 if measured else 0.7  # where training itself went well, nothing else is the root
    yield Finding(
        FAULT,
        Severity.ERROR,
        told.whole(trace),
        layers,
        (*wrong, symptoms.weighed(run)),
        meaning,
        REMEDIES,
        confidence=confidence,
    )


def _said(trace: Trace) -> Iterator[Evidence]:
    """Exact facts: with which flag the program called a model whose layers depend on it."""
    modes = told.told(trace, "modes")
    learnt = told.number(modes.get("gradient_training")) or 0.0
    inferred = told.number(modes.get("gradient_inference")) or 0.0
    tuned = told.told(trace, "program").get("fine_tuning")  # loaded statistics are often kept on purpose
    if _mode_layers(trace) and inferred > 0 and not learnt and not tuned:
        text = "the calls whose gradients were applied ran in inference mode: training=True was never said"
        yield Evidence("told:modes", "inference", "training", "an exact fact", text)
    asked = told.number(modes.get("outside_training")) or 0.0
    labelled = told.told(trace, "labels.train").get("kind") is not None  # a generator is called so under another's tape
    if _mode_layers(trace) and labelled and asked > 0 and not told.number(modes.get("outside_inference")):
        text = "predictions outside of training were made with training=True"
        yield Evidence("told:modes", "training", "inference", "an exact fact", text)


def _active(trace: Trace) -> Iterator[Evidence]:
    """Dropout that still drops in inference mode: its values have the zeros of its rate beyond those that came in."""
    looks = told.probes(trace)
    seen = dict(told.probe_layers(looks[-1][1])) if looks else {}
    for one in told.layers(trace):
        before = [str(name) for name in one.get("inputs") or ()]
        if str(one.get("class")) not in ("Dropout", "SpatialDropout1D", "SpatialDropout2D") or len(before) != 1:
            continue
        name, rate = str(one.get("name")), told.number(one.get("rate")) or 0.0
        came, left = (told.number(seen.get(layer, {}).get("zeros")) for layer in (before[0], name))
        if came is None or left is None or rate < 0.1:
            continue
        if left - came > 0.5 * rate * (1 - came):
            text = f"{name} drops values in inference mode too: {left:.0%} are zero behind it, {came:.0%} before it"
            yield Evidence("told:probe", left - came, 0.0, "an exact fact", text)


def _alone(trace: Trace, run: progress.Progress, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    """Batches of one class each under a normalisation over the batch, which takes away what the class differs in.

    Statistics in inference are those of all classes. It must have cost what a simple baseline finds: judges of made
    and real rows, which are also fed so, have none.
    """
    labels = told.told(trace, "labels.train")
    order = told.part(labels, "order")
    alone = told.number(order.get("batch_one_class_share")) or 0.0
    beyond = alone - (told.number(order.get("expected_one_class_share")) or 0.0)
    by_batch = [name for name, kind in _mode_layers(trace) if "BatchNormalization" in kind]
    classes = labels.get("kind") in ("class_index", "one_hot", "binary")
    if not (classes and by_batch and beyond > thresholds["alone"] and run.reachable is not None):
        return
    if run.short_of(thresholds["short"]):
        text = f"{alone:.0%} of the batches hold a single class, and {by_batch[0]} normalises each by its own mean"
        yield Evidence("told:labels.train.order", alone, thresholds["alone"], "calibration", text)


def _measured(
    trace: Trace, probe: Mapping[str, Any], run: progress.Progress, thresholds: Mapping[str, float]
) -> Iterator[Evidence]:
    loss, training = told.number(probe.get("loss")), told.number(probe.get("loss_training"))
    metric, in_training = told.number(probe.get("metric")), told.number(probe.get("metric_training"))
    constant = run.constant_loss or told.number(probe.get("constant_loss"))
    if loss is None or training is None or not constant or constant <= 0:
        return
    worse = loss > thresholds["loss_ratio"] * training and loss - training > thresholds["loss_gap"] * constant
    hit = metric is None or in_training is None or in_training - metric > thresholds["metric_gap"]
    learnt = training < (1 - thresholds["loss_gap"]) * constant
    if worse and hit and learnt:
        text = f"on the same rows the loss is {training:.4g} in training mode, {loss:.4g} in inference mode"
        if metric is not None and in_training is not None:
            text += f" (accuracy {in_training:.3g} and {metric:.3g})"
        yield Evidence("told:probe", loss / max(training, 1e-12), thresholds["loss_ratio"], "TheDeepChecker", text)
    drops = any("Normalization" not in kind for _, kind in _mode_layers(trace))
    better = training > thresholds["loss_ratio"] * loss and training - loss > thresholds["loss_gap"] * constant
    missed = metric is not None and in_training is not None and metric - in_training > thresholds["metric_gap"]
    if better and missed and not drops and loss < (1 - thresholds["loss_gap"]) * constant:
        text = f"on the same rows the loss is {loss:.4g} in inference mode, {training:.4g} in training mode"
        yield Evidence("told:probe", training / max(loss, 1e-12), thresholds["loss_ratio"], "TheDeepChecker", text)


def _mode_layers(trace: Trace) -> list[tuple[str, str]]:
    """(name, class) of the layers that behave otherwise in training than in inference."""
    found = []
    for one in told.layers(trace):
        kind = str(one.get("class"))
        idle = "Dropout" in kind and not told.number(one.get("rate"))
        if any(part in kind for part in _BY_MODE) and not idle and one.get("trainable") is not False:
            found.append((str(one.get("name")), kind))
    return found
