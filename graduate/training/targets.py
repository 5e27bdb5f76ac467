"""What a label is, and with it what is minimised and what is counted: a class, several labels at once, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import tensorflow as tf

from graduate.training.objective import Objective, ends_in_logits, right

Target = Literal["class", "labels", "number"]
TARGETS: tuple[Target, ...] = ("class", "labels", "number")
METRICS = {"class": "accuracy", "labels": "accuracy", "number": "mae"}


class Aim(Protocol):
    """What a training minimises and counts; labels and outputs of a batch in, a number a row out, all float32 (B,)."""

    target: Target
    metric: str  # the name of `score`'s mean
    from_logits: bool

    def __call__(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """What is minimised."""
        ...

    def plain(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """What evaluation reports as loss: without smoothing and weights."""
        ...

    def score(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The metric of each row."""
        ...


class Classes(Objective):
    """One class a row: cross-entropy, and whether the best class is right."""

    target: Target = "class"
    metric = "accuracy"

    def score(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """1 where the best class is the label's."""
        return right(labels, outputs)


class Labels:
    """Several labels a row, (B, K) of 0 and 1: binary cross-entropy of each, and the share that is right.

    Args:
        from_logits: whether the model ends in logits (or in a sigmoid).
        smoothing: share by which 0 and 1 are drawn towards 1/2.
    """

    target: Target = "labels"
    metric = "accuracy"

    def __init__(self, from_logits: bool, smoothing: float = 0.0) -> None:
        self.from_logits, self._smoothing = from_logits, smoothing

    def __call__(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        wanted = tf.cast(labels, tf.float32)
        return self.plain(wanted * (1.0 - self._smoothing) + 0.5 * self._smoothing, outputs)

    def plain(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The mean over the labels of the binary cross-entropy."""
        labels, outputs = tf.cast(labels, tf.float32), tf.cast(outputs, tf.float32)
        if self.from_logits:
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, outputs), -1)
        given = tf.clip_by_value(outputs, 1e-7, 1.0 - 1e-7)
        return -tf.reduce_mean(labels * tf.math.log(given) + (1.0 - labels) * tf.math.log(1.0 - given), -1)

    def score(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The share of a row's labels that are right."""
        said = tf.cast(outputs, tf.float32) > (0.0 if self.from_logits else 0.5)
        return tf.reduce_mean(tf.cast(tf.equal(said, tf.cast(labels, tf.float32) > 0.5), tf.float32), -1)


class Numbers:
    """Numbers, (B,) or (B, K): squared error, and the absolute error."""

    target: Target = "number"
    metric = "mae"
    from_logits = False

    def __call__(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return self.plain(labels, outputs)

    def plain(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The mean squared error of each row."""
        return tf.reduce_mean(tf.square(_apart(labels, outputs)), -1)

    def score(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The mean absolute error of each row."""
        return tf.reduce_mean(tf.abs(_apart(labels, outputs)), -1)


def _apart(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """(B, K): labels (B,) are one column."""
    outputs = tf.cast(outputs, tf.float32)
    return outputs - tf.reshape(tf.cast(labels, tf.float32), tf.shape(outputs))


def aim(target: Target, model: Any, smoothing: float = 0.0, class_weights: np.ndarray | None = None) -> Aim:
    """What a training of a model on labels of this kind minimises."""
    if target == "number":
        return Numbers()
    if target == "labels":
        return Labels(ends_in_logits(model), smoothing)
    return Classes(ends_in_logits(model), smoothing, class_weights)


def in_own_units(target: Target, metrics: Mapping[str, float], deviation: np.ndarray | None) -> dict[str, float]:
    """What a training counted of numbers of unit variance, in the label's own units.

    Args:
        target: what a label is; of others than numbers nothing changes.
        metrics: `mae` and `loss`, the mean squared error, among others.
        deviation: (K,) by which the labels were divided. Of several numbers a row with deviations of their own the
            means cannot be turned back: they stay as they are.
    """
    if target != "number" or deviation is None or len(deviation) != 1:
        return dict(metrics)
    scale = float(deviation[0])
    factors = {"mae": scale, "loss": scale**2}
    return {name: value * factors.get(name, 1.0) for name, value in metrics.items()}


def keras_loss(target: Target, from_logits: bool, soft: bool = False) -> Any:
    """The Keras loss that is the same: for what looks at a model outside of the loop."""
    import keras

    if target == "number":
        return keras.losses.MeanSquaredError()
    if target == "labels":
        return keras.losses.BinaryCrossentropy(from_logits=from_logits)
    if soft:
        return keras.losses.CategoricalCrossentropy(from_logits=from_logits)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)


def described(target: Target, from_logits: bool, soft: bool = False) -> dict[str, Any]:
    """Loss, output activation and metrics by the names that rules know them by (docs/facts.md, `objective`)."""
    if target == "number":
        return {"loss": "mean_squared_error", "from_logits": False, "output_activation": "linear", "metrics": ["mae"]}
    name = "categorical_crossentropy" if soft else "sparse_categorical_crossentropy"
    found = {"loss": "binary_crossentropy" if target == "labels" else name, "from_logits": from_logits}
    ends = "sigmoid" if target == "labels" else "softmax"
    return found | {"output_activation": "linear" if from_logits else ends, "metrics": ["accuracy"]}
