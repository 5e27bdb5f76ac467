"""Of the gradient of each variable: norm, largest magnitude, mean, share of zeros, count of elements not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.measures.compiled import row_norms, total_norm
from graduate.measures.packed import Packing

COLUMNS = ("gradient_norm", "gradient_max", "gradient_mean", "gradient_zeros", "gradient_nonfinite")


def measure(packing: Packing, gradients: Sequence[Any]) -> list[tf.Tensor]:
    """The columns, (V,) each; all NaN for a variable whose gradient is None: the loss does not depend on it.

    A NaN makes norm, largest magnitude and mean NaN; the share of zeros is of all elements. The magnitude underflows
    later than its square: where it is the larger one, it stands for the norm.
    """
    packed = packing.pack(gradients)
    squares = tf.square(row_norms(packed))
    # elements that are not zero: to cast comparisons to numbers takes several times longer
    others = tf.round(tf.square(row_norms(tf.sign(packed))))
    squares, total, others = tf.unstack(packing.sums(tf.stack([squares, tf.reduce_sum(packed, 1), others], 1)), axis=1)
    norm = tf.sqrt(squares)
    largest = packing.largest(tf.maximum(tf.reduce_max(packed, 1), -tf.reduce_min(packed, 1)))
    nonfinite, others = _counts(packing, packed, norm, others)
    nan = tf.math.is_nan(norm)  # a maximum passes over a NaN or not, by its place; the norm never does
    found = [
        tf.where(nan, norm, tf.maximum(norm, largest)),
        tf.where(nan, norm, largest),
        total / packing.counts,
        1.0 - others / packing.counts,
        nonfinite,
    ]
    return _without_unconnected(found, gradients)


def global_norm(packing: Packing, clipped: Sequence[Any]) -> tf.Tensor:
    """L2 norm of all together, ()."""
    return total_norm(packing.pack(clipped))


def _counts(packing: Packing, packed: tf.Tensor, norm: tf.Tensor, others: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Elements that are not finite, and those that are not zero, one by one only where a norm is not finite."""

    def count() -> tuple[tf.Tensor, tf.Tensor]:
        marks = tf.stack([~tf.math.is_finite(packed), tf.not_equal(packed, 0.0)])
        counted = packing.sums(tf.transpose(tf.reduce_sum(tf.cast(marks, tf.float32), 2)))
        return counted[:, 0], counted[:, 1]

    return tf.cond(tf.reduce_all(tf.math.is_finite(norm)), lambda: (tf.zeros_like(norm), others), count)


def _without_unconnected(found: list[tf.Tensor], gradients: Sequence[Any]) -> list[tf.Tensor]:
    missing = np.array([gradient is None for gradient in gradients])
    return [tf.where(missing, np.float32("nan"), values) for values in found] if missing.any() else found
