"""scale-inputs: every feature with mean 0 and deviation 1."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "scale-inputs"
SCOPE = "rebuild"
SOURCE = "LeCun et al. 1998, section 4.3; AUTOTRAINER, table 6 (47 trainings repaired)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Not for tokens, or where the first layer normalises."""
    inputs = _about.told(trace, "inputs.train")
    return not inputs.get("tokens") and not inputs.get("first_layer_normalises")


def advise(finding: Finding, trace: Trace) -> str:
    """The layer to put in front, or a division where all features are alike."""
    inputs = _about.told(trace, "inputs.train")
    low, high = inputs.get("least"), inputs.get("largest")
    if low is None or high is None:
        low, high = trace.facts.input_range or (None, None)
    if low is None or high is None:
        return "Scale the inputs: norm = keras.layers.Normalization(); norm.adapt(x_train), and put it first."
    seen = f"they lie between {low:.3g} and {high:.3g}"
    if inputs.get("integers") and low >= 0 and 128 < high <= 255:
        return f"Scale the inputs ({seen}): x_train, x_val = x_train / 255.0, x_val / 255.0."
    return (
        f"Scale the inputs ({seen}): norm = keras.layers.Normalization(); norm.adapt(x_train), and put it first in "
        "the model."
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Learn mean and variance of the training rows and put them in front of the network."""
    if _about.told(training.trace, "inputs.train").get("tokens"):
        raise NotApplicable("the inputs are tokens")
    training.rebuild(scale_inputs=True)
    return {"scale_inputs": True}
