"""Operations with the fastest kernel that the graph under construction allows: XLA on the CPU lacks some of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import control_flow_util


def row_norms(rows: Any) -> tf.Tensor:
    """L2 norm of each row, (rows,). Squares overflow beyond 1e19 under XLA."""
    if _by_xla():
        return tf.sqrt(tf.reduce_sum(tf.square(rows), 1))
    return tf.math.reduce_euclidean_norm(rows, 1)


def total_norm(values: Any) -> tf.Tensor:
    """L2 norm of all elements, ()."""
    if _by_xla():
        return tf.sqrt(tf.reduce_sum(tf.square(values)))
    return tf.math.reduce_euclidean_norm(values)


def segment_sums(rows: Any, segments: np.ndarray) -> tf.Tensor:
    """Sums of rows that belong together; `segments` rises from 0."""
    if _by_xla():
        return tf.math.unsorted_segment_sum(rows, segments, int(segments[-1]) + 1)
    return tf.math.segment_sum(rows, segments)


def segment_largest(rows: Any, segments: np.ndarray) -> tf.Tensor:
    """The largest of rows that belong together."""
    if _by_xla():
        return tf.math.unsorted_segment_max(rows, segments, int(segments[-1]) + 1)
    return tf.math.segment_max(rows, segments)


def _by_xla() -> bool:
    """Whether the graph that is being built is for XLA (`jit_compile=True`)."""
    if tf.executing_eagerly():
        return False
    return bool(control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()))
