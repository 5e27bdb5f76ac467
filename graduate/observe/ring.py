"""Rows on the device, in a buffer of fixed size that overwrites its oldest row."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

_BYTES, _MOST, _LEAST = 16 << 20, 4096, 64


class Ring:
    """Fixed shapes: a step that XLA compiles can write to it, which a growing buffer does not allow.

    Args:
        width: float32 values a row.
    """

    def __init__(self, width: int) -> None:
        self.capacity = int(max(_LEAST, min(_MOST, _BYTES // (4 * max(1, width)))))
        self._rows = own_variable(np.zeros([self.capacity, width], np.float32))
        self._steps = own_variable(np.zeros([self.capacity], np.int64))
        self._filled = own_variable(np.int64(0))
        self._taken = 0

    def append(self, step: Any, row: Any) -> None:
        """In the graph: put a row behind the others."""
        filled = self._filled.read_value()
        at = filled % self.capacity
        self._rows.scatter_update(tf.IndexedSlices(row[tf.newaxis], at[tf.newaxis]))
        self._steps.scatter_update(tf.IndexedSlices(step[tf.newaxis], at[tf.newaxis]))
        self._filled.assign(filled + 1)

    def take(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Steps (n,), rows (n, width) that came since the last time, and how many were overwritten before."""
        filled = int(self._filled.numpy())
        first = max(self._taken, filled - self.capacity)
        lost, self._taken = first - self._taken, filled
        if first == filled:
            return np.zeros(0, np.int64), np.zeros((0, self._rows.shape[1]), np.float32), lost
        low, high = first % self.capacity, (filled - 1) % self.capacity + 1
        parts = [(low, high)] if low < high else [(low, self.capacity), (0, high)]
        steps = np.concatenate([self._steps[a:b].numpy() for a, b in parts])
        rows = np.concatenate([self._rows[a:b].numpy() for a, b in parts])
        return steps, rows, lost

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.capacity * (4 * int(self._rows.shape[1]) + 8)


def own_variable(value: Any) -> Any:
    """A variable of the observer: made outside any graph, and of one device under any distribution strategy."""
    with tf.init_scope():
        return ResourceVariable(value, trainable=False)
