"""Are sick trainings cured? Faulty trainings of the loop with `during_training: cure`, beside their healthy twins.

    python benchmarks/cure.py [--only NAME …] [--seeds 0 1] [--json FILE]

A faulty training counts as cured if it ends within 5 % of its healthy twin's metric on held-out rows: accuracy, or the
mean recall over the classes where these are imbalanced. Beside it stands what the same training comes to untreated. The
healthy twins are trained under the same supervision: one that is treated is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from graduate.recorder import Recorder
from graduate.training import Optimizer, Rows, Supervisor, TrainingOptions, resolve_strategy, train

WITHIN = 0.05
_CONSTANT, _NORMAL = keras.initializers.Constant, keras.initializers.RandomNormal


@dataclass(frozen=True)
class Setting:
    """One training.

    Args:
        build: () -> model.
        options: of the loop; SGD at 0.1 over 400 steps of 32 rows unless it says otherwise.
        rows: () -> (training rows, held-out rows).
        by_class: the metric is the mean recall.
    """

    build: Callable[[], Any]
    options: dict[str, Any] = field(default_factory=dict)
    rows: Callable[[], tuple[Rows, Rows]] = field(default=lambda: digits())
    by_class: bool = False


# ---- rows


def digits(train_rows: int = 1000, factor: float = 1 / 16, wrong_labels: float = 0.0) -> tuple[Rows, Rows]:
    """scikit-learn's digits, 8 × 8; some training labels are wrong where it is asked for."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images = (found.images * factor).astype(np.float32)[..., None]
    labels = found.target.copy()
    random = np.random.default_rng(0)
    wrong = random.random(train_rows) < wrong_labels
    labels[:train_rows][wrong] = random.integers(0, 10, int(wrong.sum()))
    return Rows(images[:train_rows], labels[:train_rows]), Rows(images[1200:], labels[1200:])


def with_nan(rows: int = 3) -> tuple[Rows, Rows]:
    """Digits of which a few have a pixel that is not a number."""
    train_rows, held = digits()
    train_rows.inputs[100 : 100 + rows, 3, 3] = np.nan
    return train_rows, held


def with_outliers(rows: int = 2) -> tuple[Rows, Rows]:
    """Digits of which a few are a million times as bright."""
    train_rows, held = digits()
    train_rows.inputs[200 : 200 + rows] *= 1e6
    return train_rows, held


def rare() -> tuple[Rows, Rows]:
    """Digits of which nine in ten are zeros, in both splits; the metric is the mean recall over the classes."""
    random = np.random.default_rng(1)

    def thinned(rows: Rows, zeros: int, others: int) -> Rows:
        few = [np.flatnonzero(rows.labels == label)[:others] for label in range(1, 10)]
        chosen = np.concatenate([random.choice(np.flatnonzero(rows.labels == 0), zeros), *few])
        images = rows.inputs[chosen] + random.normal(0, 0.05, (len(chosen), 8, 8, 1)).astype(np.float32)
        return Rows(images, rows.labels[chosen])

    train_rows, held = digits()
    return thinned(train_rows, 1000, 12), thinned(held, 4000, 50)


def one_scale_apart(scaled: bool) -> tuple[Rows, Rows]:
    """A table whose features are metres and millimetres."""
    random = np.random.default_rng(2)
    values = random.normal(size=(2000, 10)).astype(np.float32)
    labels = (values @ random.normal(size=(10, 4))).argmax(1)
    if not scaled:
        values = values * np.float32(10.0) ** np.arange(-2, 8) + np.float32(10.0) ** np.arange(-2, 8)
    return Rows(values[:1400], labels[:1400]), Rows(values[1400:], labels[1400:])


# ---- networks


def mlp(
    depth: int = 2,
    width: int = 48,
    activation: str = "relu",
    init: Any = None,
    bias: Any = "zeros",
    dropout: float = 0.0,
    l2: float = 0.0,
    shape: tuple[int, ...] = (8, 8, 1),
    classes: int = 10,
) -> Callable[[], Any]:
    """Dense layers over what is flattened."""

    def build() -> Any:
        kernel = init or ("glorot_uniform" if activation in ("tanh", "sigmoid") else "he_normal")
        given = {"bias_initializer": bias, "kernel_regularizer": keras.regularizers.L2(l2) if l2 else None}
        x = inputs = keras.Input(shape)
        x = layers.Flatten()(x)
        for _ in range(depth):
            x = layers.Dense(width, activation=activation, kernel_initializer=_again(kernel), **given)(x)
            x = layers.Dropout(dropout)(x) if dropout else x
        last = kernel if isinstance(kernel, keras.initializers.Constant) else "glorot_uniform"
        return keras.Model(inputs, layers.Dense(classes, kernel_initializer=_again(last))(x))

    return build


def cnn(init: Any = "he_normal", bias: Any = "zeros", activation: str = "relu") -> Callable[[], Any]:
    """Two convolutions and a dense layer."""

    def build() -> Any:
        given = {"activation": activation, "bias_initializer": bias, "padding": "same"}
        return keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(16, 3, kernel_initializer=_again(init), **given),
                layers.MaxPooling2D(),
                layers.Conv2D(32, 3, kernel_initializer=_again(init), **given),
                layers.Flatten(),
                layers.Dense(10),
            ]
        )

    return build


def _again(initializer: Any) -> Any:
    """An initialiser of its own for every layer: one object gives every layer the same draw."""
    return initializer if isinstance(initializer, str) else type(initializer).from_config(initializer.get_config())


def _adam(rate: float, **more: Any) -> dict[str, Any]:
    return {"optimizer": Optimizer("adam"), "learning_rate": rate, **more}


# ---- faulty and healthy

PLAIN = Setting(mlp())
TABLE = mlp(shape=(10,), classes=4)
CASES: dict[str, tuple[Setting, Setting]] = {
    "rate too high, SGD": (Setting(mlp(), {"learning_rate": 30.0}), PLAIN),
    "rate too high, Adam": (Setting(mlp(4), _adam(1.0)), Setting(mlp(4), _adam(0.003))),
    "rate too high, CNN": (Setting(cnn(), {"learning_rate": 10.0}), Setting(cnn())),
    "rate too low, SGD": (Setting(mlp(), {"learning_rate": 1e-5}), PLAIN),
    "rate too low, Adam": (Setting(cnn(), _adam(1e-7)), Setting(cnn(), _adam(0.003))),
    "exploding weights": (Setting(mlp(4, init=_NORMAL(stddev=3.0))), Setting(mlp(4))),
    "dead ReLU by bias": (Setting(mlp(3, bias=_CONSTANT(-20.0))), Setting(mlp(3))),
    "dead ReLU in a CNN": (Setting(cnn(bias=_CONSTANT(-20.0))), Setting(cnn())),
    "deep sigmoid": (Setting(mlp(8, activation="sigmoid"), _adam(0.003)), Setting(mlp(8), _adam(0.003))),
    "deep tanh, tiny weights": (
        Setting(mlp(8, activation="tanh", init=_NORMAL(stddev=0.01))),
        Setting(mlp(8, activation="tanh")),
    ),
    "saturated tanh": (
        Setting(mlp(4, activation="tanh", init=_NORMAL(stddev=5.0)), {"learning_rate": 0.03}),
        Setting(mlp(4, activation="tanh"), {"learning_rate": 0.03}),
    ),
    "zero weights": (Setting(mlp(3, init=_CONSTANT(0.0))), Setting(mlp(3))),
    "equal weights": (Setting(mlp(2, init=_CONSTANT(0.05))), PLAIN),
    "raw inputs": (Setting(mlp(), rows=lambda: digits(factor=1000.0)), PLAIN),
    "features of other scales": (
        Setting(TABLE, rows=lambda: one_scale_apart(False)),
        Setting(TABLE, rows=lambda: one_scale_apart(True)),
    ),
    "NaN in rows": (Setting(mlp(), rows=with_nan), PLAIN),
    "outliers in rows": (Setting(mlp(), rows=with_outliers), PLAIN),
    "overfitting": (
        Setting(mlp(2, 256), _adam(0.003, steps=1500, eval_every=25), lambda: digits(300, wrong_labels=0.4)),
        Setting(mlp(2, 256), _adam(0.003, steps=75, eval_every=25), lambda: digits(300, wrong_labels=0.4)),
    ),
    "over-regularised": (Setting(mlp(), {"l2": 1.0}), Setting(mlp(), {"l2": 1e-4})),
    "penalty in the layers": (Setting(mlp(l2=2.0)), Setting(mlp(l2=1e-4))),
    "dropout of 0.95": (Setting(mlp(3, dropout=0.95)), Setting(mlp(3, dropout=0.1))),
    "rare classes": (
        Setting(mlp(), {"learning_rate": 0.005, "steps": 1000}, rare, True),
        Setting(mlp(), {"learning_rate": 0.005, "steps": 1000, "class_weights": "balanced"}, rare, True),
    ),
}


def run(setting: Setting, mode: str, seed: int) -> dict[str, Any]:
    """Train once: {metric, seconds, events, cures}."""
    options = {"steps": 400, "batch_size": 32, "optimizer": Optimizer("sgd"), "learning_rate": 0.1, **setting.options}
    rows, held = setting.rows()
    events: list[dict[str, Any]] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Recorder(Path(folder, "trace")) as recorder:
        supervisor = Supervisor(recorder, mode, on_event=events.append)  # type: ignore[arg-type]
        result = train(
            setting.build,
            rows,
            held,
            TrainingOptions(**options, seed=seed),
            strategy=resolve_strategy("cpu")[0],
            callbacks=[recorder, supervisor],
        )
        predicted = np.asarray(result.model(held.inputs, training=False)).argmax(1)
    right = predicted == held.labels
    by_class = [right[held.labels == label].mean() for label in np.unique(held.labels)]
    return {
        "metric": float(np.mean(by_class) if setting.by_class else right.mean()),
        "seconds": time.perf_counter() - began,
        "events": [{"kind": one["kind"], "text": one["text"]} for one in events],
        "cures": [one["text"].split(": ", 1)[1] for one in events if one["kind"] == "cure"],
    }


def measured(name: str, seed: int) -> dict[str, Any]:
    """A faulty training untreated and cured, and its twin."""
    faulty, healthy = CASES[name]
    found = {"name": name, "seed": seed}
    for what, setting, mode in (
        ("healthy", healthy, "cure"),
        ("untreated", faulty, "report"),
        ("cured", faulty, "cure"),
    ):
        keras.backend.clear_session()
        found[what] = run(setting, mode, seed)
    bound = (1 - WITHIN) * found["healthy"]["metric"]
    found["sick"] = found["untreated"]["metric"] < bound
    found["within"] = found["cured"]["metric"] >= bound
    return found


def main() -> None:
    """Print a line a case and the shares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("-v", action="store_true", help="also what was said")
    asked = parser.parse_args()
    found = []
    for seed in asked.seeds:
        for name in asked.only or CASES:
            one = measured(name, seed)
            found.append(one)
            figures = "  ".join(f"{what} {one[what]['metric']:.3f}" for what in ("healthy", "untreated", "cured"))
            mark = "cured" if one["within"] else "NOT CURED"
            alarm = "  FALSE ALARM" if one["healthy"]["cures"] else ""
            print(f"{name:26} {figures}  {mark}{alarm}  {'; '.join(one['cured']['cures']) or 'no cure'}", flush=True)
            if asked.v:
                for what in ("healthy", "untreated", "cured"):
                    for event in one[what]["events"]:
                        print(f"      {what}: {event['kind']}: {event['text']}", flush=True)
    sick = [one for one in found if one["sick"]]
    cured = sum(one["within"] for one in sick)
    alarms = sum(bool(one["healthy"]["cures"]) for one in found)
    if sick:
        share = f"{cured} of {len(sick)} sick ({cured / len(sick):.0%})"
        print(f"\ncured: {share}; treated healthy twins: {alarms} of {len(found)}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
