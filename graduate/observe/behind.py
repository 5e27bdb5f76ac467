"""The labels and the kind of a loss that a program wrote itself: found behind the loss, in the graph or as ops run."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_callbacks

_SMALL = 1e-12
_NEVER = ("Const", "Shape", "ShapeN", "Size", "Rank", "Fill", "Range", "Pack", "BroadcastArgs", "BroadcastGradientArgs")


def labels_in_graph(loss: Any, outputs: Sequence[Any]) -> Any:
    """The tensor that a model's outputs are compared with on their way to the loss; None where none is seen.

    Args:
        loss: a tensor of the graph that is being built.
        outputs: of the model, in the same graph.
    """
    above = _ancestors(loss, {id(one) for one in outputs})
    derived, waiting, seen = {id(one) for one in outputs}, deque(outputs), 0
    while waiting and seen < 2000:
        tensor, seen = waiting.popleft(), seen + 1
        for operation in tensor.consumers():
            if id(operation) not in above:
                continue
            for other in operation.inputs:
                apart = id(other) not in derived and other.op.type not in _NEVER and _like(other, outputs)
                if apart and not _depends(other, derived):
                    return other
            for result in operation.outputs:
                if id(result) not in derived:
                    derived.add(id(result))
                    waiting.append(result)
    return None


class Listening:
    """Hears the eager ops between a call of a model and its gradients, for the first tensor its outputs meet."""

    def __init__(self) -> None:
        self.labels: Any = None
        self._derived: dict[int, Any] = {}
        self._outputs: list[Any] = []
        self._on = False

    def begin(self, outputs: Sequence[Any]) -> None:
        """From now on."""
        self.end()
        self._outputs, self.labels = list(outputs), None
        self._derived = {id(one): one for one in outputs}
        op_callbacks.add_op_callback(self._hear)
        self._on = True

    def end(self) -> None:
        """No more."""
        if self._on:
            op_callbacks.remove_op_callback(self._hear)
        self._on, self._derived = False, {}

    def _hear(
        self, op_type: Any, inputs: Any, attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None
    ) -> None:
        if graph is not None or self.labels is not None:
            return
        try:
            self._follow(inputs, outputs)
        except Exception:  # nothing may reach the program, in whose op this is
            self.labels = None

    def _follow(self, inputs: Any, outputs: Any) -> None:
        if not any(id(one) in self._derived for one in inputs):
            return
        for other in inputs:
            if id(other) not in self._derived and _like(other, self._outputs):
                self.labels = other
                return
        self._derived.update({id(one): one for one in outputs})


def guessed(labels: np.ndarray, outputs: np.ndarray, loss: float) -> tuple[str, bool | None] | None:
    """The loss (Keras' name, and whether outputs are logits) that has this value for these rows; None: none has.

    Args:
        labels: (rows, …).
        outputs: (rows, …).
        loss: mean over rows, as the program had it.
    """
    if not np.isfinite(loss) or not np.isfinite(outputs).all():
        return None
    y, p = labels.astype(np.float64), outputs.astype(np.float64)
    if p.ndim == y.ndim + 1 and p.shape[-1] == 1:
        p = p[..., 0]
    elif y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    for name, logits, value in _values(y, p):
        if abs(value - loss) <= 2e-3 * max(abs(loss), 1e-3):
            return name, logits
    return None


def stretched(labels: np.ndarray, outputs: np.ndarray, loss: float) -> str | None:
    """The error whose mean over all pairs of rows is this loss: labels (rows,) less outputs (rows, 1) is a table."""
    y, p = labels.astype(np.float64), outputs.astype(np.float64)
    if y.ndim == p.ndim or y.size != p.size or not 1 < y.size <= 4096 or not np.isfinite(loss):
        return None
    alone, pairs = y.ravel() - p.ravel(), y.ravel()[None] - p.ravel()[:, None]
    for name, error in (("mean_squared_error", np.square), ("mean_absolute_error", np.abs)):
        apart, apart_alone = abs(error(pairs).mean() - loss), abs(error(alone).mean() - loss)
        if apart <= 1e-4 * abs(loss) and apart < 0.1 * apart_alone:
            return name
    return None


def _values(y: np.ndarray, p: np.ndarray) -> Any:
    if y.shape == p.shape:
        yield "mean_squared_error", None, np.mean(np.square(y - p))
        yield "mean_absolute_error", None, np.mean(np.abs(y - p))
        if ((y >= 0) & (y <= 1)).all():
            yield "binary_crossentropy", True, np.mean(np.maximum(p, 0) - p * y + np.log1p(np.exp(-np.abs(p))))
            if ((p >= 0) & (p <= 1)).all():
                q = np.clip(p, 1e-7, 1 - 1e-7)
                yield "binary_crossentropy", False, -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))
                yield "categorical_crossentropy", False, -np.mean((y * np.log(q)).sum(-1))
            yield "categorical_crossentropy", True, -np.mean((y * _log_softmax(p)).sum(-1))
        small = np.abs(y - p)
        yield "huber", None, np.mean(np.where(small <= 1, 0.5 * small**2, small - 0.5))
    elif p.ndim == y.ndim + 1 and (y == np.round(y)).all() and y.size and y.min() >= 0 and y.max() < p.shape[-1]:
        at = y.astype(np.int64)[..., None]
        yield "sparse_categorical_crossentropy", True, -np.mean(np.take_along_axis(_log_softmax(p), at, -1))
        if (p >= 0).all():
            taken = np.log(np.clip(np.take_along_axis(p, at, -1), 1e-7, 1))
            yield "sparse_categorical_crossentropy", False, -np.mean(taken)


def _log_softmax(p: np.ndarray) -> np.ndarray:
    shifted = p - p.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True) + _SMALL)


def _ancestors(loss: Any, stop: set[int]) -> set[int]:
    """Ids of the operations that a tensor is computed by, not looked for beyond some tensors."""
    found: set[int] = set()
    waiting = [loss.op]
    while waiting and len(found) < 4000:
        operation = waiting.pop()
        if id(operation) in found:
            continue
        found.add(id(operation))
        waiting.extend(one.op for one in operation.inputs if id(one) not in stop)
    return found


def _depends(tensor: Any, derived: set[int]) -> bool:
    """Whether a tensor is computed from some others."""
    waiting = [tensor]
    seen: set[int] = set()
    while waiting and len(seen) < 500:
        one = waiting.pop()
        if id(one) in derived:
            return True
        if id(one) in seen:
            continue
        seen.add(id(one))
        waiting.extend(one.op.inputs)
    return False


def _like(other: Any, outputs: Sequence[Any]) -> bool:
    """Whether a tensor may hold one label, or one row of labels, for every row of the outputs."""
    shape = getattr(other, "shape", None)
    rank = getattr(shape, "rank", len(shape) if isinstance(shape, tuple) else None) if shape is not None else None
    kind = getattr(other, "dtype", None)
    if not rank or kind is None or not (tf.as_dtype(kind).is_floating or tf.as_dtype(kind).is_integer):
        return False
    for one in outputs:
        if one.shape.rank and abs(one.shape.rank - rank) <= 1:
            rows, own = one.shape[0], shape[0]  # type: ignore[index]
            if rows is None or own is None or (rows == own and rows > 1):
                return True
    return False
