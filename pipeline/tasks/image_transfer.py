"""A network of the user's own, from a Keras file, cut and given a new head for this data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import layers

from graduate.user_code import UserCodeError

_POOLING = {4: layers.GlobalAveragePooling2D, 3: layers.GlobalAveragePooling1D}  # by how many axes there are


def transfer(
    input_shape: tuple[int, int, int],
    output_units: int,
    *,
    file: str,
    cut: str | int = -2,
    freeze: bool | int = True,
    units: Sequence[int] = (),
    activation: str = "relu",
    dropout: float = 0.0,
) -> keras.Model:
    """The file's network up to a layer, averaged over places where it has any, then dense layers.

    Input (B, H, W, C), output (B, output_units) logits. All layers stand side by side, none inside another model, so
    that each is watched by its name. A frozen BatchNormalization uses the mean and variance that it came with.

    Args:
        input_shape: of what the network sees.
        output_units: how many logits.
        file: an absolute path.
        cut: the last layer that is kept: its name, or its place among the layers.
        freeze: whether the layers that are kept stay as they are; or how many of those with weights, from the first.
        units, activation, dropout: of the head.

    Raises:
        UserCodeError: the file is no Keras model, has no such layer, or takes another input.
    """
    path = Path(file)
    kept = _until(_loaded(path), cut, path)
    _check_input(kept, input_shape, path)
    if kept.input_shape[1:] != tuple(input_shape):  # any size: the shapes of this one
        sized = keras.models.clone_model(kept, input_tensors=keras.Input(input_shape))
        sized.set_weights(kept.get_weights())
        kept = sized
    weighty = [layer for layer in kept.layers if layer.weights]
    for layer in weighty[: len(weighty) if freeze is True else int(freeze)]:
        layer.trainable = False
    x = kept.output
    if pooling := _POOLING.get(len(x.shape)):
        x = pooling(name="head_pooling")(x)
    elif len(x.shape) > 2:
        x = layers.Flatten(name="head_flatten")(x)
    for number, count in enumerate(units):
        x = layers.Dense(count, activation=activation, name=f"head_{number}")(x)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    taken = any(layer.name == "logits" for layer in kept.layers)
    logits = layers.Dense(output_units, name="head_logits" if taken else "logits")(x)
    return keras.Model(kept.input, logits, name="transfer")


def _loaded(path: Path) -> keras.Model:
    try:
        model: Any = keras.models.load_model(path, compile=False)
    except Exception as error:
        told = " ".join(str(error).split())[:200]
        raise _refused(
            path, f"cannot be loaded: {told}", "model.save('base.keras'), without layers of your own"
        ) from error
    if len(model.inputs) != 1:
        raise _refused(path, f"takes {len(model.inputs)} inputs, not one image", "save the part that takes the image")
    return model


def _until(model: keras.Model, cut: str | int, path: Path) -> keras.Model:
    names = [layer.name for layer in model.layers]
    try:
        layer = model.get_layer(cut) if isinstance(cut, str) else model.layers[cut]
    except (ValueError, IndexError):
        hint = f"its layers are {', '.join(names[-8:])}"
        raise _refused(path, f"has no layer {cut}", hint) from None
    return keras.Model(model.inputs[0], layer.output)


def _check_input(model: keras.Model, wanted: tuple[int, int, int], path: Path) -> None:
    given = model.input_shape[1:]
    if len(given) != 3 or any(one not in (None, other) for one, other in zip(given, wanted, strict=True)):
        takes, gives = ("×".join("any" if one is None else str(one) for one in shape) for shape in (given, wanted))
        raise _refused(path, f"takes {takes}, and transform gives {gives}", "transform.size and transform.channels")


def _refused(path: Path, message: str, hint: str) -> UserCodeError:
    return UserCodeError(message, where=str(path), hint=hint)
