"""class-weights: rare classes count as much as common ones."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "class-weights"
SCOPE = "rebuild"
SOURCE = "King and Zeng 2001"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the classes are counted and differ, and no weights are given."""
    found = _about.counts(trace)
    given = _about.told(trace, "objective").get("class_weight")
    return not given and (not found or max(found.values()) > min(found.values()))


def advise(finding: Finding, trace: Trace) -> str:
    """The weights, n / (classes · n of the class)."""
    found = {name: n for name, n in _about.counts(trace).items() if n}
    if not found:
        return "Weigh the classes by how rare they are: model.fit(…, class_weight={label: rows / (classes * count)})."
    total = sum(found.values())
    shown = sorted(found.items(), key=lambda item: item[1])[:6]
    weights = ", ".join(f"{name}: {total / (len(found) * n):.3g}" for name, n in shown)
    dots = ", …" if len(found) > len(shown) else ""
    return f"Weigh the classes by how rare they are: model.fit(…, class_weight={{{weights}{dots}}})."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Balanced weights, from the start."""
    before = training.options.get("class_weights", "none")
    if before != "none":
        raise NotApplicable("classes have weights already")
    training.set(class_weights="balanced")
    training.rebuild()
    return {"class_weights": [before, "balanced"]}
