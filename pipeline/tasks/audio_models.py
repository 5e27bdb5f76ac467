"""Networks for recordings, plain Keras 3: (frames, bands) in, logits out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers


def cnn(
    input_shape: tuple[int, int],
    output_units: int,
    *,
    filters: Sequence[int] = (16, 32, 64, 64),
    kernel: int = 3,
    activation: str = "relu",
    dropout: float = 0.2,
    batch_norm: bool = True,
    units: Sequence[int] = (),
) -> keras.Model:
    """A 2-D convolution and a pooling per entry of `filters` over time and bands, then the maximum over time.

    The maximum makes it indifferent to when a word is spoken; bands stay apart. Input (B, frames, bands) float.
    """
    inputs = keras.Input(input_shape)
    x = layers.Reshape((*input_shape, 1))(inputs)
    for count in filters:
        x = _convolved(x, count, kernel, activation, batch_norm, (2, 2))
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    x = layers.Dropout(dropout)(layers.GlobalMaxPooling1D()(x))
    return _classified(inputs, x, output_units, units, activation, dropout, "cnn")


def crnn(
    input_shape: tuple[int, int],
    output_units: int,
    *,
    filters: Sequence[int] = (16, 32),
    kernel: int = 3,
    recurrent: int = 48,
    bidirectional: bool = True,
    activation: str = "relu",
    dropout: float = 0.2,
    batch_norm: bool = True,
    units: Sequence[int] = (),
) -> keras.Model:
    """Convolutions and poolings, then gated recurrent units over time (Çakır et al. 2017), both ways where asked.

    Input (B, frames, bands) float.
    """
    inputs = keras.Input(input_shape)
    x = layers.Reshape((*input_shape, 1))(inputs)
    for count in filters:
        x = _convolved(x, count, kernel, activation, batch_norm, (2, 2))
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    cell = layers.GRU(recurrent, return_sequences=True, name="gru")
    x = (layers.Bidirectional(cell, name="both_gru") if bidirectional else cell)(x)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling1D()(x))
    return _classified(inputs, x, output_units, units, activation, dropout, "crnn")


BUILDERS: Mapping[str, Callable[..., keras.Model]] = {"cnn": cnn, "crnn": crnn}
_RECTIFIERS = ("relu", "leaky_relu", "relu6", "elu", "gelu", "silu", "swish", "mish", "hard_silu")


def _convolved(x: Any, count: int, kernel: int, activation: str, batch_norm: bool, pool: tuple[int, int]) -> Any:
    """Convolution, normalisation, activation, and the maximum of neighbours, as far as there are any."""
    x = layers.Conv2D(
        count, kernel, padding="same", use_bias=not batch_norm, kernel_initializer=_initialiser(activation)
    )(x)
    if batch_norm:
        x = layers.BatchNormalization()(x)
    x = layers.Activation(activation)(x)
    pool = min(pool[0], x.shape[1]), min(pool[1], x.shape[2])
    return layers.MaxPooling2D(pool)(x) if max(pool) > 1 else x


def _classified(
    inputs: Any, x: Any, output_units: int, units: Sequence[int], activation: str, dropout: float, name: str
) -> keras.Model:
    for count in units:
        x = layers.Dense(count, activation=activation, kernel_initializer=_initialiser(activation))(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name=name)


def _initialiser(activation: str) -> str:
    """He et al. 2015 for the rectifier family, LeCun et al. 1998 for SELU, Glorot and Bengio 2010 for the rest."""
    if activation == "selu":
        return "lecun_normal"
    return "he_normal" if activation in _RECTIFIERS else "glorot_uniform"
