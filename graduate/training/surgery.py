"""The same network with another activation, initialiser, normalisation, … : any functional or Sequential Keras model.

What can be changed, as keywords:

- `activation`: of every hidden Dense and convolution, and of hidden Activation layers; recurrent layers keep theirs
- `initialiser`: "by_activation" draws kernels anew with the gain of the activation behind them, and biases as 0
- `normalisation`: "batch" or "layer", between every hidden Dense or convolution and its activation
- `dropout`: the rate of a Dropout before the last layer with weights
- `penalty`: a factor of all regularisers; `most_dropout`: a bound of all dropout rates
- `unfreeze`: names of layers that are to be trainable
- `scale_inputs`: a Normalization in front, of the mean and variance of training rows

Weights that are not drawn anew are those of the given model, pretrained ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from graduate.remedies.better_initialiser import right

_KERNELS = ("Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv2D")
_ACTIVATION_CLASSES = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "leaky_relu"}
_RECURRENT = ("LSTM", "GRU", "SimpleRNN")
_NORMALISERS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization")
_PASSING = ("Activation", *_ACTIVATION_CLASSES, *_NORMALISERS, "Dropout", "SpatialDropout2D")
_OUTLIER = 100.0  # times the median size of a row
_REGULARISERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "recurrent_regularizer")


def changed(
    model: keras.Model, changes: Mapping[str, Any], rows: Callable[[], Any] | None = None
) -> tuple[keras.Model, int]:
    """The network anew, and how many of its layers differ.

    Args:
        model: built.
        changes: see above.
        rows: () -> some training rows, as they go into the model; for `scale_inputs`.

    Raises:
        ValueError: it is neither functional nor Sequential, or a change does not fit it.
    """
    if not changes:
        return model, 0
    if isinstance(model, keras.Sequential):
        model = _functional(model)
    if not hasattr(model, "operations"):
        raise ValueError("a subclassed network cannot be taken apart")
    plan = _Plan(model, changes)
    layers = {key: value for key, value in changes.items() if key != "scale_inputs"}
    new = keras.models.clone_model(model, clone_function=plan.copy, call_function=plan.call) if layers else model
    if layers and "initialiser" not in changes:
        _keep_weights(model, new)
    edits = plan.edits
    if changes.get("scale_inputs"):
        new, edits = _scaled(new, rows() if rows is not None else None), edits + 1
    return new, edits


def why_not(model: keras.Model, changes: Mapping[str, Any], rows: Callable[[], Any] | None = None) -> str | None:
    """Why a network cannot be changed so; None where it can. Draws no random number."""
    from graduate.looks.untouched import untouched

    try:
        with untouched(model):
            _, edits = changed(model, changes, rows)
    except (ValueError, TypeError, NotImplementedError, AttributeError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return None if edits else "nothing in the network would change"


class _Plan:
    """What becomes of each layer."""

    def __init__(self, model: keras.Model, changes: Mapping[str, Any]) -> None:
        self.edits = 0
        self._changes = changes
        chain = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        weighted = [i for i, layer in enumerate(chain) if _has_kernel(layer)]
        last = weighted[-1] if weighted else len(chain)
        self._hidden = {layer.name for layer in chain[:last]}
        self._output = chain[last].name if weighted else None
        behind = {layer.name: _until_next_kernel(chain, i) for i, layer in enumerate(chain)}
        self._followed = {
            name: next((found for one in ones if (found := _activation(one))), None) for name, ones in behind.items()
        }
        self._normalised = {name for name, ones in behind.items() if any(_kind(one) in _NORMALISERS for one in ones)}
        self._split: dict[str, str] = {}  # activations that were taken out of their layers

    def copy(self, layer: Any) -> Any:
        """The layer anew."""
        config, hidden, kind = layer.get_config(), layer.name in self._hidden, _kind(layer)
        before = repr(config)
        new = self._changes.get("activation") if hidden else None
        if new and kind in _ACTIVATION_CLASSES:
            self.edits += 1
            return keras.layers.Activation(new, name=layer.name)
        own = config.get("activation")
        if hidden and kind in (*_KERNELS, "Activation") and isinstance(own, str) and own not in ("linear", "softmax"):
            config["activation"] = new or own
            if self._is_to_be_normalised(layer):
                self._split[layer.name], config["activation"] = new or own, "linear"
        if self._changes.get("initialiser") == "by_activation":
            _initialise(config, kind, new or _activation(layer) or self._followed[layer.name] or "linear")
        if "most_dropout" in self._changes and isinstance(config.get("rate"), float):
            config["rate"] = min(config["rate"], self._changes["most_dropout"])
        for name in _REGULARISERS:
            if "penalty" in self._changes and isinstance(config.get(name), dict):
                config[name] = _scaled_penalty(config[name], self._changes["penalty"])
        if layer.name in self._changes.get("unfreeze", ()):
            config["trainable"] = True
        self.edits += repr(config) != before
        return type(layer).from_config(config)

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """The layer's output, with what is new before and behind it."""
        if "dropout" in self._changes and layer.name == self._output:
            args, self.edits = (keras.layers.Dropout(self._changes["dropout"])(args[0]), *args[1:]), self.edits + 1
        x = layer(*args, **kwargs)
        if self._is_to_be_normalised(layer):
            batch = self._changes["normalisation"] == "batch"
            x, self.edits = (
                (keras.layers.BatchNormalization if batch else keras.layers.LayerNormalization)()(x),
                self.edits + 1,
            )
            x = keras.layers.Activation(self._split[layer.name])(x) if layer.name in self._split else x
        return x

    def _is_to_be_normalised(self, layer: Any) -> bool:
        fits = layer.name in self._hidden and _kind(layer) in _KERNELS and layer.name not in self._normalised
        return bool(self._changes.get("normalisation")) and fits


def _kind(layer: Any) -> str:
    return type(layer).__name__


def _has_kernel(layer: Any) -> bool:
    return any(variable.name.endswith("kernel") for variable in layer.trainable_weights + layer.non_trainable_weights)


def _until_next_kernel(chain: list[Any], at: int) -> list[Any]:
    """The layers behind the one at `at` that only pass on what it gives."""
    found = []
    for layer in chain[at + 1 :]:
        if _kind(layer) not in _PASSING:
            break
        found.append(layer)
    return found


def _activation(layer: Any) -> str | None:
    """Keras' name of a layer's activation, where it has one that does something."""
    if _kind(layer) in _ACTIVATION_CLASSES:
        return _ACTIVATION_CLASSES[_kind(layer)]
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return name if name not in (None, "linear") else None


def _initialise(config: dict[str, Any], kind: str, activation: str) -> None:
    for name in ("kernel_initializer", "depthwise_initializer", "pointwise_initializer"):
        if name in config:
            config[name] = "glorot_uniform" if kind in _RECURRENT else right(activation)
    if "embeddings_initializer" in config:
        config["embeddings_initializer"] = "uniform"
    if "recurrent_initializer" in config:
        config["recurrent_initializer"] = "orthogonal"
    elif "bias_initializer" in config:
        config["bias_initializer"] = "zeros"


def _scaled_penalty(regulariser: dict[str, Any], factor: float) -> dict[str, Any]:
    inner = {key: value * factor if isinstance(value, float) else value for key, value in regulariser["config"].items()}
    return {**regulariser, "config": inner}


def _functional(model: keras.Sequential) -> keras.Model:
    """The layers themselves, in a functional model."""
    inputs = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
    x = inputs
    for layer in model.layers:
        x = layer(x)
    return keras.Model(inputs, x, name=model.name)


def _keep_weights(old: keras.Model, new: keras.Model) -> None:
    """Layers are told by their names, and keep their weights where the shapes are the same."""
    there = {layer.name: layer for layer in new.layers}
    for layer in old.layers:
        copy = there.get(layer.name)
        if copy is not None and [w.shape for w in copy.weights] == [w.shape for w in layer.weights]:
            for mine, theirs in zip(copy.weights, layer.weights, strict=True):
                mine.assign(theirs)


def _scaled(model: keras.Model, rows: Any) -> keras.Model:
    """A Normalization before the network, by the last axis: features, or channels."""
    if isinstance(rows, dict) or len(model.inputs) != 1:
        raise ValueError("a network with several inputs")
    values = np.asarray(rows, np.float64)
    axes = tuple(range(values.ndim - 1))
    size = np.sqrt(np.nansum(np.square(np.where(np.isfinite(values), values, np.nan)), tuple(range(1, values.ndim))))
    values = values[size <= _OUTLIER * max(float(np.median(size)), 1e-30)]  # a broken row must not set the scale
    finite = np.where(np.isfinite(values), values, np.nan)
    mean, variance = np.nanmean(finite, axes), np.nanvar(finite, axes)
    variance = np.where(variance < 1e-12, 1.0, variance)
    inputs = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
    return keras.Model(inputs, model(keras.layers.Normalization(mean=mean, variance=variance)(inputs)), name=model.name)
