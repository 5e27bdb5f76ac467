"""split-before-duplicating: no row, nor a copy of it, on both sides of the split."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "split-before-duplicating"
SCOPE = "advice"
SOURCE = "Kapoor and Narayanan 2023 (leakage, type L1.4)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """How many rows, and how to split."""
    overlap = _about.told(trace, "overlap")
    shared = next((part for part in overlap.values() if isinstance(part, dict) and part.get("shared")), {})
    seen = f" ({shared['shared']} of {shared.get('rows', '?')} rows are in both)" if shared else ""
    return (
        f"Split before rows are copied or augmented, by content{seen}: _, first = np.unique(x.reshape(len(x), -1), "
        "axis=0, return_index=True), then split x[first], y[first]."
    )
