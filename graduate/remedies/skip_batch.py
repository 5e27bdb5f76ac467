"""skip-batch: go on behind the rows that threw the training off."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "skip-batch"
SCOPE = "live"
SOURCE = "Chowdhery et al. 2022 (PaLM), section 5.1: rewind, and skip the batches around a spike"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where it went well for a while: what fails from the first step on is not a batch's fault."""
    return finding.steps[0] > 5


def advise(finding: Finding, trace: Trace) -> str:
    """Which rows to look at."""
    step, size = finding.steps[0], _about.batch(trace)
    rows = f", the rows {(step - 1) * size} to {step * size - 1} in the order fed," if size else ""
    return (
        f"Look at the batch of step {step}{rows} and leave out what is wrong in it: dataset.filter(lambda x, y: "
        "tf.reduce_all(tf.math.is_finite(x)))."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Leave the batch at which it began out, and those between the snapshot and it in."""
    first = finding.steps[0]
    training.skip(first, 1)
    return {"skipped": [first, 1]}
