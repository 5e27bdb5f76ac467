"""fix-loss: the loss of the kind of labels."""

from graduate.findings import Finding
from graduate.remedies import _objective
from graduate.trace import Trace

ID = "fix-loss"
SCOPE = "advice"
SOURCE = "AUTOTRAINER, table 6 (65 trainings repaired); Keras' guide to losses"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: a rule has seen that it does not fit."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The loss that fits these labels."""
    wanted = _objective.right(trace)
    now = _objective.now(trace)
    return (
        f"Use the loss that fits the labels{now}: model.compile(loss={wanted.loss}, …), with {wanted.layer} at the end."
    )
