"""change-optimizer: Adam, which gives every weight a step of its own."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "change-optimizer"
SCOPE = "rebuild"
SOURCE = "Kingma and Ba 2015; AUTOTRAINER, table 6: the first remedy for slow and for unstable trainings"
RATE = 0.001


def fits(finding: Finding, trace: Trace) -> bool:
    """Where it is not an adaptive one already."""
    return _about.optimizer(trace) not in ("Adam", "AdamW", "Lion", "Nadam")


def advise(finding: Finding, trace: Trace) -> str:
    """Instead of which."""
    return (
        f"Use Adam instead of {_about.optimizer(trace)}: model.compile(optimizer=keras.optimizers.Adam("
        f"learning_rate={RATE}), …)."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Adam at its usual rate, from the start."""
    before = dict(training.options.get("optimizer") or {})
    if before.get("name") in ("adam", "adamw", "lion"):
        raise NotApplicable(f"it is {before['name']} already")
    training.set(optimizer={"name": "adam"})
    training.learning_rate = RATE
    training.rebuild()
    return {"optimizer": [before.get("name"), "adam"], "learning_rate": RATE}
