"""check-labels: every row with its own label."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "check-labels"
SCOPE = "advice"
SOURCE = "Zhang et al. 2017 (random labels are fitted too); Northcutt et al. 2021"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """Compare with the baseline, and shuffle pairs together."""
    base = _about.told(trace, "baseline")
    seen = ""
    if isinstance(base.get("score"), int | float) and isinstance(base.get("permuted"), int | float):
        kind = base.get("kind", "simple")
        seen = f" (a {kind} baseline scores {base['score']:.3g}, on permuted labels {base['permuted']:.3g})"
    return (
        f"Look at a few rows beside their labels{seen}; shuffle and split both by one index: "
        "i = rng.permutation(len(x)); x, y = x[i], y[i]."
    )
