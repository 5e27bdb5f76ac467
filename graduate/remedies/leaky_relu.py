"""leaky-relu: an activation whose gradient does not vanish."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "leaky-relu"
SCOPE = "rebuild"
SOURCE = "Maas et al. 2013; AUTOTRAINER, table 6 (SELU and ReLU for vanishing gradients, leaky ReLU for dead units)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where hidden layers have an activation that dies or saturates, or it is not known which."""
    used = _about.activations(trace)
    return not used or any(name in (*_about.RECTIFIERS, *_about.SQUASHING) for name in used)


def advise(finding: Finding, trace: Trace) -> str:
    """Which activation for which."""
    named = _about.layer(finding, trace).get("activation")
    used = named if named and named != "linear" else _about.first(_about.activations(trace), "relu")
    why = "whose gradient is 0 below 0" if used in _about.RECTIFIERS else "whose gradient is near 0 far out"
    units = _about.layer(finding, trace).get("units") or "…"
    return (
        f"Use leaky ReLU in {_about.called(finding)} instead of {used}, {why}: "
        f'keras.layers.Dense({units}, activation="leaky_relu", kernel_initializer="he_normal").'
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """In every hidden layer, with the initialiser that fits it."""
    training.rebuild(activation="leaky_relu", initialiser="by_activation")
    return {"activation": [_about.activations(training.trace), "leaky_relu"], "initialiser": "by_activation"}
