"""input-bound: more than half of the training time is spent waiting for rows.

## What it sees
The time between steps in which the loop waits for its input, against the whole; and how the rows are made (a Python
generator, a `map` without parallel calls, no prefetching, no cache).

## What it cannot see
An input that is made inside the step, and waiting that overlaps with computing.

## Known false alarms
Steps of a millisecond, where any loop spends its time between steps, arrays that need no making, and the first
step, which fills buffers, are left out: what is waited for must amount to something, each step and in all.

## Example
A generator that decodes a picture a row: 40 ms of waiting before a step of 6 ms.

## Sources
SageMaker IOBottleneck: above 50 % of the time. The bounds on absolute times are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "input-bound"
NEEDS = {"told:pace"}
THRESHOLDS = {
    "error": 0.5,  # share of the time that is waited
    "warning": 0.45,
    "each": 0.004,  # seconds waited a step
    "each_loop": 0.012,  # seconds between the steps of a loop that makes its rows itself: it may do more there
    "mostly": 0.75,  # share beyond which what else a loop does there does not matter
    "all": 0.5,  # seconds waited in all
    "stall": 0.5,  # seconds that a single wait must last to count for more than a usual one
    "steps": 12.0,  # least number of steps
}
CAUSES = {"slow-training"}
WHEN = "end"
REMEDIES = ("prefetch-input",)


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    pace = told.told(trace, "pace")
    waited = _waited(trace, pace, thresholds)
    if waited is None:
        return
    share, each, steps = waited
    kind = pace.get("input")
    how: Mapping[str, Any] = kind if isinstance(kind, Mapping) else {}
    more = how.get("kind") == "loop" and share < thresholds["mostly"]
    least = thresholds["each_loop" if more else "each"]
    if steps < thresholds["steps"] or each < least or each * steps < thresholds["all"]:
        return
    if how.get("kind") != "loop":  # watching is not the program's time
        share /= max(1.0 - (told.number(pace.get("recorder_share")) or 0.0), 0.5)
    if share < thresholds["warning"] or how.get("kind") == "arrays":
        return
    share = min(share, 1.0)
    severity = Severity.ERROR if share > thresholds["error"] else Severity.WARNING
    bound = thresholds["error" if severity is Severity.ERROR else "warning"]
    sentence = f"{share:.0%} of the time is waiting for input: {each * 1000:.3g} ms before each step"
    evidence = Evidence("told:pace.input_share", share, bound, data.CALIBRATION, sentence)
    meaning = f"Training waits for its rows {share:.0%} of the time: {_advice(how)}."
    yield data.finding(trace, FAULT, severity, meaning, [evidence], confidence=0.6)


def _waited(
    trace: Trace, pace: Mapping[str, Any], thresholds: Mapping[str, float]
) -> tuple[float, float, float] | None:
    """Share of the time that is waited, seconds a step, and number of steps."""
    share, each = told.number(pace.get("input_share")), told.number(pace.get("seconds_per_step"))
    steps = told.number(pace.get("steps")) or float(told.updates(trace))
    waits, times = told.finite(told.series(trace, "input_seconds")), told.finite(told.series(trace, "seconds"))
    if len(waits) > 20 and len(waits) == len(times):
        calm = _calm(waits[1:], thresholds["stall"])
        times = _calm(times[1:] - np.minimum(waits[1:], times[1:]), thresholds["stall"]) + calm
        return float(min(1.0, calm.sum() / max(times.sum(), 1e-9))), float(calm.mean()), steps
    if share is None or each is None:
        return None
    return share, share * each, steps


def _calm(values: np.ndarray, stall: float) -> np.ndarray:
    """Without what a busy machine adds to a few steps: what is above the 95th percentile, unless it is a long stall."""
    return np.where(values < stall, np.minimum(values, np.quantile(values, 0.95)), values)


def _advice(how: Mapping[str, Any]) -> str:
    if how.get("kind") in ("generator", "pydataset") or how.get("python"):
        return "make them ahead of time, in parallel or as arrays, not row by row in Python"
    if how.get("kind") == "tf.data":
        missing = [
            words
            for key, words in (("parallel", "map in parallel"), ("cache", "cache"), ("prefetch", "prefetch"))
            if how.get(key) is False
        ]
        return " and ".join(missing) if missing else "make them ahead of time"
    return "make them ahead of time"
