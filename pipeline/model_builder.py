"""The function that makes a config's network: one of the task's own builders, or one in a module of the user's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from graduate import user_code
from graduate.pipeline import tasks

_CONTRACT = "build(input_shape, output_units, **hyperparameters) returns a Keras model that ends in Dense(output_units)"


def builder(
    config: Mapping[str, Any],
    base_dir: str,
    outputs: int,
    shape: tuple[int, ...],
    constants: Mapping[str, Any] | None = None,
) -> Callable[[], keras.Model]:
    """Give () -> model, which is called in the strategy's scope after all seeds are set.

    Args:
        config: the groups `task`, `transform` and `model`, as JSON values.
        base_dir: the folder that `model.module` is relative to.
        outputs: how many the model has: classes, labels or numbers.
        shape: of what is kept of a row.
        constants: what Transform learned, for the task's own builders.

    Raises:
        UserCodeError: the user's module cannot be imported; later, its function raises or gives no such model.
    """
    module = config["model"]["module"]
    if module is None:
        given = _with_file(config, base_dir)
        return lambda: tasks.load_training(config["task"]).build_model(given, outputs, shape, constants or {})
    path = Path(os.path.abspath(Path(base_dir) / Path(module).expanduser()))
    function = user_code.load_function(path, config["model"]["build"])
    if config["task"] == "audio":  # what is kept is a waveform, what the network hears its features
        shape = tasks.load("audio").input_shape(config)

    def build() -> keras.Model:
        model = user_code.call(path, function, shape, outputs, **config["model"]["hyperparameters"])
        if not isinstance(model, keras.Model):
            given = f"{type(model).__module__}.{type(model).__qualname__}"
            raise _refused(path, f"{config['model']['build']} returned {given}, not a Keras 3 model")
        model = user_code.call(path, _as_functional, model, shape)
        if model.output_shape != (None, outputs):
            raise _refused(
                path,
                f"the model's output has shape {model.output_shape}, not (None, {outputs}): "
                "one a class, label or number",
            )
        return model

    return build


def _with_file(config: Mapping[str, Any], base_dir: str) -> Mapping[str, Any]:
    """The hyperparameter `file` as an absolute path, where there is one."""
    model = config["model"]
    if "file" not in model["hyperparameters"]:
        return config
    file = os.path.abspath(Path(base_dir) / Path(model["hyperparameters"]["file"]).expanduser())
    return {**config, "model": {**model, "hyperparameters": {**model["hyperparameters"], "file": file}}}


def _as_functional(model: keras.Model, shape: tuple[int, ...]) -> keras.Model:
    """A model with known shapes: a subclassed one, or a Sequential without an Input, is called once symbolically."""
    if isinstance(model, keras.Sequential):
        if not model.built:
            model.build((None, *shape))
        return model
    if hasattr(model, "operations"):  # functional
        return model
    inputs = keras.Input(shape)
    given = model(inputs)
    if not isinstance(given, keras.KerasTensor):
        raise TypeError(f"the model gives {type(given).__name__}, not one tensor")
    return keras.Model(inputs, given, name=model.name)


def _refused(path: Path, message: str) -> user_code.UserCodeError:
    return user_code.UserCodeError(message, where=str(path), hint=_CONTRACT)
