"""Texts: how a raw file becomes numbers of tokens, the same in Transform and in serving.

What only training needs lies beside it and is imported there alone: `text_augment`, `text_models`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.labels as labels  # by its full name: the package itself names all tasks
import graduate.pipeline.tasks.own_preprocessing as own_preprocessing
import graduate.pipeline.tasks.text_unicode as text_unicode

RAW_FEATURE = "text"  # served as it was ingested: UTF-8
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape
TOKENS = "tokens"  # the vocabulary file of words
PAD, UNKNOWN, FIRST = 0, 1, 2  # numbers of tokens: padding, a word that training did not know, the first known word

# Sentences as they come: what is between words, what nobody sees, and what a token is. RE2 knows no `\s` beyond ASCII.
_SPACES = r"[\x{0}\x{85}\x{A0}\x{1680}\x{2000}-\x{200B}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
_UNSEEN = r"[\x{AD}\x{61C}\x{180E}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FEFF}]"  # BOM, soft hyphen, bidi
_APOSTROPHES = r"[’ʼ＇]"
_CHARACTER = r"[\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}\x{FF70}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
_EMOJI_1 = r"\p{So}[\p{M}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]*"
_EMOJI = rf"[\x{{1F1E6}}-\x{{1F1FF}}]{{2}}|{_EMOJI_1}(?:\x{{200D}}{_EMOJI_1})*"
_WORD = r"[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*(?:['\-\x{200C}\x{200D}][\p{L}\p{M}\p{N}_]+)*"


def clean(raw: tf.Tensor, lower: bool) -> tf.Tensor:
    """(B,) UTF-8 to text without what nobody sees: bad bytes replaced, apostrophes straight, letters small.

    Spaces of other scripts, the zero-width space and NUL (at which `lower` would end) become plain ones; byte order
    marks, soft hyphens and marks of direction go.
    """
    text = tf.strings.unicode_transcode(raw, "UTF-8", "UTF-8", errors="replace")
    for seen, becomes in ((_UNSEEN, ""), (_SPACES, " "), (_APOSTROPHES, "'")):
        text = tf.strings.regex_replace(text, seen, becomes)
    return tf.strings.lower(text, encoding="utf-8") if lower else text


def one_form(text: tf.Tensor, form: str, lower: bool) -> tf.Tensor:
    """(B,) cleaned text with one form for each character, see `text_unicode`; letters small again: `℡` is `TEL`."""
    text = text_unicode.normalised(text, form)
    return tf.strings.lower(text, encoding="utf-8") if lower and form != text_unicode.NONE else text


def split(text: tf.Tensor) -> tf.RaggedTensor:
    """(B,) cleaned text to its tokens, a ragged row each; a text without any has none.

    A token is a word: a run of letters, marks and digits of any script, with apostrophes, hyphens and zero-width
    joiners inside; or one character with its marks, of a script that is written without spaces (Chinese, Japanese,
    Thai, Lao, Khmer, Burmese: a word list of theirs is a model of its own); or one emoji or symbol with all that
    belongs to it; or a run of other signs: `...`, `:-)`.
    """
    for token in (_CHARACTER, _EMOJI, _WORD):  # RE2 finds a whole match, \\0, eight times faster than a group in it
        text = tf.strings.regex_replace(text, token, r" \0 ")
    return tf.strings.split(text)


@functools.lru_cache
def _tokens(length: int, lower: bool, form: str, own: tuple[str, str] | None) -> Any:
    """f(raw (B,)) -> the first `length` tokens of each, ragged: traced once, its caller nine times.

    A function of the user's gets characters as they came: patterns of its own mean composed ones.
    """

    def first(raws: tf.Tensor) -> tf.RaggedTensor:
        cleaned = clean(raws, lower)
        changed = own_preprocessing.changed(cleaned, *own) if own else cleaned
        return split(one_form(changed, form, lower))[:, :length]

    return tf.function(first, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: numbers of the first `length` tokens, padded with 0; the class's index; the row's hash.

    The vocabulary is the `vocabulary` most frequent tokens of the training split. Of ties the lexicographically greater
    comes first (tensorflow_transform's order).
    """
    import tensorflow_transform as tft

    import graduate.pipeline.tasks.text_vocabulary as text_vocabulary  # imports Beam, which serving does without

    length = custom_config["length"]
    own = own_preprocessing.named_in(custom_config)
    tokens = _tokens(length, custom_config["lower"], custom_config["unicode"], own)(labels.dense(inputs[RAW_FEATURE]))
    vocabulary = text_vocabulary.learned(
        tokens.flat_values, custom_config["vocabulary"], custom_config["min_count"], TOKENS
    )
    numbers = tft.apply_vocabulary(tokens.flat_values, vocabulary, default_value=UNKNOWN - FIRST) + FIRST
    padded = tokens.with_flat_values(numbers).to_tensor(PAD, shape=[None, length])
    return {
        RAW_FEATURE: padded,
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
