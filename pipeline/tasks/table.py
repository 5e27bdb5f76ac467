"""Tables: how the cells of a row become numbers, the same in Transform and in serving.

A column is a number (float32, NaN where it is missing) or a category (text, "" where it is missing); which it is,
ExampleGen has decided. What only training needs lies in `table_models`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.labels as labels  # by its full name: the package itself names all tasks

RAW_FEATURE = ""  # a row has a feature a column
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape
NOT_COLUMNS = (LABEL_FEATURE, HASH_FEATURE, "path")
FEATURES, SIZES = "features", "sizes"
LABEL_MEAN, LABEL_DEVIATION = "label_mean", "label_deviation"
_SMALLEST = 1e-6  # a deviation: below it a column never varies


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: `features` float32 (B, D), numbers before categories, each in order of name.

    A number has zero mean and unit variance over the training split, and is 0 where it is missing. A category is its
    place in the vocabulary of the training split, counted from 1; 0 where it is missing or was not seen in training.
    `sizes` (D,), the same in every row: 0 for a number, one more than the vocabulary for a category.
    """
    import tensorflow_transform as tft

    columns = {name: value for name, value in sorted(inputs.items()) if name not in NOT_COLUMNS}
    numbers = [_column(value, float("nan")) for value in columns.values() if value.dtype != tf.string]
    categories = {name: value for name, value in columns.items() if value.dtype == tf.string}
    parts, sizes = [], [tf.zeros([len(numbers)], tf.int64)]
    if numbers:
        parts.append(_normalised(tft, tf.stack(numbers, 1)))
    for number, value in enumerate(categories.values()):
        vocabulary = f"category_{number}"
        place = _placed(tft, labels.dense(value), vocabulary, custom_config)
        parts.append(tf.cast(place[:, None], tf.float32))
        sizes.append(tft.experimental.get_vocabulary_size_by_name(vocabulary)[None] + 1)
    features = tf.concat(parts, 1)
    features = tf.ensure_shape(features, [None, len(columns)])
    size = tf.ensure_shape(tf.concat(sizes, 0), [len(columns)])
    return {
        FEATURES: features,
        SIZES: tf.repeat(size[None], tf.shape(features)[0], axis=0),
        HASH_FEATURE: labels.dense(inputs[HASH_FEATURE]),
        **_label(tft, inputs[LABEL_FEATURE], custom_config["target"]),
    }


def _column(value: Any, missing: float) -> tf.Tensor:
    """A number feature (B,), whatever shape the schema gave it."""
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value, default_value=missing)
    return tf.cast(tf.reshape(value, [-1]), tf.float64)


def _normalised(tft: Any, numbers: tf.Tensor) -> tf.Tensor:
    """(B, n) float64 with NaN to float32 of zero mean and unit variance, missing ones at the mean."""
    there = tf.math.is_finite(numbers)
    known = tf.where(there, numbers, 0.0)
    # in two passes: E[x²] - E[x]² would lose columns that lie far from 0, such as a year
    count = tf.maximum(tft.sum(tf.cast(there, tf.float64), reduce_instance_dims=False), 1.0)
    mean = tft.sum(known, reduce_instance_dims=False) / count
    apart = tf.where(there, numbers - mean, 0.0)
    deviation = tf.sqrt(tft.sum(apart**2, reduce_instance_dims=False) / count)
    deviation = tf.where(deviation < _SMALLEST * tf.maximum(tf.abs(mean), 1.0), tf.ones_like(deviation), deviation)
    return tf.cast(apart / deviation, tf.float32)


def _placed(tft: Any, values: tf.Tensor, vocabulary: str, config: Mapping[str, Any]) -> tf.Tensor:
    """1 and on by frequency; 0 for what is missing, rare or new."""
    there = tf.where(tf.strings.length(values) > 0)
    sparse = tf.SparseTensor(there, labels.escape(tf.gather_nd(values, there)), tf.shape(values, tf.int64))
    number = tft.compute_and_apply_vocabulary(
        sparse,
        default_value=-1,
        top_k=config["vocabulary"],
        frequency_threshold=config["min_count"],
        vocab_filename=vocabulary,
    )
    return tf.sparse.to_dense(tf.SparseTensor(number.indices, number.values + 1, number.dense_shape), default_value=0)


def _label(tft: Any, value: Any, target: str) -> dict[str, tf.Tensor]:
    """The class's index; or numbers of zero mean and unit variance with what was learned; or 0 and 1 as they are."""
    if target == "class":
        return {LABEL_FEATURE: labels.numbered(value)}
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value)
    value = tf.cast(value, tf.float64)
    value = value[:, None] if value.shape.rank == 1 else value
    if target == "labels":
        return {LABEL_FEATURE: tf.cast(value, tf.float32)}
    mean = tft.mean(value, reduce_instance_dims=False)
    deviation = tf.sqrt(tft.mean((value - mean) ** 2, reduce_instance_dims=False))
    deviation = tf.where(deviation < _SMALLEST, tf.ones_like(deviation), deviation)
    rows = tf.shape(value)[0]
    learned = {LABEL_MEAN: mean, LABEL_DEVIATION: deviation}
    return {
        LABEL_FEATURE: tf.cast((value - mean) / deviation, tf.float32),
        **{name: tf.repeat(tf.cast(one, tf.float32)[None], rows, axis=0) for name, one in learned.items()},
    }


def transformed_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `inputs` needs of a transformed row, as tf.io features."""
    return {FEATURES: _any_number(tf.float32)}


def constant_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Transform learned, the same in every row."""
    learned = [LABEL_MEAN, LABEL_DEVIATION] if config["data"]["target"] == "number" else []
    return {SIZES: _any_number(tf.int64), **{name: _any_number(tf.float32) for name in learned}}


def _any_number(kind: tf.DType) -> tf.io.FixedLenSequenceFeature:
    """As many as there are columns, which only the data tells."""
    return tf.io.FixedLenSequenceFeature([], kind, allow_missing=True)


def inputs(parsed: Mapping[str, tf.Tensor], config: Mapping[str, Any]) -> tf.Tensor:
    """A batch of transformed rows as what is kept of them: float32 (B, D)."""
    return parsed[FEATURES]


def finaliser(constants: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """Columns go into the network as they are."""
    return tf.identity


def raw_features(wanted: Mapping[str, Any]) -> dict[str, tf.DType]:
    """Of the inputs of Transform's graph those that a request carries."""
    return {name: one.dtype for name, one in sorted(wanted.items()) if name not in NOT_COLUMNS}
