"""more-data: more rows, or more out of those there are."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "more-data"
SCOPE = "advice"
SOURCE = "Shorten and Khoshgoftaar 2019, on augmentation"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """Augmentation for images, rows for the rest."""
    rows = _about.told(trace, "labels.train").get("rows")
    have = f" than {rows}" if rows else ""
    shape = _about.told(trace, "inputs.train").get("shape") or ()
    if len(shape) == 3:
        return (
            f"Train on more rows{have}, or vary them: keras.layers.RandomTranslation(0.1, 0.1), RandomRotation(0.05)."
        )
    return f"Train on more rows{have}, or make the network smaller."
