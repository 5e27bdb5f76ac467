"""What weight penalties add to the loss → the fact `penalty`.

Keys beyond the named ones: `share` (penalty ÷ (data + penalty)), `activity` (some layer also penalises its outputs or
adds a loss of its own: not counted here).
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from graduate.looks.quiet import quiet
from graduate.looks.walk import named_layers, own_variables


@quiet
def look(model: Any, data_loss: float | None = None) -> dict[str, Any]:
    """Facts of the penalties on weights as they stand.

    Args:
        model: any Keras model.
        data_loss: the loss without penalties, where it is known.
    """
    by_layer: dict[str, float] = {}
    activity = False
    for name, layer in named_layers(model):
        activity |= getattr(layer, "activity_regularizer", None) is not None
        for variable in own_variables(layer):
            regularizer = getattr(variable, "regularizer", None)
            if regularizer is not None and getattr(variable, "trainable", True):
                with contextlib.suppress(Exception):
                    by_layer[name] = by_layer.get(name, 0.0) + _value(regularizer, variable)
    facts: dict[str, Any] = {"penalty_loss": float(sum(by_layer.values())), "by_layer": by_layer}
    if activity:
        facts["activity"] = True
    if data_loss is not None:
        facts["data_loss"] = float(data_loss)
        total = abs(facts["data_loss"]) + abs(facts["penalty_loss"])
        facts["share"] = abs(facts["penalty_loss"]) / total if total > 0 else 0.0
    return facts


def _value(regularizer: Any, variable: Any) -> float:
    """Keras' l1 and l2 penalties in NumPy; another one is called."""
    values = np.asarray(variable).astype(np.float64)
    if type(regularizer).__name__ in ("L1", "L2", "L1L2") and type(regularizer).__module__.startswith("keras."):
        l1, l2 = (float(getattr(regularizer, key, 0.0) or 0.0) for key in ("l1", "l2"))
        return float(l1 * np.abs(values).sum() + l2 * np.square(values).sum())
    return float(np.asarray(regularizer(variable)))
