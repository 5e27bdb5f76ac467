"""Networks for texts, plain Keras 3: numbers of tokens in, logits out. 0 is padding, and is masked throughout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers, ops


def bag(
    input_shape: tuple[int],
    output_units: int,
    *,
    tokens: int,
    embedding: int = 64,
    units: Sequence[int] = (64,),
    activation: str = "relu",
    dropout: float = 0.3,
) -> keras.Model:
    """The mean of the tokens' embeddings, then dense layers (Joulin et al. 2016, fastText). Input (B, L) integers."""
    inputs = keras.Input(input_shape, dtype="int32")
    x = layers.Embedding(tokens, embedding, name="embedding")(inputs)
    x = layers.Dropout(dropout)(MeanOfTokens(name="mean")([x, inputs]))
    return _classified(inputs, x, output_units, units, activation, dropout, "bag")


def lstm(
    input_shape: tuple[int],
    output_units: int,
    *,
    tokens: int,
    embedding: int = 64,
    recurrent: int = 64,
    bidirectional: bool = True,
    units: Sequence[int] = (),
    activation: str = "relu",
    dropout: float = 0.3,
) -> keras.Model:
    """A long short-term memory over the tokens (Hochreiter and Schmidhuber 1997), the other way too where asked."""
    sizes = tokens, embedding, recurrent
    return _recurrent(layers.LSTM, input_shape, output_units, sizes, bidirectional, units, activation, dropout)


def gru(
    input_shape: tuple[int],
    output_units: int,
    *,
    tokens: int,
    embedding: int = 64,
    recurrent: int = 64,
    bidirectional: bool = True,
    units: Sequence[int] = (),
    activation: str = "relu",
    dropout: float = 0.3,
) -> keras.Model:
    """Gated recurrent units over the tokens (Cho et al. 2014), the other way too where asked."""
    sizes = tokens, embedding, recurrent
    return _recurrent(layers.GRU, input_shape, output_units, sizes, bidirectional, units, activation, dropout)


def transformer(
    input_shape: tuple[int],
    output_units: int,
    *,
    tokens: int,
    embedding: int = 64,
    heads: int = 4,
    blocks: int = 2,
    units: Sequence[int] = (),
    activation: str = "gelu",
    dropout: float = 0.2,
) -> keras.Model:
    """Pre-norm encoder blocks (Vaswani et al. 2017; Xiong et al. 2020) with learned positions, then their mean."""
    inputs = keras.Input(input_shape, dtype="int32")
    x = Positions(name="positions")(layers.Embedding(tokens, embedding, name="embedding")(inputs))
    mask = ops.expand_dims(ops.not_equal(inputs, 0), 1)
    for number in range(blocks):
        y = layers.LayerNormalization()(x)
        # without biases: softmax does not see that of the keys, which would never learn
        attention = layers.MultiHeadAttention(
            heads, embedding // heads, dropout=dropout, use_bias=False, name=f"attention_{number}"
        )
        y = attention(y, y, attention_mask=mask)
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
        y = layers.LayerNormalization()(x)
        y = layers.Dense(embedding)(layers.Dense(4 * embedding, activation=activation)(y))
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
    x = MeanOfTokens(name="mean")([layers.LayerNormalization()(x), inputs])
    return _classified(inputs, x, output_units, units, activation, dropout, "transformer")


BUILDERS: Mapping[str, Callable[..., keras.Model]] = {"bag": bag, "lstm": lstm, "gru": gru, "transformer": transformer}


@keras.saving.register_keras_serializable("graduate")
class MeanOfTokens(layers.Layer):
    """(B, L, E) and the tokens (B, L) -> (B, E): the mean over what is not padding; zeros for an empty text."""

    supports_masking = True  # by the tokens themselves

    def compute_mask(self, given: Any, mask: Any = None) -> None:
        return None

    def call(self, given: Any) -> Any:
        x, tokens = given
        there = ops.cast(ops.expand_dims(ops.not_equal(tokens, 0), -1), x.dtype)
        return ops.sum(x * there, 1) / ops.maximum(ops.sum(there, 1), 1)

    def compute_output_shape(self, shapes: Any) -> Any:
        return (shapes[0][0], shapes[0][2])


@keras.saving.register_keras_serializable("graduate")
class Positions(layers.Layer):
    """(B, L, E) -> (B, L, E): a learned vector is added at each position."""

    def build(self, shape: Any) -> None:
        initializer = keras.initializers.RandomNormal(stddev=0.02)  # as GPT-2 and BERT
        self.vectors = self.add_weight(shape=shape[1:], initializer=initializer, name="vectors")

    def call(self, x: Any) -> Any:
        return x + self.vectors


def _recurrent(
    layer: Any,
    input_shape: tuple[int],
    output_units: int,
    sizes: tuple[int, int, int],
    bidirectional: bool,
    units: Sequence[int],
    activation: str,
    dropout: float,
) -> keras.Model:
    (tokens, embedding, recurrent), name = sizes, layer.__name__.lower()
    inputs = keras.Input(input_shape, dtype="int32")
    x = layers.Dropout(dropout)(layers.Embedding(tokens, embedding, name="embedding")(inputs))
    cell = layer(recurrent, return_sequences=True, name=name)
    mask = ops.not_equal(inputs, 0)
    x = (layers.Bidirectional(cell, name=f"both_{name}") if bidirectional else cell)(x, mask=mask)
    x = layers.Dropout(dropout)(MeanOfTokens(name="mean")([x, inputs]))
    return _classified(inputs, x, output_units, units, activation, dropout, name)


def _classified(
    inputs: Any, x: Any, output_units: int, units: Sequence[int], activation: str, dropout: float, name: str
) -> keras.Model:
    for count in units:
        x = layers.Dropout(dropout)(layers.Dense(count, activation=activation)(x))
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name=name)
