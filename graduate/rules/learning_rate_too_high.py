"""learning-rate-too-high: steps are so large that they jump over what they should descend into.

## What it sees
A run that diverged (loss or weights grew, to NaN at last, or the loss ended well above where it began), or that
learnt clearly less than it could while its steps stayed a large share of the weights' own size, the weights grew many
times, a whole layer's units died under way, or the loss swung about far above its best. How far the rate is above
what is customary for the optimizer only settles what to blame, the rate or the size of the gradients.

## What it cannot see
A rate that is somewhat too high and costs a little.

## Known false alarms
The rate alone says nothing: SGD at 0.1 to 1 and cyclical schedules are normal, and a batch of 1 to 8 makes a noisy
loss that still falls. A run that learns what a simple baseline learns is never reported. Raw inputs or targets, and
weights that start too large, make any rate too high: then those are the root.

## Example
Adam at 0.5: the loss jumps from 2.3 to 190 within five steps and stays at 2.31, that of a constant predictor, while
each step moves the weights by 12 %. A range test proposes 0.002.

## Sources
DeepDiagnosis (ICSE 2022), ‖Δw‖/‖w‖ above 0.1; AUTOTRAINER (ICSE 2021), swings of the accuracy; Smith (2017) for the
range test. Remedies: warm-up, then clipping, then a lower rate (Google's tuning playbook).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "learning-rate-too-high"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {
    "growth": 10.0,
    "rise": 1.5,
    "ratio": 0.04,
    "first_ratio": 0.75,
    "weights": 4.0,
    "swing": 3.0,
    "learnt": 0.75,
    "learnt_if_swinging": 0.9,
    "excess": 3.0,
    "finished": 0.7,
    "killed": 0.95,
    "few_rows": 4.0,
}
CAUSES = frozenset(
    {
        "nan-or-inf",
        "exploding-gradient",
        "dead-units",
        "saturated-activation",
        "vanishing-gradient",
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "class-imbalance-collapse",
        "underfitting",
        "layer-does-not-learn",
        "mode-mismatch",
        "batch-size",
    }
)
WHEN = "always"
REMEDIES = ("lower-learning-rate", "warm-up", "clip-gradients", "change-optimizer")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    broken = symptoms.first_nonfinite(trace)
    if broken is not None:
        signs = list(_divergence(trace, broken, thresholds))
    elif symptoms.enough_seen(trace, run):
        signs = list(_signs(trace, run, thresholds))
    else:
        return
    if not signs:
        return
    excess = symptoms.rate_excess(trace)
    evidence = [*signs, symptoms.weighed(run)]
    if excess is not None:
        rate = symptoms.rates(trace).max()
        text = f"the rate reaches {rate:.3g}, {excess:.3g} times what is customary for this optimizer"
        evidence.insert(-1, Evidence("learning_rate", excess, thresholds["excess"], "Keras' defaults", text))
    confidence = 0.5 if excess is None else 0.8 if excess >= 5 else 0.6 if excess >= 2 else 0.35
    batch = told.number(told.told(trace, "program").get("batch_size")) or trace.facts.batch_size
    if 0 < batch <= thresholds["few_rows"]:  # the batch may be what is too small: batch-size says so if it is
        confidence = min(confidence, 0.6)
    meaning = "The steps are too large: the run leaves the region where the loss falls, again and again or for good."
    last = len(trace.steps) - 1 if broken is None else broken
    steps = (told.whole(trace)[0], int(trace.steps[last]) if len(trace.steps) else 0)
    yield Finding(FAULT, Severity.ERROR, steps, (), tuple(evidence), meaning, REMEDIES, confidence=confidence)


def _divergence(trace: Trace, broken: int, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    """Growth before numbers stopped being finite; not where the data itself brought them in."""
    growth = symptoms.grew_before(trace, broken)
    if symptoms.nonfinite_data(trace) is None and growth >= thresholds["growth"]:
        step = int(trace.steps[broken])
        text = f"before step {step}, its first without finite numbers, sizes had grown {growth:.3g} times"
        yield Evidence("growth", growth, thresholds["growth"], "calibration", text)


def _signs(trace: Trace, run: progress.Progress, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    short = symptoms.failed(run, thresholds["learnt"])
    excess = symptoms.rate_excess(trace)
    high = excess is None or excess > thresholds["excess"]
    start, last = run.loss_start, run.loss_last
    # at an ordinary rate a loss that rises has another reason, such as a wrong sign
    if short and high and start is not None and last is not None and start > 0 and last > thresholds["rise"] * start:
        text = f"the loss began at {start:.4g} and ended at {last:.4g}"
        yield Evidence("loss", last / start, thresholds["rise"], "its own start", text)
    ratio = symptoms.total_update_ratio(trace)
    if (short or (high and _unfinished(run, thresholds["finished"]))) and len(told.finite(ratio)) > 3:
        late = float(np.minimum(told.finite(ratio[len(ratio) // 2 :]), 1.0).mean()) if len(ratio) > 1 else 0.0
        if late > thresholds["ratio"] * (1.0 if short else 3.0):
            text = f"in the second half of the run a step moved the weights by {late:.1%} of their size"
            yield Evidence("update_ratio", late, thresholds["ratio"], "DeepDiagnosis, calibration", text)
        first = float(np.nansum(ratio[:5]))
        if short and first > thresholds["first_ratio"] * (1.0 if high else 4.0):
            text = f"the first five steps moved the weights by {first:.0%} of their size"
            yield Evidence("update_ratio", first, thresholds["first_ratio"], "calibration", text)
    killed = _killed(trace) if short and high else None
    if killed is not None:
        text = f"{killed}, alive before step 1, is dead in all its units at the end"
        yield Evidence("told:probe", 1.0, thresholds["killed"], "calibration", text)
    grown = _weights_grew(trace)
    if short and high and grown > thresholds["weights"]:
        yield Evidence(
            "weight_norm", grown, thresholds["weights"], "calibration", f"the weights grew {grown:.3g} times"
        )
    swing = _swing(trace)
    if high and swing > thresholds["swing"] and symptoms.failed(run, thresholds["learnt_if_swinging"]):
        text = f"the smoothed loss ended {swing:.3g} times above its best"
        yield Evidence("loss", swing, thresholds["swing"], "its own course", text)


def _killed(trace: Trace) -> str | None:
    """A rectified layer whose units nearly all died under way: large steps do that."""
    looks = told.probes(trace)
    if len(looks) < 2 or looks[0][0] > 1:
        return None
    first, last = dict(told.probe_layers(looks[0][1])), dict(told.probe_layers(looks[-1][1]))
    for name, seen in last.items():
        alive = (told.number(first.get(name, {}).get("dead")) or 0.0) < 0.5
        dead = (told.number(seen.get("dead")) or 0.0) > THRESHOLDS["killed"]
        if alive and dead and symptoms.layer_of(trace, name).get("activation") in symptoms.RECTIFYING:
            return name
    return None


def _unfinished(run: progress.Progress, share: float) -> bool:
    """Whether, as good as a cheap baseline or not, both loss and metric are still far from what they could be."""
    known = [one for one in (run.above_chance, run.loss_share) if one is not None]
    return run.ended and bool(known) and max(known) < share


def _weights_grew(trace: Trace) -> float:
    weight, columns = told.table(trace, "weight_norm"), told.kernels(trace)
    if weight is None or not columns:
        return 1.0
    sizes = np.sqrt(np.square(weight[:, columns]).sum(axis=1))
    start = symptoms.initial_norm(trace) or float(sizes[0])
    return float(sizes[-1] / start) if start > 0 and np.isfinite(sizes[-1]) else 1.0


def _swing(trace: Trace) -> float:
    """How many times the smoothed loss ended above its least; 1 where losses may be negative."""
    smooth = progress.smoothed(progress.training_loss(trace))
    return float(smooth[-1] / smooth.min()) if len(smooth) > 3 and smooth.min() > 0 else 1.0
