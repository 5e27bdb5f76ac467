"""How rows reach the compiled functions: whole, where they fit in memory, or a call's worth at a time from where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.training.input import Order, Rows, once

_BLOCK_BYTES = 64 << 20  # of a call's rows when they are read from where they lie


class Feed:
    """Gives the arguments of a compiled call.

    Args:
        rows: one split.
        batch: rows a batch, over all replicas.
        memory_limit: bytes of inputs up to which the split is held as tensors, from which the compiled graph gathers.
    """

    def __init__(self, rows: Rows, batch: int, memory_limit: int) -> None:
        self.rows, self.batch = rows, batch
        self.in_memory = rows.nbytes <= memory_limit
        self._whole = _tensors(rows.inputs, rows.labels) if self.in_memory else None
        row_bytes = max(1, rows.nbytes // len(rows))
        self.most_batches = 1 << 20 if self.in_memory else max(1, _BLOCK_BYTES // (row_bytes * batch))

    def block(self, index: np.ndarray) -> tuple[Any, tf.Tensor, tf.Tensor]:
        """(inputs, labels, int32 (batches, batch) indices into them) for rows `index` (batches * batch,)."""
        if self._whole is not None:
            return (*self._whole, tf.constant(index.reshape(-1, self.batch), tf.int32))
        read = np.argsort(index, kind="stable")  # a file is read forwards
        inputs, labels = self.rows.take(index[read])
        places = np.empty(len(index), np.int32)
        places[read] = np.arange(len(index), dtype=np.int32)
        return (*_tensors(inputs, labels), tf.constant(places.reshape(-1, self.batch)))


class TrainingFeed:
    """The calls of a training, one after the other; where rows are read from a file, the next is read during this one."""

    def __init__(self, feed: Feed, order: Order) -> None:
        self._feed, self._order = feed, order
        self._ahead: tuple[int, int, Any] | None = None
        self._reader = None if feed.in_memory else ThreadPoolExecutor(1, thread_name_prefix="rows")

    def call(self, step: int, count: int, upcoming: int) -> tuple[Any, tf.Tensor, tf.Tensor]:
        """The arguments for `count` steps after `step`; `upcoming` is how many the next call is likely to make."""
        if self._reader is None:
            return self._read(step, count)
        if self._ahead is not None and self._ahead[:2] == (step, count):
            block = self._ahead[2].result()
        else:
            block = self._read(step, count)
        self._ahead = None
        if upcoming > 0:
            self._ahead = (step + count, upcoming, self._reader.submit(self._read, step + count, upcoming))
        return block

    def close(self) -> None:
        """Stop reading ahead."""
        if self._reader is not None:
            self._reader.shutdown(wait=False, cancel_futures=True)

    def _read(self, step: int, count: int) -> tuple[Any, tf.Tensor, tf.Tensor]:
        batch = self._feed.batch
        return self._feed.block(self._order.slice(step * batch, count * batch))


def evaluation_calls(feed: Feed) -> Iterator[tuple[Any, tf.Tensor, tf.Tensor, tf.Tensor]]:
    """The arguments of the evaluation calls that see every row exactly once."""
    indices, weights = once(len(feed.rows), feed.batch)
    for start in range(0, len(indices), feed.most_batches):
        part = slice(start, start + feed.most_batches)
        yield (*feed.block(indices[part].reshape(-1)), tf.constant(weights[part]))


def _tensors(inputs: Any, labels: np.ndarray) -> tuple[Any, tf.Tensor]:
    if isinstance(inputs, dict):
        return {key: tf.convert_to_tensor(part) for key, part in inputs.items()}, tf.convert_to_tensor(labels)
    return tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
