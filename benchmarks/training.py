"""Our training loop against Keras' Model.fit: same network, rows, batch and optimizer, in alternation, medians.

    python benchmarks/training.py [--rounds 5] [--steps 600] [--json]

Two networks on scikit-learn's digits (1,408 rows of 8x8x1, batch 64, Adam, accuracy measured): a CNN of two
convolutions (32, 64) and a dense layer, and a small MLP. Two figures each: steps a second once traced, and seconds
for all steps with tracing. Model.fit runs as it comes (arrays in, compiled by XLA where Keras decides so), without
XLA, and with 32 steps an execution. It is given normalised floats; ours takes stored bytes and normalises in the
step. Targets: steps a second at least 1.0 times those of Model.fit as it comes on the CNN, 1.3 times on the MLP.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

from graduate.training import Rows, TrainingOptions, resolve_strategy, train

tf.get_logger().setLevel("ERROR")  # that building the same network again traces again is meant
BATCH, ROWS = 64, 1408
TARGETS = {"cnn": 1.0, "mlp": 1.3}

Measured = tuple[float, float]  # steps a second once traced, seconds in all


def cnn() -> keras.Model:
    """The digits CNN."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


def mlp() -> keras.Model:
    """A small MLP: what a step costs beside its arithmetic."""
    layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(64, activation="relu")]
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), *layers, keras.layers.Dense(10)])


class Clock(keras.callbacks.Callback):
    """When the first epoch, which traces, ended."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if epoch == 0:
            self.traced = time.perf_counter()


def with_fit(build: Callable[[], keras.Model], rows: Rows, steps: int, **compiling: object) -> Measured:
    """Train with Model.fit."""
    x, y, clock = rows.inputs.astype(np.float32) / 16.0, rows.labels, Clock()
    began = time.perf_counter()
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], **compiling)
    epochs = max(2, round(steps / (ROWS // BATCH)))
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[clock])
    ended = time.perf_counter()
    return (epochs - 1) * (ROWS // BATCH) / (ended - clock.traced), ended - began


def with_ours(build: Callable[[], keras.Model], rows: Rows, steps: int, **options: object) -> Measured:
    """Train with graduate's loop."""
    began = time.perf_counter()
    steps = max(2, round(steps / (ROWS // BATCH))) * (ROWS // BATCH)
    chosen = TrainingOptions(steps=steps, batch_size=BATCH, eval_every=steps, **options)  # type: ignore[arg-type]
    result = train(
        build,
        rows,
        None,
        chosen,
        strategy=resolve_strategy("auto")[0],
        finalise=lambda x: tf.cast(x, tf.float32) / 16.0,
    )
    return result.steps_per_second, time.perf_counter() - began


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the table")
    given = parser.parse_args()
    found = load_digits()
    rows = Rows(found.images[:ROWS].astype(np.uint8)[..., None], found.target[:ROWS])
    ways: dict[str, Callable[[Callable[[], keras.Model]], Measured]] = {
        "ours": lambda build: with_ours(build, rows, given.steps),
        "ours, xla": lambda build: with_ours(build, rows, given.steps, xla=True),
        "fit": lambda build: with_fit(build, rows, given.steps),
        "fit, no xla": lambda build: with_fit(build, rows, given.steps, jit_compile=False),
        "fit, 32 steps an execution": lambda build: with_fit(build, rows, given.steps, steps_per_execution=32),
    }
    report = {build.__name__: compare(build, ways, given.rounds) for build in (cnn, mlp)}
    if given.json:
        print(json.dumps(report))
        return
    for name, figures in report.items():
        print(f"{name}: ours ÷ fit = {figures['fit']['ours ÷ this, steps/s']:.2f} steps/s (target ≥ {TARGETS[name]})")
        for way, values in figures.items():
            print(f"  {way:28}" + "  ".join(f"{key} {value:8.2f}" for key, value in values.items()))


def compare(build: Callable[[], keras.Model], ways: dict, rounds: int) -> dict[str, dict[str, float]]:
    """Every way in turn, `rounds` times; medians, and medians of the ratios within a round."""
    rates: dict[str, list[float]] = {way: [] for way in ways}
    totals: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            rate, total = run(build)
            rates[way].append(rate)
            totals[way].append(total)
    return {
        way: {
            "steps/s": statistics.median(rates[way]),
            "seconds": statistics.median(totals[way]),
            "ours ÷ this, steps/s": statistics.median(o / t for o, t in zip(rates["ours"], rates[way], strict=True)),
            "ours ÷ this, seconds": statistics.median(o / t for o, t in zip(totals["ours"], totals[way], strict=True)),
        }
        for way in ways
    }


if __name__ == "__main__":
    main()
