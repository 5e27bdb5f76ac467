"""fix-output-activation: a last layer that can say what the labels say."""

from graduate.findings import Finding
from graduate.remedies import _objective
from graduate.trace import Trace

ID = "fix-output-activation"
SCOPE = "advice"
SOURCE = "AUTOTRAINER, table 6 (66 trainings repaired); DeepDiagnosis, table 2"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: a rule has seen that it does not fit."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The layer that fits these labels and this loss."""
    wanted = _objective.right(trace)
    now = _objective.now(trace)
    return f"End the network in what the labels need{now}: {wanted.layer}, with loss={wanted.loss}."
