"""guard-operation: no logarithm, square root or division of zero."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "guard-operation"
SCOPE = "advice"
SOURCE = "TheDeepChecker, section 3.1.4; Keras' epsilon in its own losses"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """Where, and how."""
    where = f"in {_about.called(finding)} " if finding.layers else ""
    return (
        f"Guard what can be undefined {where}or in the loss, from step {finding.steps[0]} on: tf.math.log(x + 1e-7), "
        "tf.sqrt(x + 1e-7), tf.math.divide_no_nan(a, b); better, hand logits to a loss with from_logits=True."
    )
