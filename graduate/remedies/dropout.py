"""dropout: no unit can rely on another, so that fewer accidents of the training rows are learnt."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "dropout"
SCOPE = "rebuild"
SOURCE = "Srivastava et al. 2014"
RATE = 0.3


def fits(finding: Finding, trace: Trace) -> bool:
    """Where there is not much of it yet."""
    rates = [
        float(one["rate"]) for one in _about.layers(trace) if one.get("rate") and "Dropout" in one.get("class", "")
    ]
    return not rates or max(rates) < RATE


def advise(finding: Finding, trace: Trace) -> str:
    """Where to put it."""
    last = _about.hidden(trace)[-1:] or [{}]
    where = f"after {last[0]['name']!r}" if last[0].get("name") else "before the last layer"
    return f"Drop units at random {where}: x = keras.layers.Dropout({RATE})(x)."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Before the last layer."""
    training.rebuild(dropout=RATE)
    return {"dropout": RATE}
