"""weight-decay: weights that the data do not hold up shrink."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "weight-decay"
SCOPE = "rebuild"
SOURCE = "Loshchilov and Hutter 2019 (AdamW); Krogh and Hertz 1992"
L2 = 1e-4


def fits(finding: Finding, trace: Trace) -> bool:
    """Where no layer has a penalty yet."""
    return not any(one.get("l2") or one.get("l1") for one in _about.layers(trace))


def advise(finding: Finding, trace: Trace) -> str:
    """In the optimizer, or for SGD in the layers."""
    if _about.optimizer(trace) in ("Adam", "AdamW"):
        rate = _about.number(_about.rate(trace) or 0.001)
        return f"Let weights decay: keras.optimizers.AdamW(learning_rate={rate}, weight_decay=0.01)."
    return f"Penalise large weights: keras.layers.Dense(…, kernel_regularizer=keras.regularizers.L2({L2:g}))."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """An L2 penalty on the kernels."""
    before = float(training.options.get("l2", 0.0))
    if before > 0:
        raise NotApplicable(f"there is a penalty of {before:g} already")
    training.set(l2=L2)
    training.rebuild()
    return {"l2": [before, L2]}
