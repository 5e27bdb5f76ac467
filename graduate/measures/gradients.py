"""Of the gradient of each variable: norm, largest magnitude, mean, share of zeros, count of elements not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.measures.packed import Packing, norms

COLUMNS = ("gradient_norm", "gradient_max", "gradient_mean", "gradient_zeros", "gradient_nonfinite")


def measure(packing: Packing, gradients: Sequence[Any]) -> list[tf.Tensor]:
    """The columns, (V,) each; all NaN for a variable whose gradient is None: the loss does not depend on it.

    A NaN makes norm, largest magnitude and mean NaN; the share of zeros is of all elements. The magnitude underflows
    later than the square: where it is the larger one, it stands for the norm.
    """
    packed = packing.pack(gradients)
    largest = packing.largest(tf.maximum(tf.reduce_max(packed, 1), -tf.reduce_min(packed, 1)))
    zeros = tf.reduce_sum(tf.cast(tf.equal(packed, 0.0), tf.float32), 1)
    sums, zeros = tf.unstack(packing.sums(tf.stack([tf.reduce_sum(packed, 1), zeros], 1)), axis=1)
    norm = norms(packing, packed)
    found = [
        norm,
        largest,
        sums / packing.counts,
        (zeros - packing.filling) / packing.counts,
        _nonfinite(packing, packed, norm),
    ]
    # Eigen's maximum passes over a NaN or not, by its place: the norm says surely that there is one
    found[0] = tf.where(tf.math.is_nan(norm), norm, tf.maximum(norm, largest))
    found[1] = tf.where(tf.math.is_nan(norm), norm, largest)
    return _without_unconnected(found, gradients)


def global_norm(packing: Packing, gradients: Sequence[Any]) -> tf.Tensor:
    """L2 norm of all together, ()."""
    return tf.math.reduce_euclidean_norm(packing.pack(gradients))


def _nonfinite(packing: Packing, packed: tf.Tensor, norm: tf.Tensor) -> tf.Tensor:
    """Counted only where a norm is not finite: with all of them finite every element is."""

    def count() -> tf.Tensor:
        return packing.sums(tf.reduce_sum(tf.cast(~tf.math.is_finite(packed), tf.float32), 1))

    return tf.cond(tf.reduce_all(tf.math.is_finite(norm)), lambda: tf.zeros_like(norm), count)


def _without_unconnected(found: list[tf.Tensor], gradients: Sequence[Any]) -> list[tf.Tensor]:
    missing = np.array([gradient is None for gradient in gradients])
    return [tf.where(missing, np.float32("nan"), values) for values in found] if missing.any() else found
