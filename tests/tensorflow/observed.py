"""Programs to observe, and what to run them with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from graduate.observe import Observer
from graduate.trace import Trace, open_trace


def observed(folder: Path, program: Callable[[], Any], *, every: int = 1) -> tuple[Any, list[Trace]]:
    """What the program gives, and its traces; a failure of the observer fails the test."""
    observer = Observer(folder, every)
    observer.install()
    try:
        result = program()
    finally:
        errors = observer.guard.errors
        traces = observer.finish("finished")
    assert not errors
    return result, [open_trace(trace) for trace in traces]


def same_with_and_without(folder: Path, program: Callable[[], Any]) -> list[Trace]:
    """Run a program without and with the observer from the same seed: what it gives must be the same bit for bit."""
    results = []
    traces: list[Trace] = []
    for watched in (False, True):
        keras.utils.clear_session()
        keras.utils.set_random_seed(11)
        if watched:
            result, traces = observed(folder, program)
        else:
            result = program()
        results.append([np.asarray(one) for one in result])
    for plain, seen in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, seen)
    return traces


def rows(count: int = 320, width: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (count, width) and the two classes (count,) that a line parts."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int32)


def network(width: int = 6, outputs: int = 2, activation: str | None = "softmax", built: bool = True) -> keras.Model:
    """Dense → dropout → batch norm → dense."""
    layers = [
        keras.layers.Dense(8, activation="relu", name="first"),
        keras.layers.Dropout(0.3),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(outputs, activation=activation, name="last"),
    ]
    return keras.Sequential([keras.Input((width,)), *layers] if built else layers, name="net")
