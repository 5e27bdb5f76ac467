"""scale-targets: targets with mean 0 and deviation 1, put back when predicting."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "scale-targets"
SCOPE = "advice"
SOURCE = "TheDeepChecker, section 3.1.3; LeCun et al. 1998, section 4.3"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the targets are numbers."""
    return _about.told(trace, "labels.train").get("kind", "real") in ("real", "sequence")


def advise(finding: Finding, trace: Trace) -> str:
    """With the targets' mean and deviation."""
    labels = _about.told(trace, "labels.train")
    mean, std = labels.get("mean"), labels.get("std")
    if not isinstance(mean, int | float) or not isinstance(std, int | float):
        return "Scale the targets: y = (y - y_train.mean()) / y_train.std(), and undo it on predictions."
    return (
        f"Scale the targets (mean {mean:.3g}, deviation {std:.3g}): y_train = (y_train - {mean:.6g}) / {std:.6g}, and "
        f"read predictions as model.predict(x) * {std:.6g} + {mean:.6g}."
    )
