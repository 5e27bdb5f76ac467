"""clean-inputs: leave rows out that hold NaN or infinity."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "clean-inputs"
SCOPE = "rebuild"
SOURCE = "TheDeepChecker, section 3.1.1 (data must be finite)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where inputs or labels hold such numbers, or nobody looked."""
    inputs, labels = _about.told(trace, "inputs.train"), _about.told(trace, "labels.train")
    if not inputs and not labels:
        return True
    return bool(inputs.get("nonfinite") or labels.get("nonfinite"))


def advise(finding: Finding, trace: Trace) -> str:
    """How many, and how to leave them out."""
    inputs, labels = _about.told(trace, "inputs.train"), _about.told(trace, "labels.train")
    found = [f"{part['nonfinite']} in the {name}" for name, part in (("inputs", inputs), ("labels", labels))
             if part.get("nonfinite")]  # fmt: skip
    seen = f" ({', '.join(found)})" if found else ""
    array = "y_train" if labels.get("nonfinite") and not inputs.get("nonfinite") else "x_train"
    return (
        f"Leave out the rows with NaN or infinity{seen}: keep = np.isfinite({array}).reshape(len({array}), -1).all(1); "
        "x_train, y_train = x_train[keep], y_train[keep]."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Start again without these rows."""
    training.rebuild(finite_rows=True)
    return {"finite_rows": True}
