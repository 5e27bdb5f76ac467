"""An example's model trained by a plain Keras script: same rows, splits, network, augmentation, epochs, batch and rate.

    python benchmarks/tasks_plain.py EXAMPLE FOLDER_OF_DATA MANIFEST OUTPUT_FOLDER

It imports, reads, trains with `Model.fit`, evaluates, exports for serving on raw input (of tables: on numbers), and
checks nothing. The network and the augmentation are the pipeline's functions, which are plain Keras and TensorFlow;
everything else is done by hand as one would. Prints a line of JSON: {"score": accuracy or R² on the test split}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).parent))
import tasks_rows  # noqa: E402

Splits = Mapping[str, tasks_rows.Split]


class Work(NamedTuple):
    """What differs from task to task.

    Attributes:
        splits: the network's numbers (before augmentation) and labels.
        network: plain Keras.
        augment: (inputs, labels, seed) -> the same changed, or None.
        finish: numbers -> what the network takes; after augmentation.
        raw: what a request carries -> numbers.
        signature: of such a request.
    """

    splits: Splits
    network: keras.Model
    augment: Callable[..., Any] | None
    finish: Callable[[Any], Any]
    raw: Callable[[Any], Any]
    signature: tf.TensorSpec


def news(splits: Splits, config: Mapping[str, Any]) -> Work:
    """Words to numbers by Keras's own layer."""
    from graduate.pipeline.tasks import text_augment, text_models

    length, words = config["transform"]["length"], config["transform"]["vocabulary"] + 2
    layer = keras.layers.TextVectorization(words, output_sequence_length=length)
    layer.adapt(tf.constant(splits["train"].inputs))
    numbers = {
        name: tasks_rows.Split(layer(tf.constant(part.inputs)).numpy().astype("int32"), part.labels)
        for name, part in splits.items()
    }
    build = text_models.BUILDERS[config["model"]["build"]]
    network = build((length,), 5, tokens=words, **config["model"]["hyperparameters"])
    augment = text_augment.build(config["training"]["augment"], 5)
    return Work(numbers, network, augment, tf.identity, layer, tf.TensorSpec([None], tf.string))


def speech(splits: Splits, config: Mapping[str, Any]) -> Work:
    """Waveforms stay as they are; log-mel spectra are taken after augmentation, in the input's graph."""
    from graduate.pipeline.tasks import audio_augment, audio_features, audio_models

    transform = {"frame_ms": 25.0, "hop_ms": 10.0, **config["transform"]}
    whole = {
        name: tasks_rows.Split((part.inputs * 32767).astype("int16"), part.labels) for name, part in splits.items()
    }
    heard = audio_features.features(whole["train"].inputs, transform).numpy()
    mean, deviation = heard.mean((0, 1)), heard.std((0, 1))
    build = audio_models.BUILDERS[config["model"]["build"]]
    network = build(audio_features.shape(transform), 10, **config["model"]["hyperparameters"])

    def finish(given: Any) -> Any:
        features = given if len(given.shape) == 3 else audio_features.features(given, transform)
        return (features - mean) / deviation

    augment = audio_augment.build(config["training"]["augment"], transform)
    signature = tf.TensorSpec([None, whole["train"].inputs.shape[1]], tf.int16)
    return Work(whole, network, augment, finish, tf.identity, signature)


def table(splits: Splits, config: Mapping[str, Any]) -> Work:
    """Numbers scaled, categories as their places: 1 and on, 0 for one that training did not know."""
    from graduate.pipeline.tasks import table_models

    train = splits["train"].inputs
    numeric = [name for name in train if train[name].dtype.kind in "if"]
    places = {name: {value: 1 + at for at, value in enumerate(sorted(set(train[name])))} for name in train}
    mean, deviation = train[numeric].mean().to_numpy(), train[numeric].std(ddof=0).to_numpy()

    def numbers(frame: Any) -> np.ndarray:
        others = [frame[name].map(places[name]).fillna(0) for name in train if name not in numeric]
        return np.column_stack([(frame[numeric].to_numpy() - mean) / deviation, *others]).astype("float32")

    known = {name: tasks_rows.Split(numbers(part.inputs), part.labels) for name, part in splits.items()}
    sizes = [0] * len(numeric) + [1 + len(places[name]) for name in train if name not in numeric]
    build = table_models.BUILDERS[config["model"]["build"]]
    outputs = 1 if config["data"].get("target") == "number" else 2
    network = build((len(sizes),), outputs, sizes=sizes, **config["model"]["hyperparameters"])
    signature = tf.TensorSpec([None, len(sizes)], tf.float32)
    return Work(known, network, None, tf.identity, tf.identity, signature)


WORK: Mapping[str, Callable[[Splits, Mapping[str, Any]], Work]] = {
    "news": news,
    "speech": speech,
    "tumours": table,
    "diabetes": table,
}


def run(example: str, data: Path, manifest: Path, out: Path) -> float:
    """Train, evaluate on the test split, export."""
    config = yaml.safe_load((ROOT / "examples" / f"{example}.yaml").read_text(encoding="utf-8"))
    keras.utils.set_random_seed(config["training"]["seed"])
    work = WORK[example](tasks_rows.read(example, data, manifest), config)
    number = config["data"].get("target") == "number"
    labels = work.splits["train"].labels
    centre, scale = (float(labels.mean()), float(labels.std())) if number else (0.0, 1.0)
    _train(work, config, number, centre, scale)
    _export(work, out, number)
    test = work.splits["test"]
    answers = work.network.predict(_batches(work, test, 256), verbose=0)
    if not number:
        return float((answers.argmax(-1) == test.labels).mean())
    wrong = answers[:, 0] * scale + centre - test.labels
    return 1 - float((wrong**2).sum() / ((test.labels - test.labels.mean()) ** 2).sum())


def _train(work: Work, config: Mapping[str, Any], number: bool, centre: float, scale: float) -> None:
    training = config["training"]
    for variable in work.network.trainable_variables if training.get("l2") else ():
        variable.regularizer = keras.regularizers.L2(training["l2"])
    steps = training["epochs"] * len(work.splits["train"].labels) // training["batch_size"]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss, metrics = ("mse", []) if number else (loss, ["accuracy"])
    work.network.compile(keras.optimizers.Adam(_rate(training["learning_rate"], steps)), loss, metrics=metrics)
    parts = {
        name: part._replace(labels=(part.labels - centre) / scale) if number else part
        for name, part in work.splits.items()
    }
    batches = _batches(work, parts["train"], training["batch_size"], augmented=True)
    checked = _batches(work, parts["eval"], 256)
    work.network.fit(batches, epochs=training["epochs"], validation_data=checked, verbose=0)


def _rate(given: Any, steps: int) -> Any:
    if not isinstance(given, Mapping):
        return given
    warm = given["warmup_steps"]
    return keras.optimizers.schedules.CosineDecay(0.0, steps - warm, warmup_target=given["peak"], warmup_steps=warm)


def _batches(work: Work, part: tasks_rows.Split, size: int, augmented: bool = False) -> tf.data.Dataset:
    rows = tf.data.Dataset.from_tensor_slices((part.inputs, part.labels))
    if augmented:
        rows = rows.shuffle(len(part.labels), seed=7)
    batches = rows.batch(size)
    augment = work.augment
    if augmented and augment is not None:
        seeds = tf.data.Dataset.random(seed=7).batch(2)
        batches = tf.data.Dataset.zip(batches, seeds).map(
            lambda pair, seed: augment(*pair, tf.cast(seed, tf.int32)), num_parallel_calls=tf.data.AUTOTUNE
        )
    finished = batches.map(lambda inputs, labels: (work.finish(inputs), labels), num_parallel_calls=tf.data.AUTOTUNE)
    return finished.prefetch(tf.data.AUTOTUNE)


def _export(work: Work, out: Path, number: bool) -> None:
    archive = keras.export.ExportArchive()
    archive.track(work.network)
    if isinstance(work.raw, keras.layers.Layer):
        archive.track(work.raw)

    def serve(given: Any) -> Any:
        answers = work.network(work.finish(work.raw(given)))
        return answers if number else tf.nn.softmax(answers)

    archive.add_endpoint("serve", serve, input_signature=[work.signature])
    archive.write_out(str(out), verbose=False)


if __name__ == "__main__":
    name, folder, listed, exported = sys.argv[1:]
    print(json.dumps({"score": run(name, Path(folder), Path(listed), Path(exported))}))
