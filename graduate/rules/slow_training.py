"""slow-training: most of the time goes into something other than training.

## What it sees
Where the time of the run went: graphs that are traced again and again, `fit` that runs eagerly, callbacks and
validation that take more time than the steps, numbers of double precision.

## What it cannot see
A model that is larger than it need be, a slow machine, and what a script does outside of training.

## Known false alarms
The first step (tracing), a validation of honest size, a second graph for the last, smaller batch, loops that are
eager because they have to be, and runs of a few seconds stay silent.

## Example
`train_step(x, step)` under `tf.function` with a Python number as `step`: a new graph at every step, 300 ms instead
of 2.

## Sources
TensorFlow's guide to `tf.function` (Python arguments retrace), Keras' documentation of `run_eagerly`. SageMaker
StepOutlier. The bounds are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "slow-training"
NEEDS = {"told:pace"}
THRESHOLDS = {
    "retraces": 8.0,  # graphs traced
    "retraces_share": 0.2,  # of the steps
    "share": 0.5,  # of the time
    "validation": 0.6,  # of the time
    "saving": 0.8,  # of the time, where callbacks save the model: of tiny ones that is soon most of it
    "all": 2.0,  # seconds that it costs in all
    "eager_steps": 40.0,
}
CAUSES: set[str] = set()
WHEN = "end"
REMEDIES = ("compile-step", "prefetch-input")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    pace, program = told.told(trace, "pace"), told.told(trace, "program")
    for look in (_retraced, _eager, _callbacks, _validation, _double):
        found = look(trace, pace, program, thresholds)
        if found is not None:
            severity, meaning, evidence = found
            yield data.finding(trace, FAULT, severity, meaning, [evidence], confidence=0.6)
            return


Found = tuple[Severity, str, Evidence] | None
Facts = Mapping[str, Any]


def _retraced(trace: Trace, pace: Facts, program: Facts, thresholds: Mapping[str, float]) -> Found:
    retraces = told.number(pace.get("retraces")) or 0.0
    steps = told.number(pace.get("steps")) or float(told.updates(trace))
    often = retraces >= thresholds["retraces_share"] * steps or _leaps(trace) > thresholds["share"]
    if retraces < thresholds["retraces"] or not often:
        return None
    sentence = f"{retraces:g} graphs traced in {steps:g} steps"
    evidence = Evidence("told:pace.retraces", retraces, thresholds["retraces"], data.CALIBRATION, sentence)
    meaning = (
        "The training step is traced again and again, which costs more than the step: pass tensors, define it once."
    )
    return Severity.ERROR, meaning, evidence


def _leaps(trace: Trace) -> float:
    """Share of the time, without the first step's, that goes into steps far slower than the others."""
    seconds = told.finite(told.series(trace, "seconds"))[1:]
    if len(seconds) < 20:
        return 0.0
    slow = seconds > max(20 * float(np.median(seconds)), 0.1)
    return float(seconds[slow].sum() / max(seconds.sum(), 1e-9))


def _eager(trace: Trace, pace: Facts, program: Facts, thresholds: Mapping[str, float]) -> Found:
    """`fit` with run_eagerly; a loop of the program's own may have its reasons."""
    steps = told.number(pace.get("steps")) or float(told.updates(trace))
    if pace.get("eager") is not True or program.get("kind") != "fit" or steps < thresholds["eager_steps"]:
        return None
    each = told.number(pace.get("seconds_per_step")) or 0.0
    if each * steps < thresholds["all"]:
        return None
    sentence = f"{steps:g} eager steps of {each * 1000:.3g} ms"
    evidence = Evidence("told:pace.eager", "eager", "compiled", data.EXACT, sentence)
    meaning = "The model runs eagerly, operation by operation from Python: leave out run_eagerly (it is for debugging)."
    return Severity.ERROR, meaning, evidence


def _callbacks(trace: Trace, pace: Facts, program: Facts, thresholds: Mapping[str, float]) -> Found:
    share, whole = told.number(pace.get("callback_share")), data.seconds(trace)
    saves = any(word in name for name in data.callbacks(trace) for word in ("Checkpoint", "TensorBoard", "Backup"))
    share_bound, least = (
        (thresholds["saving"], 5 * thresholds["all"]) if saves else (thresholds["share"], thresholds["all"])
    )
    if share is None or share < share_bound or (whole or 0.0) * share < least:
        return None
    sentence = f"callbacks take {share:.0%} of the time"
    evidence = Evidence("told:pace.callback_share", share, share_bound, data.CALIBRATION, sentence)
    return Severity.ERROR, "Callbacks take more time than training: do less in them, or less often.", evidence


def _validation(trace: Trace, pace: Facts, program: Facts, thresholds: Mapping[str, float]) -> Found:
    share, whole = _validation_share(trace, pace), data.seconds(trace)
    if share is None and program.get("kind") == "pipeline":  # whose pace leaves out the first call, which traces
        share = told.number(pace.get("validation_share"))
    if share is None or share < thresholds["validation"] or (whole or 0.0) * share < thresholds["all"]:
        return None
    sentence = f"validation takes {share:.0%} of the time"
    evidence = Evidence("told:pace.validation_share", share, thresholds["validation"], data.CALIBRATION, sentence)
    return Severity.ERROR, "Validation takes more time than training: use fewer rows, or validate less often.", evidence


def _validation_share(trace: Trace, pace: Facts) -> float | None:
    """Of the epochs after the first, which traces; None where there are fewer than four."""
    pairs = [
        (told.number(value.get("validation_seconds")), told.number(value.get("seconds")))
        for _, value in data.epochs(trace)
    ]
    known = np.array([(v, s) for v, s in pairs[1:] if v is not None and s is not None and s > 0])
    if len(known) < 3:
        return None
    return float(np.median(known[:, 0]) / np.median(known[:, 1]))  # of a typical epoch: a busy machine stretches a few


def _double(trace: Trace, pace: Facts, program: Facts, thresholds: Mapping[str, float]) -> Found:
    whole = data.seconds(trace)
    if "64" not in str(program.get("precision") or "") or (whole or 0.0) < thresholds["all"]:
        return None
    evidence = Evidence("told:program.precision", "float64", "float32", data.EXACT, "weights are of double precision")
    return Severity.WARNING, "Numbers of double precision take twice the time and memory: float32 is enough.", evidence
