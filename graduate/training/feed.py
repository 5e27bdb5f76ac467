"""How rows reach the compiled steps: all at once where they fit memory, otherwise the rows of a call, read ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.training.input import Order, Rows, blocks, once

_BLOCK_BYTES = 64 << 20


class Feed:
    """The batches of a training, by position.

    Args:
        memory_limit: rows of more bytes are streamed: read where they are, a call at a time, the next one in the
            background.
        skipped: (step, number) of batches to leave out: from that step (1 is the first) on, batches come from so many
            further on in the order.
    """

    def __init__(
        self, rows: Rows, order: Order, batch: int, memory_limit: int, skipped: Sequence[tuple[int, int]] = ()
    ) -> None:
        self._rows, self._order, self._batch, self._skipped = rows, order, batch, tuple(skipped)
        self._all = _tensors(rows.inputs, rows.labels) if rows.nbytes <= memory_limit else None
        self._ahead: tuple[tuple[int, int], Future[Any]] | None = None
        self._reader = None if self._all else ThreadPoolExecutor(1, "graduate-rows")

    def specs(self) -> tuple[Any, tf.TensorSpec]:
        """What inputs and labels look like, for any number of rows."""
        few = self._all or _tensors(*self._rows.take(np.arange(1)))
        return tf.nest.map_structure(lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), few)

    @property
    def streams(self) -> bool:
        """Whether rows are read a call at a time."""
        return self._all is None

    def limit(self) -> int:
        """The most steps one call may take."""
        return 1 << 30 if self._all else _batches_in_a_block(self._rows, self._batch)

    def call(self, step: int, count: int) -> tuple[Any, tf.Tensor, tf.Tensor]:
        """(data, labels, index (count, B)) of the `count` steps after `step`."""
        if self._all:
            return *self._all, tf.constant(self._positions(step, count))
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            found = ahead[1].result()  # waited for in any case: `Order` serves one reader at a time
            if ahead[0] == (step, count):
                return found
        return self._read(step, count)

    def read_ahead(self, step: int, count: int) -> None:
        """Begin to read what `call` will probably be asked for next."""
        if self._reader is not None and count > 0:
            self._ahead = (step, count), self._reader.submit(self._read, step, count)

    def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.shutdown(cancel_futures=True)

    def _positions(self, step: int, count: int) -> np.ndarray:
        if not self._skipped:
            return self._order.slice(step * self._batch, count * self._batch).reshape(count, self._batch)
        numbers = [at + sum(n for first, n in self._skipped if first <= at + 1) for at in range(step, step + count)]
        return np.stack([self._order.slice(number * self._batch, self._batch) for number in numbers])

    def _read(self, step: int, count: int) -> tuple[Any, tf.Tensor, tf.Tensor]:
        wanted = self._positions(step, count)
        data, labels = _tensors(*self._rows.take(wanted.reshape(-1)))
        return data, labels, tf.constant(np.arange(wanted.size).reshape(wanted.shape))


class EvaluationFeed:
    """Every row of a split exactly once; of more than `most` rows, the first ones in content order."""

    def __init__(self, rows: Rows, batch: int, memory_limit: int, most: int | None = None) -> None:
        self._rows, self._batch = rows, batch
        self._chosen = None if most is None or most >= len(rows) else np.sort(rows.order()[:most])
        self._whole = self._chosen is None and rows.nbytes <= memory_limit
        self._calls = list(self._make()) if self._whole else None

    def __len__(self) -> int:
        """How many rows are evaluated."""
        return len(self._rows) if self._chosen is None else len(self._chosen)

    def calls(self) -> Iterator[tuple[Any, tf.Tensor, tf.Tensor, tf.Tensor]]:
        """(data, labels, index (n, b), weights (n, b)) of each call."""
        return iter(self._calls) if self._calls is not None else self._make()

    def _make(self) -> Iterator[tuple[Any, tf.Tensor, tf.Tensor, tf.Tensor]]:
        index, weights = once(len(self), self._batch)
        if self._whole:
            yield *_tensors(self._rows.inputs, self._rows.labels), tf.constant(index, tf.int64), tf.constant(weights)
            return
        for part in blocks(len(index), _batches_in_a_block(self._rows, self._batch)):
            wanted = index[part].reshape(-1)
            data, labels = _tensors(*self._rows.take(wanted if self._chosen is None else self._chosen[wanted]))
            local = np.arange(wanted.size).reshape(-1, self._batch)
            yield data, labels, tf.constant(local), tf.constant(weights[part])


def _batches_in_a_block(rows: Rows, batch: int) -> int:
    return max(1, _BLOCK_BYTES // max(1, batch * rows.nbytes // len(rows)))


def _tensors(inputs: Any, labels: np.ndarray) -> tuple[Any, tf.Tensor]:
    """On the host, whatever the strategy: a step takes its batch from there."""
    labels = np.asarray(labels)
    if labels.ndim == 1:
        labels = labels.astype(np.int32)
    with tf.device("CPU:0"):
        return tf.nest.map_structure(tf.constant, inputs), tf.constant(labels)
