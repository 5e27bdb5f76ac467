"""Augmentation of texts, in the training step's graph: words dropped (Iyyer et al. 2015) or masked as unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from graduate.pipeline.tasks.text import PAD, UNKNOWN

Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def build(steps: Sequence[Mapping[str, Any]], classes: int) -> Step | None:
    """f(tokens (B, L), labels, seed (2,)) -> the same with words dropped or masked; None without steps."""
    if not steps:
        return None
    chosen = [(_STEPS[name], float(value)) for step in steps for name, value in step.items()]

    def augment(tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        for number, (apply, share) in enumerate(chosen):
            tokens = apply(tokens, share, tf.random.experimental.stateless_fold_in(seed, number))
        return tokens, labels

    return augment


def _drop(tokens: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Take words out; the rest closes up, so that a row keeps its length by padding at its end."""
    gone = tf.logical_and(tf.random.stateless_uniform(tf.shape(tokens), seed) < share, tokens != PAD)
    order = tf.argsort(tf.cast(tf.logical_or(gone, tokens == PAD), tf.int32), axis=1, stable=True)
    return tf.gather(tf.where(gone, PAD, tokens), order, batch_dims=1)


def _mask(tokens: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Make words unknown, as serving will meet some."""
    hidden = tf.logical_and(tf.random.stateless_uniform(tf.shape(tokens), seed) < share, tokens != PAD)
    return tf.where(hidden, UNKNOWN, tokens)


_STEPS: Mapping[str, Callable[[tf.Tensor, float, tf.Tensor], tf.Tensor]] = {"word_dropout": _drop, "word_mask": _mask}
