"""more-capacity: a network that can fit the rows."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "more-capacity"
SCOPE = "advice"
SOURCE = "TheDeepChecker, section 3.2 (a network must be able to fit one batch)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The narrowest layer, wider."""
    hidden = [one for one in _about.hidden(trace) if one.get("units")]
    if not hidden:
        return 'Give the network a hidden layer: keras.layers.Dense(64, activation="relu") before the last one.'
    least = min(hidden, key=lambda one: int(one["units"]))
    units = int(least["units"])
    kind = "Conv2D" if "Conv" in str(least.get("class")) else "Dense"
    return f"Give the network more units: keras.layers.{kind}({4 * units}, …) for {least['name']!r}, which has {units}."
