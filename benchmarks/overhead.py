"""What recording costs: a step's time with every statistic of every variable at every step ÷ without.

    python benchmarks/overhead.py [--rounds 60] [--networks digits mlp residual] [--json]

Three networks, made once each with a recorder and once without; their calls of a fixed number of steps alternate, so
that what else the machine does falls on both. The figure is the median over rounds of the two calls' ratio; writing
the trace is in it. Targets: 1.015 on a residual CNN (32x32x3, batch 128), 1.03 on the digits CNN (8x8x1, batch 64) and
on an MLP of 100 layers (64 units, batch 64). Also printed: the memory of the recorder's buffer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from graduate.recorder import Recorder
from graduate.training import Rows, TrainingOptions, resolve_strategy, train


def digits() -> keras.Model:
    """The digits CNN."""
    convolution = {"padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(32, 3, **convolution),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, **convolution),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


def mlp() -> keras.Model:
    """100 layers of 64 units."""
    hidden = [keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal") for _ in range(99)]
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), *hidden, keras.layers.Dense(10)])


def residual() -> keras.Model:
    """A residual CNN of 20 layers for 32x32x3."""

    def convolved(x: Any, filters: int, stride: int = 1) -> Any:
        x = keras.layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        return keras.layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = keras.layers.ReLU()(convolved(inputs, 16))
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if filters > 16 and block == 0 else 1
            shortcut = x if stride == 1 else keras.layers.Conv2D(filters, 1, stride, use_bias=False)(x)
            y = keras.layers.ReLU()(convolved(x, filters, stride))
            x = keras.layers.ReLU()(keras.layers.add([convolved(y, filters), shortcut]))
    return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x)))


# build, input shape, batch, steps a call, target
NETWORKS: dict[str, tuple[Callable[[], keras.Model], tuple[int, ...], int, int, float]] = {
    "digits": (digits, (8, 8, 1), 64, 40, 1.03),
    "mlp": (mlp, (8, 8, 1), 64, 5, 1.03),
    "residual": (residual, (32, 32, 3), 128, 1, 1.015),
}


class Turns:
    """Lets two trainings in threads of their own run one call each in turn, and times the calls."""

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self._condition = threading.Condition()
        self._turn = 0
        self._left = {0: calls, 1: calls}
        self.seconds: dict[int, list[float]] = {0: [], 1: []}

    def seat(self, number: int) -> Any:
        """The callback of a training: it goes last, so that the other callbacks' time is its training's."""
        turns = self

        class Seat:
            def start(self, training: Any) -> None:
                turns.take(number)

            def after_steps(self, step: int) -> None:
                turns.give(number)

        return Seat()

    def take(self, number: int) -> None:
        """Wait for the turn; the clock runs from there."""
        with self._condition:
            self._condition.wait_for(lambda: self._turn == number)
        self._began = time.perf_counter()

    def give(self, number: int) -> None:
        """End of a call: the other's turn, and wait for the next one unless this was the last."""
        self.seconds[number].append(time.perf_counter() - self._began)
        self._left[number] -= 1
        with self._condition:
            self._turn = 1 - number
            self._condition.notify_all()
        if self._left[number]:
            self.take(number)


def measure(name: str, rounds: int) -> dict[str, float]:
    """The figures of one network."""
    build, shape, batch, steps, target = NETWORKS[name]
    random = np.random.default_rng(0)
    rows = Rows(
        random.integers(0, 255, (4 * batch, *shape)).astype(np.float32) / 255, random.integers(0, 10, 4 * batch)
    )
    calls = rounds + 2  # the first one traces, the second one finds memory
    options = TrainingOptions(
        steps=calls * steps, batch_size=batch, steps_per_call=steps, eval_every=calls * steps, deterministic=False
    )
    strategy, _ = resolve_strategy("auto")
    turns = Turns(calls)
    with tempfile.TemporaryDirectory() as folder, Recorder(os.path.join(folder, "trace")) as recorder:
        watched = [[], [recorder]]
        threads = [
            threading.Thread(
                target=train,
                args=(build, rows, None, options),
                kwargs={"strategy": strategy, "callbacks": [*watched[number], turns.seat(number)]},
            )
            for number in (0, 1)
        ]
        for thread in threads:
            thread.start()
            time.sleep(0)
        for thread in threads:
            thread.join()
        memory = recorder.buffer_bytes
    plain, recorded = (np.array(turns.seconds[number][2:]) / steps for number in (0, 1))
    return {
        "without_ms": 1e3 * statistics.median(plain),
        "with_ms": 1e3 * statistics.median(recorded),
        "ratio": statistics.median(recorded / plain),
        "target": target,
        "buffer_mb": memory / 1e6,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {name: measure(name, given.rounds) for name in given.networks}
    if given.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(
            f"{name:9s} {figures['ratio']:.3f} (target {figures['target']})   {figures['without_ms']:.2f} ms without, "
            f"{figures['with_ms']:.2f} ms with, buffer {figures['buffer_mb']:.1f} MB"
        )


if __name__ == "__main__":
    main()
