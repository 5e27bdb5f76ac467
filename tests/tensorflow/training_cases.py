"""Small rows and networks for the tests of the training loop, and trainings in processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from graduate.training import EarlyStopping, Optimizer, Rows, Schedule, TrainingOptions, resolve_strategy, train


def digits(rows: int = 320, offset: int = 0) -> Rows:
    """Some of scikit-learn's digits as uint8 images (N, 8, 8, 1)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    part = slice(offset, offset + rows)
    return Rows(found.images[part].astype(np.uint8)[..., None], found.target[part])


def scaled(images: Any) -> Any:
    """Normalisation of digits."""
    import tensorflow as tf

    return tf.cast(images, tf.float32) / 16.0


def flipped(images: Any, labels: Any, seed: Any) -> Any:
    """A random augmentation: each image flipped or not, and brightness."""
    import tensorflow as tf

    draw = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed)
    return tf.where(draw < 0.5, images, tf.reverse(images, [2])), labels


def network(*, dropout: float = 0.0, batch_norm: bool = False, softmax: bool = False) -> Any:
    """A small network on digits."""
    import keras

    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(16, activation="relu")]
    if batch_norm:
        layers.append(keras.layers.BatchNormalization())
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax" if softmax else None)])


def weights(model: Any) -> list[np.ndarray]:
    """Copies of a model's weights."""
    return [np.array(variable.numpy()) for variable in model.weights]


# ---- in a process of its own: `process.start()` of a forkserver that has imported TensorFlow already


def run_resumable(folder: str, output: str, pause: float) -> None:
    """Everything that has state: dropout, batch normalisation, augmentation, Adam, a schedule, early stopping.

    `pause` slows the host down after every call, so that a test has time to kill the process.
    """
    options = TrainingOptions(
        steps=60,
        batch_size=32,
        optimizer=Optimizer("adam"),
        learning_rate=Schedule(peak=0.005, warmup_steps=5),
        early_stopping=EarlyStopping(patience=50),
        eval_every=7,
        checkpoint_every=6,
        steps_per_call=3 if pause else None,
        seed=5,
    )
    result = train(
        lambda: network(dropout=0.3, batch_norm=True),
        digits(),
        digits(100, 320),
        options,
        strategy=resolve_strategy("cpu")[0],
        augment=flipped,
        finalise=scaled,
        checkpoints=folder,
        callbacks=[Pause(pause)],
    )
    _write(output, result)


class Pause:
    """A callback that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def after_steps(self, step: int) -> None:
        import time

        time.sleep(self.seconds)


def run_on_cpus(devices: int, output: str, settings: dict[str, Any], build: dict[str, Any]) -> None:
    """Train over logical CPU devices: `cpu` for one, `mirrored` for more."""
    import tensorflow as tf

    if devices > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
    strategy, sentence = resolve_strategy("mirrored" if devices > 1 else "cpu")
    assert ("2 replicas" in sentence) == (devices > 1), sentence
    result = train(
        lambda: network(**build),
        digits(),
        digits(101, 320),
        TrainingOptions(**settings),
        strategy=strategy,
        finalise=scaled,
    )
    _write(output, result)


def run_worker(index: int, ports: list[int], folder: str, output: str, settings: dict[str, Any]) -> None:
    """One of several workers of MultiWorkerMirroredStrategy on this machine."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
    strategy, _ = resolve_strategy("auto")
    options = TrainingOptions(**settings)
    result = train(network, digits(), digits(101, 320), options, strategy=strategy, finalise=scaled, checkpoints=folder)
    _write(output, result)


def _write(output: str, result: Any) -> None:
    """Leave weights and figures where the test finds them; renamed, so that they are whole."""
    aside = Path(output + ".tmp.npz")
    figures = {"metrics": result.metrics, "history": result.history, "resumed_from": result.resumed_from}
    np.savez(aside, *weights(result.model), figures=np.frombuffer(json.dumps(figures).encode(), np.uint8))
    aside.rename(output)


def read(output: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """The weights and figures that a process left."""
    with np.load(output) as found:
        figures = json.loads(found["figures"].tobytes())
        return [found[name] for name in found.files if name != "figures"], figures
