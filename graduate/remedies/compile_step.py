"""compile-step: a step as one graph, traced once."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "compile-step"
SCOPE = "advice"
SOURCE = "TensorFlow's guide to tf.function"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where it is not known to be one already."""
    pace = _about.told(trace, "pace")
    return not pace or bool(pace.get("eager") or (pace.get("retraces") or 0) > 1)


def advise(finding: Finding, trace: Trace) -> str:
    """A decorator for a loop, an argument for `compile`, one shape for what is traced again and again."""
    pace = _about.told(trace, "pace")
    if (pace.get("retraces") or 0) > 1:
        return (
            f"Keep the step from being traced anew ({pace['retraces']} times so far): give it tensors of one shape, "
            ".batch(…, drop_remainder=True), and no Python numbers."
        )
    seconds = pace.get("seconds_per_step")
    seen = f" ({1000 * seconds:.1f} ms each now)" if isinstance(seconds, int | float) else ""
    if _about.told(trace, "program").get("kind") == "loop":
        return f"Compile the step{seen}: @tf.function above the function that has the tape in it."
    return f"Compile the step{seen}: model.compile(…, run_eagerly=False)."
