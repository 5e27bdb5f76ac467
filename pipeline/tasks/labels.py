"""Labels that are names of classes, the same in every task: dense strings, numbered by a vocabulary file."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

FEATURE, HASH = "label", "hash"
VOCABULARY = "label"  # the vocabulary file of class names; a class's index is its line


def dense(feature: Any) -> tf.Tensor:
    """A string feature (B,), whatever shape the schema gave it."""
    if isinstance(feature, tf.SparseTensor):
        feature = tf.sparse.to_dense(feature, default_value="")
    return tf.reshape(feature, [-1])


def numbered(feature: Any) -> tf.Tensor:
    """The class's index, int64 (B,), in Transform's graph; -1 for a class that training never saw."""
    import tensorflow_transform as tft

    return tft.compute_and_apply_vocabulary(escape(dense(feature)), vocab_filename=VOCABULARY)


def of_target(feature: Any, target: str) -> tf.Tensor:
    """The class's index, int64 (B,); or of several labels float32 (B, K), as they came."""
    if target == "class":
        return numbered(feature)
    value = tf.sparse.to_dense(feature) if isinstance(feature, tf.SparseTensor) else feature
    value = tf.cast(value, tf.float32)
    return value[:, None] if value.shape.rank == 1 else value


def escape(labels: tf.Tensor) -> tf.Tensor:
    """Class names as they stand in the vocabulary file, a line each: a name may hold a line break."""
    for plain, written in (("\\\\", r"\\\\"), ("\n", r"\\n"), ("\r", r"\\r")):
        labels = tf.strings.regex_replace(labels, plain, written)
    return labels


def unescape(line: str) -> str:
    """A class name from its line of the vocabulary file."""
    meant, characters = {"\\": "\\", "n": "\n", "r": "\r"}, iter(line)
    return "".join(meant[next(characters)] if one == "\\" else one for one in characters)
