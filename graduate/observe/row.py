"""One row of the trace: what is measured around an optimizer's update, inside the step where that is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.measures import gradients as of_gradients
from graduate.measures import weights as of_weights
from graduate.measures.packed import Packing
from graduate.observe.ring import Ring, own_variable
from graduate.trace import Column, Group

MEASURED = ("loss", "learning_rate", "clipped_global_norm")
TIMED = ("seconds", "input_seconds")
TABLES = (*of_gradients.COLUMNS, *of_weights.COLUMNS)


class RowMaker:
    """Computes rows of one training and keeps them on the device.

    Args:
        variables: the trainable ones, Keras' or TensorFlow's, built.
        every: rows of every step, or of those whose number is a multiple of it.
        start: steps done before.
    """

    def __init__(self, variables: Sequence[Any], every: int, start: int = 0) -> None:
        self._variables = list(variables)
        self._packing = Packing([tuple(variable.shape) for variable in variables])
        self.ring = Ring(len(MEASURED) + len(TABLES) * len(variables))
        self._step = own_variable(np.int64(start))
        self._every = own_variable(np.int64(every))
        with tf.init_scope():
            # The weights before a step are kept from the step before: were they read in the step itself, the
            # optimizer could not change them in place.
            self._previous = own_variable(self._packing.pack([value_of(v) for v in variables]))
        self._eagerly = tf.function(self._append, autograph=False)

    @property
    def steps(self) -> int:
        """Updates so far, on the host: waits for the device."""
        return int(self._step.numpy())

    def look_again(self) -> None:
        """Take the weights as they are now for those before the next step."""
        self._previous.assign(self._packing.pack([value_of(v) for v in self._variables]))

    def thin(self, every: int) -> None:
        """From now on rows of every n-th step."""
        self._every.assign(every)
        self.look_again()

    def append(self, loss: Any, rate: Any, clipped: Any, gradients: Sequence[Any]) -> None:
        """After an update: count it, and put its row into the buffer where it is one to keep.

        Args:
            loss: scalar or vector, or None.
            rate: scalar or None.
            clipped: norm of all gradients after clipping; None where nothing clips.
            gradients: one of each variable, None where there is none; dense or sparse.
        """
        dense = [None if one is None else apart(tf.convert_to_tensor(one)) for one in gradients]
        if tf.executing_eagerly():
            self._eagerly(loss, rate, clipped, dense)
        else:
            self._append(loss, rate, clipped, dense)

    def _append(self, loss: Any, rate: Any, clipped: Any, gradients: Sequence[Any]) -> None:
        step = self._step.read_value() + 1
        self._step.assign(step)
        every = self._every.read_value()

        def record() -> Any:
            after = self._packing.pack([value_of(v) for v in self._variables])
            measured = of_gradients.measure(self._packing, gradients)
            total = clipped
            if total is None:
                total = tf.norm(tf.gather(measured[0], [i for i, one in enumerate(gradients) if one is not None]))
            tables = [*measured, *of_weights.measure(self._packing, self._previous.read_value(), after)]
            series = tf.stack([_scalar(loss), _scalar(rate), _scalar(total)])
            self.ring.append(step, tf.concat([series, *tables], 0))
            self._previous.assign(after)
            return tf.constant(0)

        def prepare() -> Any:
            self._previous.assign(self._packing.pack([value_of(v) for v in self._variables]))
            return tf.constant(0)

        def nothing() -> Any:
            return tf.constant(0)

        tf.cond(tf.equal(step % every, 0), record, nothing)
        tf.cond(tf.logical_and(every > 1, tf.equal((step + 1) % every, 0)), prepare, nothing)


def apart(tensor: Any, depth: int = 6) -> Any:
    """A tensor of the same value that is computed apart where it is a product.

    TensorFlow's graph optimisation reorders products of products to broadcast less, where nothing else reads the inner
    ones (arithmetic optimisation). A gradient that is one (that of a batch normalisation's gamma), times the rate of
    SGD, would come out with another last digit if it was read here.
    """
    if tf.executing_eagerly() or depth == 0 or tensor.graph is not tf.compat.v1.get_default_graph():
        return tensor
    if tensor.op.type != "Mul":
        return tensor
    factors = [apart(f, depth - 1) if f.op.type == "Mul" else tf.raw_ops.Snapshot(input=f) for f in tensor.op.inputs]
    return tf.raw_ops.Mul(x=factors[0], y=factors[1])


def value_of(variable: Any) -> Any:
    """The tensor in a Keras or TensorFlow variable, uncast."""
    return tf.convert_to_tensor(getattr(variable, "_value", variable))


def key_of(variable: Any) -> int:
    """The same for a Keras variable and the TensorFlow variable in it."""
    return id(getattr(variable, "_value", variable))


def initialised(variable: Any) -> bool:
    """Whether it has a value: one that is made while a function is traced first gets it afterwards."""
    return bool(getattr(variable, "_value", variable).is_initialized())


def group_of(variables: int) -> Group:
    """The columns of a row in the trace; those of `TIMED` are measured on the host."""
    series = (Column(name) for name in (*MEASURED, *TIMED))
    return Group("step", (*series, *(Column(name, variables, "variables") for name in TABLES)))


def _scalar(value: Any) -> Any:
    if value is None:
        return tf.constant(np.nan, tf.float32)
    return tf.reduce_mean(tf.cast(value, tf.float32))
