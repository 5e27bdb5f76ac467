"""What a training minimises: cross-entropy of hard or soft labels, smoothed and weighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.errors import UsageError


class Objective:
    """Cross-entropy of every row, float32 whatever the model computes in.

    Args:
        from_logits: whether the model ends in logits (or in probabilities).
        smoothing: share of a label that is spread evenly over all classes (Szegedy et al. 2016).
        class_weights: (K,) factor of each class, or None. A soft label has the weight of its mixture.
    """

    def __init__(self, from_logits: bool, smoothing: float = 0.0, class_weights: np.ndarray | None = None) -> None:
        self.from_logits, self._smoothing, self._class_weights = from_logits, smoothing, class_weights

    def __call__(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """What is minimised: (B,), for labels (B,) of indices or (B, K) of shares, and outputs (B, K)."""
        outputs = tf.cast(outputs, tf.float32)
        weights = None
        if self._class_weights is not None:  # the model may have more outputs than there are classes
            spare = outputs.shape[-1] - len(self._class_weights)
            weights = tf.constant(np.pad(self._class_weights, (0, max(0, spare))), tf.float32)
        if labels.shape.rank == 1 and not self._smoothing:
            losses = self._hard(labels, outputs)
            return losses if weights is None else losses * tf.gather(weights, labels)
        classes = outputs.shape[-1]
        shares = tf.one_hot(labels, classes) if labels.shape.rank == 1 else tf.cast(labels, tf.float32)
        factors = None if weights is None else tf.linalg.matvec(shares, weights)
        if self._smoothing:
            shares = shares * (1.0 - self._smoothing) + self._smoothing / classes
        losses = self._soft(shares, outputs)
        return losses if factors is None else losses * factors

    def plain(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The cross-entropy alone, without smoothing and weights: (B,). What evaluation reports."""
        outputs = tf.cast(outputs, tf.float32)
        return self._hard(labels, outputs) if labels.shape.rank == 1 else self._soft(labels, outputs)

    def _hard(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        if self.from_logits:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)
        return -tf.gather(_log(outputs), labels, batch_dims=1)

    def _soft(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        shares = tf.cast(labels, tf.float32)
        if self.from_logits:
            return tf.nn.softmax_cross_entropy_with_logits(shares, outputs)
        return -tf.reduce_sum(shares * _log(outputs), -1)


def right(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Whether the best class is the label's (of a soft label: its largest): float32 (B,)."""
    wanted = labels if labels.shape.rank == 1 else tf.argmax(labels, -1)
    return tf.cast(tf.equal(tf.cast(wanted, tf.int64), tf.argmax(outputs, -1)), tf.float32)


def ends_in_logits(model: keras.Model) -> bool:
    """Whether a model does not already end in probabilities: a softmax or sigmoid, as a layer or as the last one's
    activation."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.Dropout)]
    if not layers:
        return True
    last = layers[-1]
    if isinstance(last, keras.Model):
        return ends_in_logits(last)
    ends = getattr(last, "activation", None)
    return not (
        isinstance(last, keras.layers.Softmax) or ends in (keras.activations.softmax, keras.activations.sigmoid)
    )


def weigh_classes(
    wanted: str | Mapping[str, float], labels: np.ndarray, classes: Sequence[str] | None
) -> np.ndarray | None:
    """The factor of each class, float32 (K,), or None where all count the same.

    `balanced` is rows / (classes * rows of that class) (King and Zeng 2001), so that the mean over the rows is 1. A
    class that a mapping does not name has weight 1.

    Raises:
        UsageError: a name that is no class.
    """
    if wanted == "none":
        return None
    where = "training.class_weights"
    known = labels.shape[1] if labels.ndim > 1 else int(labels.max()) + 1
    outputs = max(known, len(classes or ()))
    if wanted == "balanced":
        counts = np.bincount(labels, minlength=outputs) if labels.ndim == 1 else labels.sum(0)
        present = counts > 0
        factors = np.zeros(len(counts), np.float32)
        factors[present] = counts.sum() / (present.sum() * counts[present])
        return factors
    if not isinstance(wanted, Mapping):
        raise UsageError(f"unknown class weights {wanted!r}", hint="none, balanced, or {class: weight}", where=where)
    names = [str(name) for name in (classes if classes is not None else range(outputs))]
    factors = np.ones(len(names), np.float32)
    for name, factor in wanted.items():
        if str(name) not in names:
            raise UsageError(f"no class {name!r}", hint=f"the classes are {', '.join(names)}", where=where)
        factors[names.index(str(name))] = factor
    return factors


def kernels(variables: Sequence[Any]) -> list[int]:
    """Which of `variables` the L2 penalty is on: kernels of any kind; not biases, gains or embeddings."""
    return [i for i, variable in enumerate(variables) if variable.name.endswith("kernel")]


def _log(probabilities: tf.Tensor) -> tf.Tensor:
    return tf.math.log(tf.clip_by_value(probabilities, 1e-7, 1.0))
