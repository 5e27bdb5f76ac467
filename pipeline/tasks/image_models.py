"""Networks for images, plain Keras 3. Each ends in logits: softmax belongs to the loss and to the export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers

from graduate.pipeline.tasks.image_transfer import transfer


def mlp(
    input_shape: tuple[int, int, int],
    output_units: int,
    *,
    units: Sequence[int] = (128, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """Dense layers over the flattened pixels. Input (B, H, W, C) float, output (B, output_units) logits."""
    inputs = keras.Input(input_shape)
    x = _dense_stack(layers.Flatten()(inputs), units, activation, dropout, batch_norm)
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name="mlp")


def cnn(
    input_shape: tuple[int, int, int],
    output_units: int,
    *,
    filters: Sequence[int] = (32, 64),
    kernel: int = 3,
    activation: str = "relu",
    dropout: float = 0.2,
    batch_norm: bool = False,
    units: Sequence[int] = (),
) -> keras.Model:
    """A convolution and a pooling per entry of `filters`, then dense layers. Input (B, H, W, C), output logits."""
    inputs = x = keras.Input(input_shape)
    for count in filters:
        x = _convolution(count, kernel, activation, use_bias=not batch_norm)(x)
        if batch_norm:
            x = layers.BatchNormalization()(x)
        x = layers.Activation(activation)(x)
        if min(x.shape[1], x.shape[2]) >= 2:
            x = layers.MaxPooling2D()(x)
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = _dense_stack(x, units, activation, dropout, batch_norm)
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name="cnn")


def resnet(
    input_shape: tuple[int, int, int],
    output_units: int,
    *,
    filters: Sequence[int] = (32, 64),
    blocks: int = 2,
    activation: str = "relu",
    dropout: float = 0.0,
) -> keras.Model:
    """A small residual network (He et al. 2016, pre-activation): a stage of `blocks` blocks per entry of `filters`."""
    inputs = keras.Input(input_shape)
    x = _convolution(filters[0], 3, activation, use_bias=False)(inputs)
    for stage, count in enumerate(filters):
        for block in range(blocks):
            halve = stage > 0 and block == 0 and min(x.shape[1], x.shape[2]) >= 2
            x = _residual(x, count, 2 if halve else 1, activation)
    x = layers.Activation(activation)(layers.BatchNormalization()(x))
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name="resnet")


_RECTIFIERS = ("relu", "leaky_relu", "relu6", "elu", "gelu", "silu", "swish", "mish", "hard_silu")
BUILDERS: Mapping[str, Callable[..., keras.Model]] = {"mlp": mlp, "cnn": cnn, "resnet": resnet, "transfer": transfer}


def _residual(x: keras.KerasTensor, count: int, stride: int, activation: str) -> keras.KerasTensor:
    def convolution(y: keras.KerasTensor, stride: int) -> keras.KerasTensor:
        y = layers.Activation(activation)(layers.BatchNormalization()(y))
        return _convolution(count, 3, activation, use_bias=False, strides=stride)(y)

    fits = stride == 1 and x.shape[-1] == count
    short = x if fits else layers.Conv2D(count, 1, strides=stride, use_bias=False)(x)
    return layers.Add()([short, convolution(convolution(x, stride), 1)])


def _dense_stack(
    x: keras.KerasTensor, units: Sequence[int], activation: str, dropout: float, batch_norm: bool
) -> keras.KerasTensor:
    for count in units:
        x = layers.Dense(count, use_bias=not batch_norm, kernel_initializer=_initialiser(activation))(x)
        if batch_norm:
            x = layers.BatchNormalization()(x)
        x = layers.Dropout(dropout)(layers.Activation(activation)(x))
    return x


def _convolution(count: int, kernel: int, activation: str, **more: Any) -> layers.Conv2D:
    return layers.Conv2D(count, kernel, padding="same", kernel_initializer=_initialiser(activation), **more)


def _initialiser(activation: str) -> str:
    """He et al. 2015 for the rectifier family, LeCun et al. 1998 for SELU, Glorot and Bengio 2010 for the rest."""
    if activation == "selu":
        return "lecun_normal"
    return "he_normal" if activation in _RECTIFIERS else "glorot_uniform"
