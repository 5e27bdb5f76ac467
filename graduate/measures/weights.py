"""Of the weights of each variable: L2 norm after the step, and L2 norm of what the step added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from graduate.measures.packed import Packing, norms

COLUMNS = ("weight_norm", "update_norm")


def measure(packing: Packing, before: Sequence[Any], after: Sequence[Any]) -> list[tf.Tensor]:
    """The columns, (V,) each. Their ratio is not stored: the reader derives it."""
    packed = packing.pack(after)
    return [norms(packing, packed), norms(packing, packed - packing.pack(before))]
