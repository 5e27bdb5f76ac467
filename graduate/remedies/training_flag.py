"""training-flag: the right mode in training, and the same network afterwards."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "training-flag"
SCOPE = "advice"
SOURCE = "Keras' guide to custom training loops; keras-team/keras issue 6977 on batch normalisation"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """The flag in a loop, the momentum where statistics lag behind."""
    normalised = [one for one in _about.layers(trace) if "BatchNormalization" in str(one.get("class"))]
    momentum = normalised[0].get("momentum") if normalised else None
    if isinstance(momentum, int | float) and momentum >= 0.99 and len(trace.steps) and trace.steps[-1] < 1000:
        return (
            f"Let the statistics of batch normalisation follow faster than momentum {momentum:g} over "
            f"{int(trace.steps[-1])} steps: keras.layers.BatchNormalization(momentum=0.9); in a loop, "
            "model(x, training=True)."
        )
    return "Say which mode is meant: model(x, training=True) in the step, model(x, training=False) when judging."
