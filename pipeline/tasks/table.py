"""Tables: how the cells of a row become numbers, the same in Transform and in serving.

The type of a raw feature says what a column is: float32 a number (NaN where it is missing), int64 a date in seconds
(`NO_DATE` where it is missing), bytes a category ("" where it is missing). ExampleGen has decided. What is learned over
the training split is in `table_learned`, what only training needs in `table_models`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.labels as labels  # by its full name: the package itself names all tasks
import graduate.pipeline.tasks.own_preprocessing as own_preprocessing
import graduate.pipeline.tasks.table_learned as table_learned
from graduate.errors import UsageError
from graduate.pipeline.data.table_cells import NO_DATE

RAW_FEATURE = ""  # a row has a feature a column
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape
NOT_COLUMNS = (LABEL_FEATURE, HASH_FEATURE, "path")
FEATURES, SIZES = "features", "sizes"
LABEL_MEAN, LABEL_DEVIATION = "label_mean", "label_deviation"
LEFT_OUT = -1  # in `sizes`: a column that tells nothing
_DAY = 86_400  # seconds
_YEAR = 365.2425  # days


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: `features` float32 (B, D) and what was learned; each group of columns in order of name.

    Columns of `features`: numbers and dates, of zero mean and unit variance over the training split, 0 where missing;
    of dates also where in the week, the year and the day they lie (sine and cosine); for each number and date 1 where
    it is missing and else 0; numbers in buckets, and categories: a place that is counted from 1, and 0 where the value
    is missing, rare, or was not seen in training.

    `sizes` (D,), the same in every row: 0 for a number, the count of places for a bucketed number or category, -1 for
    what training cannot learn from: a number that never varied, a category without a frequent value, the mark of a
    number that was never missing. `inputs` leaves those out.
    """
    inputs = own_preprocessing.of_columns(inputs, custom_config, NOT_COLUMNS, NO_DATE)
    columns = {name: value for name, value in sorted(inputs.items()) if name not in NOT_COLUMNS}
    numbers = {name: _number(value) for name, value in columns.items() if value.dtype != tf.string}
    buckets = _buckets(custom_config, numbers, columns)
    dates = [name for name, value in columns.items() if value.dtype == tf.int64 and name not in buckets]
    plain = [*(name for name in numbers if name not in buckets), *buckets]  # buckets last
    wanted = _wanted(inputs[LABEL_FEATURE], custom_config["target"])
    stacked = [numbers[name] for name in plain] + [part for name in dates for part in _cycles(numbers[name])]
    values = _stack(stacked, tf.float64, columns)
    keys = _stack([_key(columns[name], at) for at, name in enumerate(_categories(columns))], tf.int64, columns)
    learned = table_learned.learn(
        tf.concat([values, wanted], 1),
        keys,
        {at: buckets[name] for at, name in enumerate(plain) if name in buckets},
        most=custom_config["vocabulary"],
        min_count=custom_config["min_count"],
    )
    features, sizes = _features(values, keys, learned, len(plain), len(buckets))
    return {
        FEATURES: features,
        SIZES: tf.repeat(sizes[None], tf.shape(features)[0], axis=0),
        HASH_FEATURE: labels.dense(inputs[HASH_FEATURE]),
        **_label(inputs[LABEL_FEATURE], wanted, custom_config["target"], learned),
    }


def _features(
    values: tf.Tensor, keys: tf.Tensor, learned: table_learned.Learned, plain: int, buckets: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """`features` and `sizes`.

    Args:
        values: (B, n): columns that may be missing, the bucketed ones last; then what follows from dates.
        keys: (B, c), of categories.
        learned: of them, and perhaps of more numbers.
        plain, buckets: how many of `values` may be missing, and how many of those are bucketed.
    """
    number = values.shape[1]
    there = tf.math.is_finite(values)
    scaled = tf.where(there, (values - learned.mean[:number]) / learned.deviation[:number], 0.0)
    # of a date only one mark; of a bucketed number none: it has a place for what is missing
    direct = [at for at in range(number) if not plain - buckets <= at < plain]
    marks = list(range(plain - buckets))
    edges, of_buckets = learned.edges, values[:, plain - buckets : plain]
    above = tf.reduce_sum(tf.cast(of_buckets[:, :, None] >= edges[None], tf.float64), 2)
    parts = [
        tf.gather(scaled, _indices(direct), axis=1),
        1.0 - tf.cast(tf.gather(there, _indices(marks), axis=1), tf.float64),
        tf.where(tf.math.is_finite(of_buckets), above + 1.0, 0.0),
        tf.cast(table_learned.placed(learned, keys), tf.float64),
    ]
    used = tf.concat(
        [
            tf.gather(learned.varies, _indices(direct)),
            tf.gather(learned.missing, _indices(marks)) > 0,
            tf.math.is_finite(tf.reduce_min(edges, 1)),
            learned.counts > 0,
        ],
        0,
    )
    sizes = tf.concat(
        [
            tf.zeros([len(direct) + len(marks)], tf.int64),
            tf.reduce_sum(tf.cast(tf.math.is_finite(edges), tf.int64), 1) + 2,
            learned.counts + 1,
        ],
        0,
    )
    width = len(direct) + len(marks) + buckets + keys.shape[1]
    features = tf.ensure_shape(tf.cast(tf.concat(parts, 1), tf.float32), [None, width])
    return features, tf.ensure_shape(tf.where(used, sizes, LEFT_OUT), [width])


def _indices(places: list[int]) -> tf.Tensor:
    return tf.constant(places, tf.int32)


def _stack(several: list[tf.Tensor], kind: tf.DType, columns: Mapping[str, Any]) -> tf.Tensor:
    """(B, n), also where n is 0."""
    if several:
        return tf.stack(several, 1)
    return tf.zeros([tf.shape(labels.dense(next(iter(columns.values()))))[0], 0], kind)


def _number(value: Any) -> tf.Tensor:
    """A number or date (B,) as float64, NaN where it is missing, whatever shape the schema gave it."""
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value, default_value=NO_DATE if value.dtype == tf.int64 else math.nan)
    value = tf.reshape(value, [-1])
    if value.dtype == tf.int64:
        return tf.where(value == NO_DATE, tf.constant(math.nan, tf.float64), tf.cast(value, tf.float64) / _DAY)
    return tf.cast(value, tf.float64)


def _cycles(days: tf.Tensor) -> list[tf.Tensor]:
    """Where in the week (from Monday), the year and the day a date lies, as points on a circle: (B,) each."""
    turns = (tf.floor(days) + 3.0) / 7.0, days / _YEAR, days
    return [wave(2 * math.pi * tf.math.floormod(turn, 1.0)) for turn in turns for wave in (tf.sin, tf.cos)]


def _categories(columns: Mapping[str, Any]) -> list[str]:
    return [name for name, value in columns.items() if value.dtype == tf.string]


def _key(value: Any, column: int) -> tf.Tensor:
    """int64 (B,): a hash of 63 bits of column and value; -1 where it is missing."""
    text = tf.strings.strip(labels.dense(value))
    key = tf.strings.to_hash_bucket_fast(tf.strings.join([f"{column} ", text]), 2**63 - 1)
    return tf.where(tf.strings.length(text) > 0, key, tf.constant(-1, tf.int64))


def _buckets(config: Mapping[str, Any], numbers: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, int]:
    wanted = dict(sorted((config.get("buckets") or {}).items()))
    for name in wanted:
        if name not in numbers:
            what = "a category" if name in columns else "no column"
            raise UsageError(f"transform.buckets: {name} is {what}", hint=f"numbers: {', '.join(list(numbers)[:12])}")
    return wanted


def _wanted(value: Any, target: str) -> tf.Tensor:
    """Labels that are numbers, float64 (B, K); of others none, (B, 0)."""
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value, default_value="" if value.dtype == tf.string else 0)
    if target == "class":
        return tf.zeros([tf.shape(value)[0], 0], tf.float64)
    value = tf.cast(value, tf.float64)
    return value[:, None] if value.shape.rank == 1 else value


def _label(value: Any, wanted: tf.Tensor, target: str, learned: table_learned.Learned) -> dict[str, tf.Tensor]:
    """The class's index; or 0 and 1 as they are; or numbers of zero mean and unit variance with what was learned."""
    if target == "class":
        return {LABEL_FEATURE: labels.numbered(value)}
    if target == "labels":
        return {LABEL_FEATURE: tf.cast(wanted, tf.float32)}
    count, rows = wanted.shape[1], tf.shape(wanted)[0]
    mean, deviation = learned.mean[-count:], learned.deviation[-count:]
    known = {LABEL_MEAN: mean, LABEL_DEVIATION: deviation}
    return {
        LABEL_FEATURE: tf.cast((wanted - mean) / deviation, tf.float32),
        **{name: tf.repeat(tf.cast(one, tf.float32)[None], rows, axis=0) for name, one in known.items()},
    }


def transformed_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `inputs` needs of a transformed row, as tf.io features."""
    return {FEATURES: _any_number(tf.float32), SIZES: _any_number(tf.int64)}


def constant_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Transform learned, the same in every row."""
    learned = [LABEL_MEAN, LABEL_DEVIATION] if config["data"]["target"] == "number" else []
    return {SIZES: _any_number(tf.int64), **{name: _any_number(tf.float32) for name in learned}}


def _any_number(kind: tf.DType) -> tf.io.FixedLenSequenceFeature:
    """As many as there are columns, which only the data tells."""
    return tf.io.FixedLenSequenceFeature([], kind, allow_missing=True)


def inputs(parsed: Mapping[str, tf.Tensor], config: Mapping[str, Any]) -> tf.Tensor:
    """A batch of transformed rows as what is kept of them: float32 (B, D), without what tells nothing."""
    used = tf.reduce_all(parsed[SIZES] != LEFT_OUT, axis=0)
    return tf.boolean_mask(parsed[FEATURES], used, axis=1)


def finaliser(constants: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """Columns go into the network as they are."""
    width = len(sizes_of(constants))
    return lambda kept: tf.ensure_shape(kept, [None, width])


def sizes_of(constants: Mapping[str, Any]) -> list[int]:
    """Of what is kept of a row: 0 for a number, else how many places a category has."""
    return [int(size) for size in constants[SIZES] if size != LEFT_OUT]


def raw_features(wanted: Mapping[str, Any]) -> dict[str, tf.DType]:
    """Of the inputs of Transform's graph those that a request carries."""
    return {name: one.dtype for name, one in sorted(wanted.items()) if name not in NOT_COLUMNS}
