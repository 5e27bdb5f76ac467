"""unfreeze-layers: let the layers learn that are kept from it."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "unfreeze-layers"
SCOPE = "rebuild"
SOURCE = "Keras' guide on transfer learning and fine-tuning"


def fits(finding: Finding, trace: Trace) -> bool:
    """Where layers are frozen, or it is not known."""
    seen = _about.told(trace, "gradients")
    return bool(seen.get("frozen")) or not seen or bool(finding.layers)


def advise(finding: Finding, trace: Trace) -> str:
    """Which layers."""
    frozen = list(_about.told(trace, "gradients").get("frozen") or finding.layers)
    names = ", ".join(repr(name) for name in frozen[:3]) + (", …" if len(frozen) > 3 else "")
    target = f'model.get_layer("{frozen[0]}")' if frozen else "layer"
    return f"Let {names or 'the layers'} learn: {target}.trainable = True, before model.compile(…)."


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """The layers of the finding."""
    if not finding.layers:
        raise NotApplicable("the finding names no layer")
    training.rebuild(unfreeze=list(finding.layers))
    return {"unfreeze": list(finding.layers)}
