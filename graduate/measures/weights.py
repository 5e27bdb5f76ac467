"""Of the weights of each variable: L2 norm after the step, and L2 norm of what the step added."""

from __future__ import annotations

import tensorflow as tf

from graduate.measures.packed import Packing, norms

COLUMNS = ("weight_norm", "update_norm")


def measure(packing: Packing, before: tf.Tensor, after: tf.Tensor) -> list[tf.Tensor]:
    """The columns, (V,) each, of packed weights. Their ratio is not stored: the reader derives it."""
    return [norms(packing, after), norms(packing, after - before)]
