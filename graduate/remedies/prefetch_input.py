"""prefetch-input: the next batch is made while this one is trained on."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "prefetch-input"
SCOPE = "advice"
SOURCE = "TensorFlow's guide to tf.data performance"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """What is missing of map in parallel, cache and prefetch, and the gain to expect."""
    pace = _about.told(trace, "pace")
    share, given = pace.get("input_share"), pace.get("input") or {}
    seen = ""
    if isinstance(share, int | float) and share < 1:
        gain = 1 / max(1 - share, 0.05)
        seen = f" ({share:.0%} of a step waits for rows; without that it would be {gain:.1f} × as fast)"
    if given.get("kind") in ("generator", "pydataset") or given.get("python"):
        return (
            f"Make the rows ready before the step needs them{seen}: as arrays or a tf.data.Dataset with "
            ".cache().prefetch(tf.data.AUTOTUNE), or keras.utils.PyDataset(workers=4, use_multiprocessing=True)."
        )
    return (
        f"Make the rows ready before the step needs them{seen}: dataset.map(f, num_parallel_calls=tf.data.AUTOTUNE)"
        ".cache().batch(…).prefetch(tf.data.AUTOTUNE)."
    )
