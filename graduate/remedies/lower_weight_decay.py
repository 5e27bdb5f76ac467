"""lower-weight-decay: less of the penalty that keeps the network from fitting."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "lower-weight-decay"
SCOPE = "rebuild"
SOURCE = "Google's tuning playbook (regularisation is tuned downwards where training accuracy is low)"
FACTOR = 0.01
MOST_DROPOUT = 0.2


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: the rule has seen a penalty, or dropout."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The penalties and what to write instead."""
    found = [one for one in _about.layers(trace) if one.get("l2") or one.get("l1")]
    penalty = _about.told(trace, "penalty")
    parts = ""
    if penalty.get("penalty_loss") is not None and penalty.get("data_loss") is not None:
        parts = f" (it is {penalty['penalty_loss']:.3g} of the loss, the data are {penalty['data_loss']:.3g})"
    if found:
        kind = "l2" if found[0].get("l2") else "l1"
        now = float(found[0][kind])
        new = f"keras.regularizers.{kind.upper()}({now * FACTOR:.3g})"
        return f"Lower the penalty of {now:.3g} on {found[0].get('name')!r}{parts}: kernel_regularizer={new}."
    dropped = [one for one in _about.layers(trace) if "Dropout" in str(one.get("class")) and one.get("rate")]
    if dropped:
        return f"Drop fewer units than {dropped[0]['rate']:g}: keras.layers.Dropout({MOST_DROPOUT})."
    given = trace.facts.optimizer.get("weight_decay")
    decay = float(given) if isinstance(given, int | float) and given else 0.01
    now_written = f" from {decay:.3g}" if given else ""
    return (
        f"Lower the weight decay{now_written}{parts}: "
        f"keras.optimizers.{_about.optimizer(trace)}(…, weight_decay={decay * FACTOR:.3g})."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """A hundredth of every penalty, and dropout of a fifth at most."""
    l2 = float(training.options.get("l2", 0.0))
    training.set(l2=l2 * FACTOR)
    optimizer = dict(training.options.get("optimizer") or {})
    if optimizer.get("weight_decay"):
        training.set(optimizer={**optimizer, "weight_decay": optimizer["weight_decay"] * FACTOR})
    try:
        training.rebuild(penalty=FACTOR, most_dropout=MOST_DROPOUT)
    except NotApplicable:  # nothing in the network: then it is the loop's own penalty
        if not l2 and not optimizer.get("weight_decay"):
            raise
        training.rebuild()
        return {"penalty": FACTOR}
    return {"penalty": FACTOR, "most_dropout": MOST_DROPOUT}
