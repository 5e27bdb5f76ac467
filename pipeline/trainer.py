"""TFX's `run_fn`: transformed rows in, a trained and exported model out. Thin over `graduate.training`."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate import files
from graduate.components import serving_check
from graduate.pipeline import events, export, tasks, user_code
from graduate.training import Rows, TrainingOptions, is_chief, resolve_strategy, train

_REFERENCE_ROWS = 32
_HISTORY = ("step", "loss", "accuracy", "learning_rate", "eval_loss", "eval_accuracy")


@dataclass(frozen=True)
class _Split:
    rows: Rows
    mean: np.ndarray
    deviation: np.ndarray


def run_fn(fn_args: Any) -> None:
    """Train and export.

    `fn_args.custom_config` has the config's groups `name`, `task`, `transform`, `model`, `training`; `base_dir`, the folder
    of the config; `checkpoints` and `fingerprint`, which name the folder that a killed training goes on from.
    """
    given = fn_args.custom_config
    config = given["config"]
    strategy, sentence = resolve_strategy(config["training"]["strategy"])
    events.emit("note", node="Trainer", text=sentence)
    if given["serving_check"]:
        serving_check.prestart()
    task = tasks.load(config["task"])
    classes = export.classes_of(fn_args.transform_output, task.VOCABULARY)
    train_split, eval_split = _read(fn_args.train_files, task), _read(fn_args.eval_files, task)
    normalise = task.normaliser(train_split.mean, train_split.deviation)
    checkpoints = Path(given["checkpoints"]) / given["fingerprint"]
    result = train(
        _builder(task, config, given["base_dir"], len(classes)),
        train_split.rows,
        eval_split.rows,
        TrainingOptions.from_dict(config["training"]),
        strategy=strategy,
        augment=task.build_augment(config, len(classes)),
        finalise=normalise,
        classes=classes,
        checkpoints=str(checkpoints),
        on_progress=lambda progress: events.emit("progress", node="Trainer", **progress),
    )
    if not is_chief(strategy):
        return
    probabilities = export.predictor(result.model, normalise)
    export.save(fn_args.serving_model_dir, fn_args.transform_output, task, config, classes, probabilities)
    _write_run(Path(fn_args.model_run_dir), result, sentence)
    _write_reference(Path(fn_args.model_run_dir), eval_split.rows, probabilities)
    shutil.rmtree(checkpoints, ignore_errors=True)  # the model is whole: nobody goes on from them


def _builder(task: Any, config: Mapping[str, Any], base_dir: str, classes: int) -> Any:
    module = config["model"]["module"]
    if module is None:
        return lambda: task.build_model(config, classes)
    path = Path(os.path.abspath(Path(base_dir) / Path(module).expanduser()))
    function = user_code.load_function(path, config["model"]["build"])

    def build() -> Any:
        hyperparameters = config["model"]["hyperparameters"]
        model = user_code.call(path, function, task.input_shape(config), classes, **hyperparameters)
        _check_output(model, classes, path)
        return model

    return build


def _check_output(model: Any, classes: int, path: Path) -> None:
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or shape[-1] != classes or len(shape) != 2:
        raise user_code.UserCodeError(
            f"the model's output has shape {shape}, not (None, {classes}): one logit a class",
            where=str(path),
            hint="build(input_shape, output_units, **hyperparameters) returns a Keras model that ends in Dense(output_units)",
        )


def _read(patterns: list[str], task: Any) -> _Split:
    """Every transformed row of a split as arrays: uint8 images (N, H, W, C), labels, hashes, constants."""
    import tensorflow as tf

    names = tf.io.gfile.glob(patterns)
    spec = {
        task.RAW_FEATURE: tf.io.FixedLenFeature([], tf.string),
        task.LABEL_FEATURE: tf.io.FixedLenFeature([], tf.int64),
        task.HASH_FEATURE: tf.io.FixedLenFeature([], tf.string),
        "pixel_mean": tf.io.VarLenFeature(tf.float32),
        "pixel_deviation": tf.io.VarLenFeature(tf.float32),
    }
    images, labels, hashes, constants = [], [], [], None
    for batch in tf.data.TFRecordDataset(sorted(names), compression_type="GZIP").batch(1024):
        parsed = tf.io.parse_example(batch, spec)
        images.append(task.decoded(parsed[task.RAW_FEATURE]).numpy())
        labels.append(parsed[task.LABEL_FEATURE].numpy())
        hashes.append(parsed[task.HASH_FEATURE].numpy())
        constants = constants or [tf.sparse.to_dense(parsed[k]).numpy()[0] for k in ("pixel_mean", "pixel_deviation")]
    if constants is None:
        raise ValueError(f"no rows in {patterns}")
    rows = Rows(np.concatenate(images), np.concatenate(labels).astype(np.int32), np.concatenate(hashes).astype("S16"))
    return _Split(rows, *constants)


def _write_run(folder: Path, result: Any, sentence: str) -> None:
    summary = {
        "steps": result.steps,
        "seconds": result.seconds,
        "steps_per_second": result.steps_per_second,
        "strategy": sentence,
        "stopped_early": result.stopped_early,
        "resumed_from": result.resumed_from,
        "metrics": {name: float(value) for name, value in result.metrics.items()},
    }
    files.write_json(folder / "training.json", summary)
    text = io.StringIO()
    writer = csv.DictWriter(text, _HISTORY, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(result.history)
    files.write_text(folder / "history.csv", text.getvalue())


def _write_reference(folder: Path, rows: Rows, probabilities: Any) -> None:
    """The trainer's own answers for the first rows of the eval split by hash: ServingCheck asks the export the same."""
    index = rows.order()[:_REFERENCE_ROWS]
    answers = probabilities(rows.take(index)[0]).numpy()
    hashes = [one.decode() for one in rows.hashes[index]]
    files.write_bytes(
        folder / "reference.json", json.dumps({"hash": hashes, "probabilities": answers.tolist()}).encode()
    )
