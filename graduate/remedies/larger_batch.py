"""larger-batch: less noise in every step."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import Treated
from graduate.trace import Trace

ID = "larger-batch"
SCOPE = "rebuild"
SOURCE = "McCandlish et al. 2018, section 2.2: up to the noise scale a larger batch saves steps"
FACTOR, MOST = 4, 512


def fits(finding: Finding, trace: Trace) -> bool:
    """Where the batch is not large already."""
    size = _about.batch(trace)
    return size is None or size < MOST


def advise(finding: Finding, trace: Trace) -> str:
    """The size to try."""
    size, noise = _about.batch(trace), _about.told(trace, "noise_scale").get("b_simple")
    seen = f" (the gradient noise scale is about {noise:.0f} rows)" if isinstance(noise, int | float) else ""
    now = f" than {size}" if size else ""
    return f"Take a larger batch{now}{seen}: model.fit(…, batch_size={wanted(size or 8)})."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Four times the rows a step; as many steps."""
    before = training.batch_size
    training.batch_size = wanted(before)
    training.rebuild()
    return {"batch_size": [before, training.batch_size]}


def wanted(size: int) -> int:
    """Four times as many, at least 32."""
    return min(MOST, max(32, FACTOR * size))
