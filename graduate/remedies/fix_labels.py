"""fix-labels: labels in the form that loss and network expect."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "fix-labels"
SCOPE = "advice"
SOURCE = "Keras' guide to losses: sparse losses take 0 … K - 1"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: a rule has seen that they do not fit."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """What the labels are, and how to recode them."""
    labels = _about.told(trace, "labels.train")
    low, high, kind = labels.get("least"), labels.get("largest"), labels.get("kind")
    seen = (
        f" (they run from {low:g} to {high:g})"
        if isinstance(low, int | float) and isinstance(high, int | float)
        else ""
    )
    if kind == "class_index" and isinstance(low, int | float) and low > 0:
        return f"Count classes from 0{seen}: y = y - {low:g}."
    if kind == "one_hot":
        return f"Give the classes as numbers, or use a categorical loss{seen}: y = y.argmax(-1)."
    if isinstance(low, int | float) and low < 0:
        return f"Give the classes as 0 and 1{seen}: y = (y > 0).astype('float32')."
    return f"Number the classes 0 … K - 1{seen}: classes, y = np.unique(y, return_inverse=True)."
