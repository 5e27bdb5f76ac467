"""early-stopping: keep the weights from before the validation loss began to rise."""

from typing import Any

import numpy as np

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "early-stopping"
SCOPE = "live"
SOURCE = "Prechelt 1998; Google's tuning playbook: keep the best checkpoint"
PATIENCE = 5


def fits(finding: Finding, trace: Trace) -> bool:
    """Always: it needs no more than rows to validate on, which the finding has."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The callback to write, and where it would have stopped."""
    found = [(v["logs"]["val_loss"], v.get("epoch")) for _, v in trace.told("epoch") if "val_loss" in v.get("logs", {})]
    finite = [(loss, epoch) for loss, epoch in found if np.isfinite(loss)]
    where = ""
    if finite:
        loss, epoch = min(finite)
        where = f" (the best validation loss was {_about.number(loss)}, in epoch {epoch}; the last {found[-1][0]:.3g})"
    return (
        f"Stop when the validation loss rises, and keep the best weights{where}: callbacks=[keras.callbacks."
        f'EarlyStopping("val_loss", patience={PATIENCE}, restore_best_weights=True)].'
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Go back to before the best evaluation, and go on with early stopping."""
    rows = [(row["eval_loss"], row["step"]) for row in training.history if row.get("eval_loss") is not None]
    finite = [(loss, step) for loss, step in rows if np.isfinite(loss)]
    if not finite or training.options.get("early_stopping"):
        raise NotApplicable("there are no evaluations" if not finite else "early stopping is on already")
    loss, step = min(finite)
    training.roll_back(step - 1)
    training.set(early_stopping={"metric": "loss", "patience": PATIENCE})
    return {"early_stopping": {"patience": PATIENCE}, "best_loss": loss, "best_step": step}
