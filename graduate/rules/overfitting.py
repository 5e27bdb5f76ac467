"""overfitting: the model goes on learning its training rows by heart while it gets worse on all others.

## What it sees
Loss and metric on validation rows, epoch by epoch: a validation loss that rose well beyond its noise from its least
value while the training loss fell on, with a metric that fell too, or so far that the constant predictor's loss is
passed or most of what was gained is lost. It also sees a model that knows its training rows by heart and is far
worse on validation rows than a simple baseline trained on the same rows.

## What it cannot see
Anything without validation rows. Whether the test set was looked at too often.

## Known false alarms
A validation loss that rises from growing confidence while the metric improves, if it stays well below the constant
predictor's; a gap that dropout or augmentation make; early stopping that puts the best weights back; the noise of a
small validation set. All are weighed, and stay silent or a warning.

## Example
120 rows, a network of 300,000 weights, 200 epochs: training loss 0.0001, validation loss from 0.61 up to 2.3.

## Sources
SageMaker flags (validation - training) / training above 0.1, UMLAUT one epoch of opposite signs: on small programs
they flag 42 and 14 of 65 healthy runs. The bounds are this project's calibration, relative to the constant
predictor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._data import Curve
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "overfitting"
NEEDS: set[str] = set()
THRESHOLDS = {
    "epochs": 5.0,  # least number
    "lost": 0.3,  # share of what had been gained on validation rows that is lost again
    "lost_badly": 0.5,
    "lost_though_better": 0.75,  # while the metric improves: part of the rise is confidence
    "relative": 0.15,  # rise over the least validation loss
    "decay": 0.06,  # fall of an accuracy-like metric that is enough without the loss
    "metric": 0.03,  # fall of an accuracy-like metric
    "train": 0.6,  # end of the training loss over the validation loss
    "own": 0.4,  # training loss at the end over the constant predictor's
    "passed": 1.15,  # validation loss at the end over the constant predictor's
    "gap": 0.25,  # accuracy on training rows less that on validation rows
}
CAUSES = {"mode-mismatch"}
WHEN = "end"
REMEDIES = ("early-stopping", "dropout", "weight-decay", "more-data")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    run = progress(trace)
    loss = data.curve(trace, "loss")
    found = None if loss is None else _rises(trace, loss, run, thresholds) or _metric_decays(trace, loss, thresholds)
    found = found or _by_heart(trace, run, thresholds) or _worse_than_a_constant(trace, run, thresholds)
    if found is None:
        return
    severity, evidence, steps = found
    if severity is Severity.ERROR and _kept_the_best(trace, loss):
        severity = Severity.WARNING
    meaning = "The model learns its training rows by heart and gets worse on others: stop earlier, or hold it back."
    yield data.finding(trace, FAULT, severity, meaning, evidence, steps=steps, confidence=0.8)


Found = tuple[Severity, list[Evidence], tuple[int, int]] | None


def _rises(trace: Trace, loss: Curve, run: Progress, thresholds: Mapping[str, float]) -> Found:
    known = np.isfinite(loss.validation)
    validation, train, steps = loss.validation[known], loss.train[known], loss.steps[known]
    if len(validation) < thresholds["epochs"]:
        return None
    smooth = _running(validation)
    lowest = int(np.argmin(smooth))
    end, best = float(np.median(validation[-_window(len(validation)) :])), float(smooth[lowest])
    rise, noise = end - best, _noise(validation)
    constant = _constant(trace, run, validation)
    if rise < thresholds["relative"] * abs(best) or rise < 3 * noise or _restored(trace, best, rise):
        return None
    fell_on = np.isfinite(train).all() and train[-1] < min(train[lowest] * 0.98, thresholds["train"] * end)
    if not fell_on:
        return None
    gained = max(constant - best, 0.0)
    lost = rise / gained if gained > 0.05 * constant else np.inf
    worse, better, metric = _metric_since(trace, thresholds)
    passed = end > constant
    bad = thresholds["lost_though_better" if better else "lost_badly"]
    severe = (lost > thresholds["lost"] and worse) or lost > bad or passed
    if not (severe or worse or lost > thresholds["lost"]):
        return None
    sentence = (
        f"validation loss {best:.4g} after epoch {lowest + 1}, {end:.4g} at the end, "
        f"a constant predictor {constant:.4g}; training loss {train[-1]:.4g}"
    )
    evidence = [Evidence("told:epoch.val_loss", end, best, data.CALIBRATION, sentence)]
    if metric is not None:
        evidence.append(metric)
    return (Severity.ERROR if severe else Severity.WARNING), evidence, (int(steps[lowest]), int(steps[-1]))


def _metric_decays(trace: Trace, loss: Curve, thresholds: Mapping[str, float]) -> Found:
    """An accuracy on validation rows that falls and falls while the training loss does too: noise learnt by heart."""
    curve = data.metric_curve(trace)
    if curve is None or not curve.higher or len(curve.validation) < thresholds["epochs"]:
        return None
    known = np.isfinite(curve.validation) & np.isfinite(loss.train)
    values, train, steps = curve.validation[known], loss.train[known], curve.steps[known]
    if len(values) < thresholds["epochs"]:
        return None
    smooth = _running(values)
    top = int(np.argmax(smooth))
    best, end = float(smooth[top]), float(np.median(values[-_window(len(values)) :]))
    rows = told.number(told.told(trace, "labels.validation").get("rows")) or 100.0
    noise = max(3 * _noise(values), 3 * data.chance_noise(best, rows))
    if best - end < max(thresholds["decay"], noise) or train[-1] > 0.8 * train[top]:
        return None
    sentence = f"{curve.name} on validation rows {best:.4g} after epoch {top + 1}, {end:.4g} at the end"
    evidence = Evidence(f"told:epoch.val_{curve.name}", end, best, data.CALIBRATION, sentence)
    return Severity.ERROR, [evidence], (int(steps[top]), int(steps[-1]))


def _by_heart(trace: Trace, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """No rise is needed where training rows are known by heart and a simple baseline does better on the others."""
    other = told.number(told.told(trace, "baseline").get("validation"))
    if (
        run.metric not in ("accuracy", "r2")
        or run.score is None
        or run.validation is None
        or run.reachable is None
        or other is None
    ):
        return None
    rows = told.number(data.part(trace, "validation").get("rows")) or 1.0
    spread = data.chance_noise if run.metric == "accuracy" else _r2_noise
    both = np.hypot(spread(other, rows), spread(run.validation, rows))  # of a difference
    noise = 2 * float(both)
    gap = run.score - run.validation
    least = 0.05 if run.metric == "accuracy" else thresholds["gap"] * other  # of what the baseline explains
    if gap < thresholds["gap"] or run.score < 0.95 or run.validation > other - max(least, noise):
        return None
    sentence = f"{run.metric} {run.score:.3g} on training rows, {run.validation:.3g} on validation rows, "
    sentence += f"a baseline {other:.3g}"
    evidence = Evidence("told:final.validation", run.validation, other, data.CALIBRATION, sentence)
    return Severity.ERROR, [evidence], told.whole(trace)


def _r2_noise(r2: float, rows: float) -> float:
    """Standard deviation of an r2 measured on so many rows: 2 · r · (1 - r2) / sqrt(rows) (Wishart, 1931)."""
    known = float(np.clip(r2, 0.0, 1.0))
    return 2 * float(np.sqrt(known)) * (1 - known) / float(np.sqrt(rows))


def _worse_than_a_constant(trace: Trace, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """Without a curve: at the end well above the constant predictor's loss on other rows, well below it on its own."""
    train, other = data.part(trace, "train"), data.part(trace, "validation")
    mine, mine_constant = told.number(train.get("loss")), told.number(train.get("constant_loss"))
    theirs, constant = told.number(other.get("loss")), told.number(other.get("constant_loss"))
    if mine is None or theirs is None or not constant or not mine_constant or constant <= 0 or mine_constant <= 0:
        return None
    if mine > thresholds["own"] * mine_constant or theirs < thresholds["passed"] * constant:
        return None
    sentence = f"loss {theirs:.4g} on other rows, a constant predictor {constant:.4g}; on training rows {mine:.4g}"
    evidence = Evidence("told:final.validation.loss", theirs, constant, data.CALIBRATION, sentence)
    return Severity.ERROR, [evidence], told.whole(trace)


def _metric_since(trace: Trace, thresholds: Mapping[str, float]) -> tuple[bool, bool, Evidence | None]:
    """Whether the metric on validation rows fell from its best, whether it improved after the loss's least value."""
    curve, loss = data.metric_curve(trace), data.curve(trace, "loss")
    if curve is None or loss is None:
        return False, False, None
    known = np.isfinite(curve.validation) & np.isfinite(loss.validation)
    values = curve.validation[known]
    if len(values) < 3:
        return False, False, None
    smooth, sign = _running(values), 1.0 if curve.higher else -1.0
    best, end = float((sign * smooth).max()), float(sign * np.median(values[-_window(len(values)) :]))
    then = float(sign * smooth[int(np.argmin(_running(loss.validation[known])))])
    bound = thresholds["metric"] if curve.higher else thresholds["relative"] * abs(best)
    noise = _noise(values)
    sentence = f"{curve.name} on validation rows {sign * best:.4g} at best, {sign * end:.4g} at the end"
    evidence = Evidence(f"told:epoch.val_{curve.name}", sign * end, sign * best, data.CALIBRATION, sentence)
    return best - end > max(bound, 2 * noise), end - then > max(0.3 * bound, noise), evidence


def _constant(trace: Trace, run: Progress, validation: np.ndarray) -> float:
    """The constant predictor's loss on validation rows; else that on training rows; else the first epoch's loss."""
    known = told.number(told.told(trace, "constant").get("loss_validation"))
    if known is None:
        known = run.constant_loss
    return known if known is not None and known > 0 else float(np.max(validation[: max(1, len(validation) // 5)]))


def _kept_the_best(trace: Trace, loss: Curve | None) -> bool:
    """Whether the program saves its best weights as it goes."""
    return any("checkpoint" in name.lower() for name in data.callbacks(trace))


def _restored(trace: Trace, best: float, rise: float) -> bool:
    """Whether the weights at the very end are about as good as the best ones: early stopping put them back."""
    end = told.number(data.part(trace, "validation").get("loss"))
    return end is not None and end - best < 0.3 * rise


def _window(length: int) -> int:
    return max(1, min(5, length // 5))


def _running(values: np.ndarray) -> np.ndarray:
    """Running medians of three; the ends as they are averaged with their neighbour."""
    if len(values) < 3:
        return values
    padded = np.concatenate([[np.mean(values[:2])], values, [np.mean(values[-2:])]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


def _noise(values: np.ndarray) -> float:
    """Standard deviation of a curve around itself, from its second differences."""
    if len(values) < 4:
        return 0.0
    second = np.diff(values, 2)
    return float(np.median(np.abs(second)) / 0.6745 / np.sqrt(6))
