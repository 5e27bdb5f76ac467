"""Texts: how a raw file becomes numbers of tokens, the same in Transform and in serving.

What only training needs lies beside it and is imported there alone: `text_augment`, `text_models`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.labels as labels  # by its full name: the package itself names all tasks

RAW_FEATURE = "text"  # served as it was ingested: UTF-8
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape
TOKENS = "tokens"  # the vocabulary file of words
PAD, UNKNOWN, FIRST = 0, 1, 2  # numbers of tokens: padding, a word that training did not know, the first known word

# A token is a run of letters, marks and digits of any script, with apostrophes and hyphens inside; or one sign alone,
# such as a Chinese character or an emoji.
_WORD = r"[\p{L}\p{M}\p{N}_]+(?:['’\-][\p{L}\p{M}\p{N}_]+)*"
_ALONE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"


def clean(raw: tf.Tensor, lower: bool) -> tf.Tensor:
    """(B,) UTF-8 to text of one line: no byte order mark, bad bytes replaced, white space single, letters small."""
    text = tf.strings.unicode_transcode(raw, "UTF-8", "UTF-8", errors="replace")
    text = tf.strings.regex_replace(text, "^\ufeff", "")
    text = tf.strings.regex_replace(text, r"\s+", " ")
    return tf.strings.lower(text, encoding="utf-8") if lower else text


def split(text: tf.Tensor) -> tf.RaggedTensor:
    """(B,) cleaned text to its tokens, a ragged row each; a text without any has none.

    Scripts that are written without spaces are split into characters: a word list of theirs is a model of its own.
    """
    text = tf.strings.regex_replace(text, _ALONE, r" \0 ")
    text = tf.strings.regex_replace(text, rf"({_WORD})", r" \1 ")
    return tf.strings.split(text)


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: numbers of the first `length` tokens, padded with 0; the class's index; the row's hash.

    The vocabulary is the `vocabulary` most frequent tokens of the training split. Of ties the lexicographically greater
    comes first (tensorflow_transform's order).
    """
    import tensorflow_transform as tft

    tokens = split(clean(labels.dense(inputs[RAW_FEATURE]), custom_config["lower"]))
    tokens = tokens[:, : custom_config["length"]]
    numbers = tft.compute_and_apply_vocabulary(
        tokens.to_sparse(),
        top_k=custom_config["vocabulary"],
        frequency_threshold=custom_config["min_count"],
        default_value=UNKNOWN - FIRST,
        vocab_filename=TOKENS,
        reserved_tokens=None,
    )
    padded = tf.sparse.to_dense(
        tf.SparseTensor(numbers.indices, numbers.values + FIRST, numbers.dense_shape), default_value=PAD
    )
    short = tf.maximum(0, custom_config["length"] - tf.shape(padded)[1])
    padded = tf.pad(padded, [[0, 0], [0, short]])[:, : custom_config["length"]]
    return {
        RAW_FEATURE: tf.ensure_shape(padded, [None, custom_config["length"]]),
        LABEL_FEATURE: labels.numbered(inputs[LABEL_FEATURE]),
        HASH_FEATURE: labels.dense(inputs[HASH_FEATURE]),
    }


def input_shape(config: Mapping[str, Any]) -> tuple[int]:
    """(length,) of what the network sees: int32 numbers of tokens."""
    return (config["transform"]["length"],)


def transformed_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `inputs` needs of a transformed row, as tf.io features."""
    return {RAW_FEATURE: tf.io.FixedLenFeature(input_shape(config), tf.int64)}


def constant_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing is learned besides the vocabulary."""
    return {}


def inputs(parsed: Mapping[str, tf.Tensor], config: Mapping[str, Any]) -> tf.Tensor:
    """A batch of transformed rows as what is kept of them: int32 (B, length)."""
    return tf.cast(tf.reshape(parsed[RAW_FEATURE], [-1, *input_shape(config)]), tf.int32)


def finaliser(constants: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """Tokens go into the network as they are."""
    return tf.identity


def raw_features(wanted: Mapping[str, Any]) -> dict[str, tf.DType]:
    """Of the inputs of Transform's graph those that a request carries."""
    return {RAW_FEATURE: tf.string}
