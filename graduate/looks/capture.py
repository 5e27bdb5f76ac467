"""Hears what every layer of a model gives, during one eager call; of large outputs only a part is kept."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graduate.looks.walk import named_layers

_VALUES = 120_000  # kept of a call's output
_CALLS = 16


@dataclass(frozen=True)
class Heard:
    """One call's output.

    Args:
        some: (places, units), places evenly spread over rows and positions.
        alive: for every unit, was it ever not 0?
        nonfinite: NaN and infinite values.
        abs_max: of what is finite.
        row_std: mean over numbers of the standard deviation over rows.
    """

    some: np.ndarray
    alive: np.ndarray
    nonfinite: int
    abs_max: float
    row_std: float

    @classmethod
    def of(cls, array: np.ndarray, axis: int) -> Heard:
        """Of an output whose units lie along `axis`."""
        flat = np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
        bad = 0 if np.isfinite(array.sum()) else flat.size - int(np.isfinite(flat).sum())
        flat = _thinned(flat, array, 4 * _VALUES)
        finite = flat[np.isfinite(flat)] if bad else flat
        some = _thinned(flat, array, _VALUES).astype(np.float32)
        rows = array.reshape(len(array), -1)
        rows = rows[:, :: max(1, rows.size // _VALUES)]
        return cls(
            some,
            (flat != 0).any(axis=0),
            bad,
            float(max(finite.max(), -finite.min())) if finite.size else 0.0,
            float(rows.std(axis=0, dtype=np.float64).mean()),
        )


def _thinned(flat: np.ndarray, array: np.ndarray, values: int) -> np.ndarray:
    """At most about `values` numbers, evenly spread, and not the same position of every row."""
    step = max(1, flat.size // values)
    places = array[0].size // flat.shape[1]
    return flat[:: step + (step > 1 and places % step == 0)]


class Captured:
    """What was heard: outputs and pre-activations by layer, and the order of the calls."""

    def __init__(self) -> None:
        self.outputs: dict[str, list[Heard]] = {}
        self.before_activation: dict[str, list[Heard]] = {}
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
        _hear(result, heard.outputs.setdefault(name, []), layer)
        return result

    Layer.__call__ = listening
    try:
        yield heard
    finally:
        Layer.__call__ = current


@contextlib.contextmanager
def _activation_heard(layer: Any, into: list[Heard]) -> Iterator[None]:
    """What the layer's activation function is given; the function is put back."""
    own = vars(layer)
    activation = own.get("activation")
    if not callable(activation) or getattr(activation, "__name__", "") == "linear":
        yield
        return

    def listening(value: Any, *args: Any, **kwargs: Any) -> Any:
        _hear(value, into, layer)
        return activation(value, *args, **kwargs)

    own["activation"] = listening
    try:
        yield
    finally:
        own["activation"] = activation


def _hear(value: Any, into: list[Heard], layer: Any) -> None:
    """The first tensor of floats in a result; symbolic ones have no value."""
    while isinstance(value, list | tuple | dict) and value:
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    value = getattr(value, "flat_values", value)  # ragged
    if value is None or not hasattr(value, "numpy") or "float" not in str(getattr(value, "dtype", "")):
        return
    if len(into) >= _CALLS or not value.shape.rank:
        return
    array = value.numpy()
    if array.size:
        array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
        first = getattr(layer, "data_format", None) == "channels_first" and array.ndim > 2
        into.append(Heard.of(array, 1 if first else -1))
