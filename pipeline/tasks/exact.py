"""A mean over all rows that is the same to the last bit in whichever order they come.

Beam promises no order, and floats that are added in another give another last bit: the transform graph of one engine
would not be that of another. Whole numbers add up to the same in any order.
"""

from __future__ import annotations

import tensorflow as tf

_STEPS = 2.0**20  # of one: what rounding loses of a row is a millionth at most, and of the mean far less


def mean(rows: tf.Tensor) -> tf.Tensor:
    """In Transform's graph: the mean (k,) of float64 (B, k), of which none is beyond a hundred thousand.

    A sum of a hundred million such rows is still a whole number of 64 bits.
    """
    import tensorflow_transform as tft

    whole = tf.cast(tf.round(rows * _STEPS), tf.int64)
    counted = tf.concat([whole, tf.ones([tf.shape(rows)[0], 1], tf.int64)], axis=1)
    total = tf.ensure_shape(tft.sum(counted, reduce_instance_dims=False), [rows.shape[1] + 1])
    return tf.cast(total[:-1], tf.float64) / (tf.cast(total[-1], tf.float64) * _STEPS)
