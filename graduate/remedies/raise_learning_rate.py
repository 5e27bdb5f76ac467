"""raise-learning-rate: larger steps, by as much as the updates were too small."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "raise-learning-rate"
SCOPE = "live"
SOURCE = "AUTOTRAINER, table 6 (167 slow trainings repaired); an update ratio of 1e-2 is this project's calibration"
LEAST, MOST = 3.0, 1e6


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the updates are not large already."""
    ratio = _about.update_ratio(trace)
    return ratio is None or ratio < _about.KEPT / 2


def advise(finding: Finding, trace: Trace) -> str:
    """The rate to try."""
    rate, ratio = _about.rate(trace), _about.update_ratio(trace)
    if rate is None:
        return "Raise the learning rate, to ten times at first: optimizer.learning_rate = 10 * rate."
    seen = "" if ratio is None else f": a step changed the kernels by {ratio:.1e} of their size, 1e-2 is usual at first"
    written, name = _about.number(rate * factor(trace)), _about.optimizer(trace)
    return (
        f"Raise the learning rate from {_about.number(rate)}{seen}; "
        f"write keras.optimizers.{name}(learning_rate={written})."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Scale the rate, a schedule as a whole."""
    before = training.learning_rate
    training.learning_rate = before * factor(training.trace)
    training.roll_back(0)  # steps that were too small are lost: the rest of the run is too short
    return {"learning_rate": [before, training.learning_rate]}


def factor(trace: Trace) -> float:
    """So that the first updates would have been a hundredth of the kernels; three times as large at least."""
    ratio = _about.update_ratio(trace)
    return 10.0 if ratio is None else min(MOST, max(LEAST, _about.KEPT / ratio))
