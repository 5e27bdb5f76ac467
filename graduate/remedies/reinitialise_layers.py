"""reinitialise-layers: draw the weights of the layers that are stuck anew."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about, better_initialiser
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "reinitialise-layers"
SCOPE = "rebuild"
SOURCE = "He et al. 2015, equation 10; Glorot and Bengio 2010, equation 16"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the finding names the layers."""
    return bool(finding.layers)


def advise(finding: Finding, trace: Trace) -> str:
    """Which layers, and how."""
    wanted = better_initialiser.right(str(_about.layer(finding, trace).get("activation")))
    return (
        f"Draw the weights of {_about.called(finding)} anew, with the gain of the activation: "
        f'keras.layers.Dense(…, kernel_initializer="{wanted}", bias_initializer="zeros").'
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """The initialiser of each activation, for these layers and all others; a new draw."""
    training.rebuild(initialiser="by_activation")
    return {"initialiser": "by_activation", "layers": list(finding.layers)}
