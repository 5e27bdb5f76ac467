"""same-preprocessing: what is done to training rows is done to all rows."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "same-preprocessing"
SCOPE = "advice"
SOURCE = "Breck et al. 2019 (training-serving skew)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The two ranges, and the layer that keeps them one."""
    train = _about.told(trace, "inputs.train")
    other = next(
        (n for n in ("validation", "evaluate", "predict") if _differs(train, _about.told(trace, f"inputs.{n}"))), None
    )
    seen = ""
    if other:
        there = _about.told(trace, f"inputs.{other}")
        seen = (
            f" (training rows have mean {train['mean']:.3g} and deviation {train['std']:.3g}, those of {other} "
            f"{there['mean']:.3g} and {there['std']:.3g})"
        )
    return f"Scale all rows alike{seen}: put keras.layers.Normalization(), adapted to x_train, first in the model."


def _differs(one: object, other: object) -> bool:
    def numbers(part: object) -> list[float]:
        found = [part.get("mean"), part.get("std")] if isinstance(part, dict) else []
        return [value for value in found if isinstance(value, int | float)]

    a, b = numbers(one), numbers(other)
    return len(a) == len(b) == 2 and (abs(a[0] - b[0]) > 0.25 * (a[1] + b[1]) or abs(a[1] - b[1]) > 0.5 * (a[1] + b[1]))
