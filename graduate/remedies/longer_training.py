"""longer-training: more steps, where the loss was still falling."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "longer-training"
SCOPE = "advice"
SOURCE = "Google's tuning playbook, on the number of training steps"
FACTOR = 3


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: a rule names it where the loss was still falling."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """How long."""
    epochs = _about.told(trace, "program").get("epochs")
    if isinstance(epochs, int) and epochs > 0:
        return f"Train longer than {epochs} epochs, the loss was still falling: model.fit(…, epochs={FACTOR * epochs})."
    last = int(trace.steps[-1]) if len(trace.steps) else 0
    return (
        f"Train longer than {last} steps, the loss was still falling: {FACTOR * last or 'three times as many'} steps."
    )
