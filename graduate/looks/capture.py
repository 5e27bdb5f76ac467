"""Hears what every layer of a model gives, during one eager call."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from graduate.looks.walk import named_layers


class Captured:
    """What was heard: outputs and pre-activations by layer, and the order of the calls."""

    def __init__(self) -> None:
        self.outputs: dict[str, list[np.ndarray]] = {}
        self.before_activation: dict[str, list[np.ndarray]] = {}
        self.layers: dict[str, Any] = {}

    @property
    def order(self) -> list[str]:
        """Names in the order in which layers ended their first call."""
        return list(self.outputs)


@contextlib.contextmanager
def captured(model: Any) -> Iterator[Captured]:
    """While open, calls of the model's layers in this thread are heard: `Layer.__call__` is replaced for so long."""
    from keras.layers import Layer

    heard = Captured()
    names = {id(layer): name for name, layer in named_layers(model)}
    heard.layers = dict(named_layers(model))
    thread, current = threading.get_ident(), Layer.__call__

    def listening(layer: Any, *args: Any, **kwargs: Any) -> Any:
        name = names.get(id(layer))
        if name is None or threading.get_ident() != thread:
            return current(layer, *args, **kwargs)
        with _activation_heard(layer, heard.before_activation.setdefault(name, [])):
            result = current(layer, *args, **kwargs)
        _hear(result, heard.outputs.setdefault(name, []))
        return result

    Layer.__call__ = listening
    try:
        yield heard
    finally:
        Layer.__call__ = current


@contextlib.contextmanager
def _activation_heard(layer: Any, into: list[np.ndarray]) -> Iterator[None]:
    """What the layer's activation function is given; the function is put back."""
    own = vars(layer)
    activation = own.get("activation")
    if not callable(activation) or getattr(activation, "__name__", "") == "linear":
        yield
        return

    def listening(value: Any, *args: Any, **kwargs: Any) -> Any:
        _hear(value, into)
        return activation(value, *args, **kwargs)

    own["activation"] = listening
    try:
        yield
    finally:
        own["activation"] = activation


def _hear(value: Any, into: list[np.ndarray]) -> None:
    """The first tensor of floats in a result; symbolic ones have no value."""
    while isinstance(value, list | tuple | dict) and value:
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    value = getattr(value, "flat_values", value)  # ragged
    if value is None or not hasattr(value, "numpy") or "float" not in str(getattr(value, "dtype", "")):
        return
    if len(into) < 16:
        array = value.numpy()
        into.append(array if array.dtype in (np.float32, np.float64) else array.astype(np.float32))
