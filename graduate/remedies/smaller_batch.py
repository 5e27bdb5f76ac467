"""smaller-batch: more steps out of the same rows."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "smaller-batch"
SCOPE = "rebuild"
SOURCE = "McCandlish et al. 2018, section 2.2; too few updates: RULES, batch size"
LEAST = 16


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the batch can be smaller."""
    size = _about.batch(trace)
    return size is None or size > LEAST


def advise(finding: Finding, trace: Trace) -> str:
    """The size to try, and how many steps an epoch has then."""
    size, steps = _about.batch(trace), _about.steps_an_epoch(trace)
    if not size:
        return "Take a smaller batch, and so more steps out of the same rows: model.fit(…, batch_size=32)."
    new = wanted(size)
    seen = f": an epoch has {steps * size // new} steps then instead of {steps}" if steps else ""
    return f"Take a smaller batch than {size}{seen}; write model.fit(…, batch_size={new})."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """As many epochs with smaller batches."""
    before = training.batch_size
    if before <= LEAST:
        raise NotApplicable(f"a batch of {before} is small already")
    after = wanted(before)
    training.batch_size = after
    if training.options.get("steps"):
        training.set(steps=training.steps * before // after)
    training.rebuild()
    return {"batch_size": [before, after]}


def wanted(size: int) -> int:
    """An eighth, between 16 and 64."""
    return max(LEAST, min(64, size // 8))
