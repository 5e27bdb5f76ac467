"""warm-up: the rate rises from zero over the first tenth of the steps."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "warm-up"
SCOPE = "rebuild"
SOURCE = "Goyal et al. 2017, section 2.2; at most 10 % of the steps: Google's tuning playbook"
SHARE = 0.1


def fits(finding: Finding, trace: Trace) -> bool:
    """Where it began early: a warm-up is over later."""
    last = int(trace.steps[-1]) if len(trace.steps) else 0
    return finding.steps[0] <= max(50, 0.2 * last)


def advise(finding: Finding, trace: Trace) -> str:
    """The schedule to write."""
    last = int(trace.steps[-1]) if len(trace.steps) else 1000
    rate = _about.rate(trace) or 0.001
    return (
        "Warm the learning rate up: keras.optimizers.schedules.CosineDecay(0.0, "
        f"decay_steps={last}, warmup_target={_about.number(rate)}, warmup_steps={max(1, int(SHARE * last))})."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """A warm-up before the schedule there is."""
    steps = max(1, int(SHARE * training.steps))
    before = training.options.get("warmup_steps", 0)
    if before >= steps:
        raise NotApplicable(f"the rate warms up over {before} steps already")
    training.set(warmup_steps=steps)
    training.rebuild()
    return {"warmup_steps": [before, steps]}
