"""TFX's `run_fn`: transformed rows in, a trained and exported model out. Thin over `graduate.training`."""

from __future__ import annotations

import csv
import importlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graduate import files
from graduate.pipeline import events, export, model_builder, recording, tasks, transformed
from graduate.training import Rows, TrainingOptions, TrainingResult, describe_device, resolve_strategy, train
from graduate.tuning import settings

_REFERENCE_ROWS = 32


def run_fn(fn_args: Any) -> None:
    """Train and export.

    `fn_args.custom_config` has the config's groups `name`, `task`, `transform`, `model`, `training`, `diagnostics`;
    `base_dir`, the folder of the config; `checkpoints` and `fingerprint`, which name the folder that a killed training
    goes on from. That folder is removed once the export is whole. Of several workers each exports, in its own work
    folder, and the chief's goes on to be evaluated. A training that was stopped as sick exports nothing.
    """
    given = fn_args.custom_config
    config = settings.tuned(given["config"], getattr(fn_args, "hyperparameters", None))
    folder = Path(given["checkpoints"]) / given["fingerprint"]
    strategy, sentence = resolve_strategy(_team().strategy(config["training"]["strategy"]))
    events.emit("note", node="Trainer", text=sentence)
    _serving_check().prestart()
    task = tasks.load(config["task"])
    target, classes = transformed.target_of(config), export.names_of(fn_args.transform_output, task, config)
    train_split = transformed.read(fn_args.train_files, task, config, folder / "train.inputs")
    eval_split = transformed.read(fn_args.eval_files, task, config, folder / "eval.inputs")
    normalise = task.finaliser(train_split.constants, config)
    options = TrainingOptions.from_dict(config["training"])
    watching = recording.Watching(config, folder, train_split.rows, normalise, classes, given["base_dir"])
    result = train(
        model_builder.builder(
            config, given["base_dir"], len(classes), train_split.rows.inputs.shape[1:], train_split.constants
        ),
        train_split.rows,
        eval_split.rows,
        options,
        strategy=strategy,
        augment=tasks.load_training(config["task"]).build_augment(config, len(classes)),
        finalise=normalise,
        classes=classes,
        checkpoints=str(folder),
        callbacks=[_Tells(), *watching.callbacks, *_team().callbacks()],
        on_progress=lambda progress: events.emit("progress", node="Trainer", **progress),
        target=target,
    )
    run, stopped = Path(fn_args.model_run_dir), watching.stopped
    watching.keep(run)
    about = {"strategy": sentence, "device": describe_device(strategy)}
    _write_run(run, result, options.batch_size, len(train_split.rows), about)
    if stopped is not None:  # TFX wants a folder; without a model in it nothing can be served or blessed
        files.write_text(Path(fn_args.serving_model_dir) / recording.STOPPED, f"{stopped}\n")
        shutil.rmtree(folder, ignore_errors=True)
        return
    predict = export.Predictor(result.model, normalise, target, train_split.constants)
    _write_reference(run, eval_split.rows, predict)
    export.save(fn_args.serving_model_dir, fn_args.transform_output, task, config, classes, predict)
    _serving_check().preload(fn_args.serving_model_dir)
    shutil.rmtree(folder, ignore_errors=True)


class _Tells:
    """A callback of the loop: one sentence where a killed training goes on, and where workers wait for a slow one."""

    def start(self, training: Any) -> None:
        if training.state.step:
            events.emit("note", node="Trainer", text=f"goes on from step {training.state.step}")

    def slow_worker(self, slow: Any) -> None:
        events.emit("note", node="Trainer", text=str(slow))


def _serving_check() -> Any:
    """ServingCheck's process, if the DAG has that node: TensorFlow is imported there beside the training.

    Imported by a name that the digest of code does not follow: an edit of that component must not train again.
    """
    return importlib.import_module("graduate.components.clean_process")


def _team() -> Any:
    """What several workers tell of themselves, which is no part of what is trained."""
    return importlib.import_module("graduate.pipeline.workers.beats")


def _write_run(folder: Path, result: TrainingResult, batch_size: int, rows: int, about: Mapping[str, str]) -> None:
    summary = {
        "steps": result.steps,
        "epochs": result.steps * batch_size / rows,
        "seconds": result.seconds,
        "steps_per_second": result.steps_per_second,
        "stopped_early": result.stopped_early,
        "resumed_from": result.resumed_from,
        "metrics": {name: float(value) for name, value in result.metrics.items()},
        **about,
        **({"workers": result.workers} if result.workers else {}),
    }
    files.write_json(folder / "training.json", summary)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(result.history[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(result.history)
    files.write_text(folder / "history.csv", text.getvalue())


def _write_reference(folder: Path, rows: Rows, predict: Callable[[Any], Any]) -> None:
    """The trainer's own answers for the first rows of the eval split by hash: ServingCheck asks the export the same.

    They are computed by the model in memory from rows that Transform decoded, not by what is about to be exported; on
    the CPU, as ServingCheck does, since a GPU rounds otherwise.
    """
    import tensorflow as tf

    index = rows.order()[:_REFERENCE_ROWS]
    with tf.device("CPU:0"):
        answers = tf.function(predict)(tf.constant(rows.take(index)[0])).numpy()
    assert rows.hashes is not None
    reference = {"hash": [one.decode() for one in rows.hashes[index]], "answers": answers.tolist()}
    files.write_bytes(folder / "reference.json", json.dumps(reference).encode())
