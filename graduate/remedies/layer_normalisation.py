"""layer-normalisation: every row is normalised by itself, so that the batch does not matter."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "layer-normalisation"
SCOPE = "rebuild"
SOURCE = "Ba et al. 2016"


def fits(finding: Finding, trace: Trace) -> bool:
    """Not where a normalisation is there already."""
    return not _about.has_layer(trace, "Normalization")


def advise(finding: Finding, trace: Trace) -> str:
    """Where to put it."""
    size = _about.batch(trace)
    why = f" (a batch of {size} is too small for batch normalisation)" if size and size < 8 else ""
    return (
        f"Normalise each row after {_about.called(finding)}{why}: x = keras.layers.LayerNormalization()(x) "
        "before the activation."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Before every hidden activation."""
    training.rebuild(normalisation="layer", initialiser="by_activation")
    return {"normalisation": "layer"}
