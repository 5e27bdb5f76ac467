"""better-initialiser: random weights with the gain that the activation needs, and biases of zero."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "better-initialiser"
SCOPE = "rebuild"
SOURCE = "He et al. 2015, equation 10; Glorot and Bengio 2010, equation 16; Klambauer et al. 2017 for SELU"
RECTIFIERS = ("relu", "leaky_relu", "relu6", "elu", "gelu", "silu", "swish", "mish", "hard_silu")


def fits(finding: Finding, trace: Trace) -> bool:
    """Unless the layer has that initialiser already."""
    layer = _about.layer(finding, trace)
    given = layer.get("kernel_initializer") or {}
    name = str(given.get("class", "")) if isinstance(given, dict) else ""
    plain = not any(key in given for key in ("scale", "stddev", "minval")) if isinstance(given, dict) else True
    wanted = right(str(layer.get("activation"))).replace("_", "")
    return not (name and plain and name.lower().replace("uniform", "").replace("normal", "") == _family(wanted))


def advise(finding: Finding, trace: Trace) -> str:
    """The initialiser instead of which."""
    layer = _about.layer(finding, trace)
    wanted = right(str(layer.get("activation")))
    given = layer.get("kernel_initializer") or {}
    spread = (layer.get("initial") or {}).get("kernel_std")
    now = f" instead of {given['class']}" if isinstance(given, dict) and given.get("class") else ""
    seen = f" (its weights begin with a deviation of {_about.number(spread)})" if isinstance(spread, float) else ""
    return (
        f"Initialise {_about.called(finding)}{seen} at random with the gain of the activation: "
        f'kernel_initializer="{wanted}"{now}.'
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """For every layer by its activation."""
    training.rebuild(initialiser="by_activation")
    return {"initialiser": "by_activation"}


def _family(name: str) -> str:
    return name.replace("uniform", "").replace("normal", "")


def right(activation: str) -> str:
    """Keras' name of the initialiser for an activation."""
    if activation == "selu":
        return "lecun_normal"
    return "he_normal" if activation in RECTIFIERS else "glorot_uniform"
