"""skip-connection: a way around layers, along which gradients reach the first ones."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "skip-connection"
SCOPE = "advice"
SOURCE = "He et al. 2016"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the network is deep enough for it."""
    return len(_about.hidden(trace)) >= 4 or not _about.layers(trace)


def advise(finding: Finding, trace: Trace) -> str:
    """Around every block of two layers."""
    depth = len(_about.hidden(trace))
    seen = f" ({depth} hidden layers follow one another)" if depth else ""
    return f"Lead a connection around every two layers{seen}: x = keras.layers.Add()([x, block(x)])."
