"""lower-learning-rate: smaller steps, by as much as the first updates were too large."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "lower-learning-rate"
SCOPE = "live"
SOURCE = "AUTOTRAINER, table 6 (30 trainings repaired); an update ratio of 1e-2 is this project's calibration"
LEAST, MOST = 1e-4, 0.1


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: a step too far is mended by a shorter one."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The rate to try."""
    rate = _about.rate(trace)
    if rate is None:
        return "Lower the learning rate, to a tenth at first: optimizer.learning_rate = 0.1 * rate."
    written = _about.number(rate * factor(trace))
    ratio = _about.first_update(trace)
    seen = f" (a step changed the kernels by {ratio:.1%} of their size)" if ratio is not None and ratio > 0.01 else ""
    name = _about.optimizer(trace)
    return (
        f"Lower the learning rate from {_about.number(rate)}{seen}: keras.optimizers.{name}(learning_rate={written})."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Scale the rate, a schedule as a whole."""
    before = training.learning_rate
    training.learning_rate = before * factor(training.trace)
    return {"learning_rate": [before, training.learning_rate]}


def factor(trace: Trace) -> float:
    """So that the first update, before anything is broken, would have been a hundredth of the kernels."""
    ratio = _about.first_update(trace)
    return MOST if ratio is None else min(MOST, max(LEAST, _about.KEPT / ratio))
