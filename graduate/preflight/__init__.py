"""Seconds before a training: is this network trainable at all, and at which rate? Resolved when used: no TensorFlow.

found = preflight(model, "sparse_categorical_crossentropy", x_train[:512], y_train[:512])
print(found.proposed_rate, *(check.sentence for check in found.checks))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graduate.preflight.look import Preflight as Preflight
    from graduate.preflight.look import preflight as preflight

__all__ = ["Preflight", "preflight"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.look"), name)
