"""clip-gradients: no step is longer than nine tenths of the steps were before things went wrong."""

from typing import Any

import numpy as np

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "clip-gradients"
SCOPE = "live"
SOURCE = (
    "Pascanu et al. 2013, algorithm 1; the 90th percentile of the norms: Google's tuning playbook, which lowers the "
    "rate instead where more than half of the updates are clipped"
)


def fits(finding: Finding, trace: Trace) -> bool:
    """Always, unless hardly any step had a gradient."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The bound and where to write it."""
    bound = limit(finding, trace)
    written = _about.number(bound)
    norms = _about.gradient_norms(trace)
    seen = f"the gradient's norm went up to {_about.number(norms.max())}; " if len(norms) else ""
    return f"Clip the gradients: {seen}write keras.optimizers.{_about.optimizer(trace)}(…, global_clipnorm={written})."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Set the bound; half of it where there was one already."""
    bound, before = limit(finding, training.trace), training.clip_norm
    if before is not None:
        bound = min(bound, before / 2)
    if bound <= 0:
        raise NotApplicable("no gradient was seen before the finding")
    training.clip_norm = bound
    return {"clip_norm": [before, bound]}


def limit(finding: Finding, trace: Trace) -> float:
    """The 90th percentile of the healthy steps' norms; 1.0 where there were fewer than five."""
    norms = _about.gradient_norms(trace, before=max(finding.steps[0], 1))
    return float(f"{np.percentile(norms, 90):.2g}") if len(norms) >= 5 else 1.0
