"""A few compiled steps on a model that are undone afterwards."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.looks.untouched import untouched


class Trial:
    """Trains a model on single batches; `back` puts weights and optimizer to where they were.

    Args:
        model: built.
        loss: a name, an object or a function of Keras, or f(y_true, y_pred).
        optimizer: its kind and numbers are copied, with the rate of each step instead of its own; Adam if left out.
        finalise: f(inputs), what every batch goes through before the model.
    """

    def __init__(
        self, model: Any, loss: Any, optimizer: Any = None, finalise: Callable[[Any], Any] | None = None
    ) -> None:
        self.model, self._loss = model, keras.losses.get(loss) if isinstance(loss, str) else loss
        self._finalise = finalise or (lambda inputs: inputs)
        self.variables = list(model.trainable_variables)
        self.names = [variable.path for variable in self.variables]
        self._optimizer = _copied(optimizer)
        self._optimizer.build(self.variables)
        self._rate = tf.Variable(0.0, trainable=False)
        kept = {id(v): v for v in (*model.variables, *self._optimizer.variables)}
        self._values = [(variable, np.array(variable)) for variable in kept.values()]
        self.step = tf.function(self._step, autograph=False, reduce_retracing=True)
        self.gradients = tf.function(self._gradients, autograph=False, reduce_retracing=True)
        self._evaluate = tf.function(self._forward, autograph=False, reduce_retracing=True)
        self.unconnected: set[int] = set()

    def back(self) -> None:
        """Everything as it was."""
        for variable, value in self._values:
            variable.assign(value)

    def train(self, x: Any, y: Any, rate: float) -> float:
        """One step; the loss before it, in training mode, with the model's own penalties."""
        self._rate.assign(rate)
        return float(self.step(x, y))

    def loss(self, x: Any, y: Any) -> float:
        """In inference mode, without penalties."""
        return float(self._evaluate(x, y))

    def norms(self, x: Any, y: Any) -> list[float | None]:
        """The gradient's norm of every trainable variable; None where the loss does not depend on it."""
        norms = np.asarray(self.gradients(x, y))
        return [None if i in self.unconnected else float(norm) for i, norm in enumerate(norms)]

    def _step(self, x: Any, y: Any) -> tf.Tensor:
        loss, gradients = self._differentiate(x, y)
        self._optimizer.learning_rate = self._rate
        pairs = zip(gradients, self.variables, strict=True)
        self._optimizer.apply([tf.zeros_like(v.value) if g is None else g for g, v in pairs], self.variables)
        return loss

    def _gradients(self, x: Any, y: Any) -> tf.Tensor:
        _, gradients = self._differentiate(x, y)
        return tf.stack(
            [
                tf.constant(0.0) if g is None else tf.norm(tf.cast(tf.convert_to_tensor(g), tf.float32))
                for g in gradients
            ]
        )

    def _differentiate(self, x: Any, y: Any) -> tuple[tf.Tensor, list[Any]]:
        with tf.GradientTape() as tape:
            loss = self._mean(x, y, True)
            for penalty in self.model.losses:
                loss += tf.cast(penalty, loss.dtype)
        gradients = tape.gradient(loss, [variable.value for variable in self.variables])
        self.unconnected.update(i for i, gradient in enumerate(gradients) if gradient is None)
        return loss, gradients

    def _forward(self, x: Any, y: Any) -> tf.Tensor:
        return self._mean(x, y, False)

    def _mean(self, x: Any, y: Any, training: bool) -> tf.Tensor:
        outputs = self.model(self._finalise(x), training=training)
        return tf.reduce_mean(tf.cast(self._loss(y, outputs), tf.float32))


@contextlib.contextmanager
def undone(model: Any) -> Iterator[None]:
    """Put back what trials change: weights, states, every generator of random numbers, Keras' counters."""
    weights = [(variable, np.array(variable)) for variable in model.trainable_variables]
    with untouched(model):
        tf.config.run_functions_eagerly(False)
        try:
            yield
        finally:
            for variable, value in weights:
                variable.assign(value)


class Clock:
    """Whether there is time left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._end


def _copied(optimizer: Any) -> Any:
    """A new optimizer of the same kind, without schedule, clipping as it is, and without what it has learnt."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if inner is None or isinstance(inner, str):
        return keras.optimizers.get(inner or "adam")
    return type(inner).from_config({**inner.get_config(), "learning_rate": 0.001})
