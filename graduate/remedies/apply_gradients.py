"""apply-gradients: gradients for all weights, and an update from them."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "apply-gradients"
SCOPE = "advice"
SOURCE = "Keras' guide to custom training loops; TrainCheck (OSDI 2025): the step must change parameters"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The two lines of a loop."""
    seen = _about.told(trace, "gradients")
    missing = [*(seen.get("none") or ()), *(seen.get("missing") or ())]
    which = (
        f" ({missing[0]!r}{f' and {len(missing) - 1} more' if len(missing) > 1 else ''} got none)" if missing else ""
    )
    return (
        f"Take gradients for all trainable weights inside the tape and apply them{which}: grads = tape.gradient(loss, "
        "model.trainable_variables); optimizer.apply(grads, model.trainable_variables)."
    )
