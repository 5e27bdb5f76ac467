"""All variables in one matrix, so that a statistic of every one of them is a few operations and not a few for each.

A step of a network of many small layers is bound by the number of operations, not by arithmetic: 200 variables times
seven statistics would be thousands. Each variable is laid in rows of one length, the last one filled up with zeros. A
statistic reduces every row, in one operation that uses all cores, and then the few rows of each variable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.measures.compiled import row_norms, segment_largest, segment_sums

_LEAST, _MOST = 32, 1024


class Packing:
    """Where each variable lies in the matrix.

    Args:
        shapes: of the variables; all dimensions known.
    """

    def __init__(self, shapes: Sequence[Sequence[int]]) -> None:
        self.sizes = [math.prod(shape) for shape in shapes]
        self.length = _row_length(self.sizes)
        self._rows = [max(1, -(-size // self.length)) for size in self.sizes]
        self._segments = np.repeat(np.arange(len(self.sizes)), self._rows).astype(np.int32)

    def pack(self, tensors: Sequence[Any]) -> tf.Tensor:
        """The matrix (rows, length) float32 of tensors of these shapes; None is zeros."""
        parts = []
        for tensor, size, rows in zip(tensors, self.sizes, self._rows, strict=True):
            filled = 0 if tensor is None else size
            if filled:
                parts.append(tf.reshape(tf.cast(tensor, tf.float32), [-1]))
            if rows * self.length > filled:
                parts.append(tf.zeros([rows * self.length - filled]))
        return tf.reshape(tf.concat(parts, 0), [-1, self.length])

    def sums(self, rows: tf.Tensor) -> tf.Tensor:
        """Of a value for every row (rows, …) the sums over each variable, (V, …)."""
        return segment_sums(rows, self._segments)

    def largest(self, rows: tf.Tensor) -> tf.Tensor:
        """Of a value for every row (rows,) the largest of each variable, (V,)."""
        return segment_largest(rows, self._segments)

    @property
    def counts(self) -> np.ndarray:
        """float32 (V,): elements of each variable."""
        return np.array(self.sizes, np.float32)


def norms(packing: Packing, packed: tf.Tensor) -> tf.Tensor:
    """L2 norm of each variable, (V,). Squares overflow beyond 1e19, which makes it infinite."""
    return tf.sqrt(packing.sums(tf.square(row_norms(packed))))


def _row_length(sizes: Sequence[int]) -> int:
    """A power of two: long rows for large variables, and no more filling than there are elements."""
    mean = max(1.0, sum(sizes) / max(1, len(sizes)))
    return int(min(_MOST, max(_LEAST, 2 ** round(math.log2(mean / 16)))))
