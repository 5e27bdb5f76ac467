"""From options to a Keras optimizer: its name, its arguments, the schedule of its rate, loss scaling where needed."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any

import keras
import tensorflow as tf

from graduate.errors import UsageError
from graduate.training.options import Optimizer, Schedule, TrainingOptions

_CLASSES = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "lion": keras.optimizers.Lion,
}


def build_optimizer(options: TrainingOptions, steps: int) -> keras.optimizers.Optimizer:
    """Make the optimizer of a training of `steps` steps; call it in the strategy's scope.

    Clipping is the loop's, not the optimizer's: it must see the gradient of the global batch. Under mixed_float16 the
    optimizer is wrapped in Keras' LossScaleOptimizer.

    Raises:
        UsageError: an argument that this optimizer does not take.
    """
    optimizer = _named(options.optimizer, learning_rate(options, steps))
    if options.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that holds the rate: what a loss-scaling wrapper wraps."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def set_rate(optimizer: keras.optimizers.Optimizer, rate: Any) -> None:
    """Set a constant rate, which is a variable and so in every checkpoint; a schedule is as it was built."""
    if not callable(rate):
        inner(optimizer).learning_rate = rate


def without_own_reduction(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Keep Keras from summing gradients over the replicas in `apply`: the loop did, since it clips the global gradient.

    Keras has no public switch for this; that replicas give the result of one device is tested.
    """
    inner(optimizer)._all_reduce_sum_gradients = list
    return optimizer


def learning_rate(options: TrainingOptions, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """A number, or the schedule over `steps` steps."""
    rate = options.learning_rate
    return WarmUpAndDecay(steps=steps, **dataclasses.asdict(rate)) if isinstance(rate, Schedule) else rate


def _named(wanted: Optimizer, rate: Any) -> keras.optimizers.Optimizer:
    kind = _CLASSES.get(wanted.name)
    if kind is None:
        raise UsageError(f"unknown optimizer {wanted.name!r}", hint=", ".join(_CLASSES), where="training.optimizer")
    given = {key: value for key, value in dataclasses.asdict(wanted).items() if key != "name" and value is not None}
    takes = inspect.signature(kind).parameters
    for key in given:
        if key not in takes:
            raise UsageError(f"{wanted.name} has no {key}", where=f"training.optimizer.{key}")
    return kind(learning_rate=rate, **given)


@keras.saving.register_keras_serializable(package="graduate")
class WarmUpAndDecay(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of each step; the formulas stand at `graduate.training.options.Schedule`.

    Args:
        peak: the rate after the warm-up.
        schedule: constant, cosine, linear, exponential or step.
        steps: of the whole training, warm-up included.
        warmup_steps: steps before the first one at `peak`.
        end: the last rate as a share of the peak.
        boundaries: `step` only: after which steps the rate falls.
        factor: `step` only: by which factor.
    """

    def __init__(
        self,
        peak: float,
        schedule: str,
        steps: int,
        warmup_steps: int = 0,
        end: float = 0.0,
        boundaries: tuple[int, ...] = (),
        factor: float = 0.1,
    ) -> None:
        self.config: dict[str, Any] = {
            "peak": peak,
            "schedule": schedule,
            "steps": steps,
            "warmup_steps": warmup_steps,
            "end": end,
            "boundaries": tuple(boundaries),
            "factor": factor,
        }

    def __call__(self, step: Any) -> tf.Tensor:
        """The rate after `step` finished steps (0 before the first), a float32 scalar."""
        done = tf.cast(tf.convert_to_tensor(step), tf.float32)
        warmup = float(self.config["warmup_steps"])
        rate = self.config["peak"] * self._decay(done, warmup)
        if not warmup:
            return rate
        rising = self.config["peak"] * (done + 1.0) / (warmup + 1.0)
        return tf.where(done < warmup, rising, rate)

    def _decay(self, done: tf.Tensor, warmup: float) -> tf.Tensor:
        kind, end = self.config["schedule"], float(self.config["end"])
        length = max(1.0, self.config["steps"] - 1.0 - warmup)
        share = tf.clip_by_value((done - warmup) / length, 0.0, 1.0)
        if kind == "constant":
            return tf.ones_like(share)
        if kind == "linear":
            return 1.0 - (1.0 - end) * share
        if kind == "cosine":
            return end + (1.0 - end) * (1.0 + tf.cos(math.pi * share)) / 2.0
        if kind == "exponential":
            return tf.pow(end, share)
        if not self.config["boundaries"]:
            return tf.ones_like(share)
        fallen = tf.reduce_sum(tf.cast(done >= tf.constant(self.config["boundaries"], tf.float32), tf.float32))
        return tf.pow(float(self.config["factor"]), fallen)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self.config)
