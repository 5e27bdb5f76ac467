"""Cross-validation: the rows of train and eval in parts, each held out once of a training on all others."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import DataError
from graduate.pipeline import events, export, model_builder, tasks, transformed
from graduate.training import Rows, TrainingOptions, resolve_strategy, train
from graduate.training.targets import METRICS, in_own_units

NODE = "CrossValidation"
_SPLITS = ("train", "eval")


def measure(
    examples: str, transform_graph: str, manifest: str, config: Mapping[str, Any], base_dir: str, folds: int
) -> list[dict[str, float]]:
    """Train once a fold as the config says, and measure on what was held out.

    The normalisation is that of the training split. Where training stops early, it does so by the fold held out. Of
    numbers the metrics are in the label's own units.

    Args:
        examples: URI of the transformed examples.
        transform_graph: URI of Transform's graph.
        manifest: the file, for groups.
        config: the groups `task`, `transform`, `model`, `training`, as JSON values.
        base_dir: the folder of the config.
        folds: how many.
    """
    task = tasks.load(config["task"])
    target, classes = transformed.target_of(config), export.names_of(transform_graph, task, config)
    strategy, _ = resolve_strategy(config["training"]["strategy"])
    options = TrainingOptions.from_dict(config["training"])
    with tempfile.TemporaryDirectory() as folder:
        patterns = [os.path.join(examples, f"Split-{split}", "*") for split in _SPLITS]
        split = transformed.read(patterns, task, config, Path(folder, "inputs"))
        assert split.rows.hashes is not None
        part = parts(split.rows.hashes, _groups(manifest), folds)
        _check(part, folds)
        found = []
        for number in range(folds):
            result = train(
                model_builder.builder(config, base_dir, len(classes), split.rows.inputs.shape[1:], split.constants),
                _take(split.rows, part != number),
                _take(split.rows, part == number),
                options,
                strategy=strategy,
                augment=tasks.load_training(config["task"]).build_augment(config, len(classes)),
                finalise=task.finaliser(split.constants, config),
                classes=classes,
                on_progress=_tells(number, folds),
                target=target,
            )
            metrics = {key: float(result.metrics[f"eval_{key}"]) for key in (METRICS[target], "loss")}
            metrics = in_own_units(target, metrics, split.constants.get("label_deviation"))
            found.append({"rows": int((part == number).sum()), **metrics})
    return found


def parts(hashes: np.ndarray, groups: Mapping[bytes, str], folds: int) -> np.ndarray:
    """int (N,): the fold of each row, by the hash of its group or else of its content: what belongs together stays so.

    Args:
        hashes: of the rows' contents.
        groups: content hash -> group, where rows have one.
        folds: how many.
    """
    keys = [groups[one].encode() if one in groups else one for one in hashes.tolist()]
    points = (int.from_bytes(hashlib.sha256(b"fold " + key).digest()[:8], "big") for key in keys)
    return np.fromiter((point % folds for point in points), np.int64, len(keys))


def _groups(manifest: str) -> dict[bytes, str]:
    with open(manifest, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["hash"][:16].encode(): row["group"] for row in rows if row.get("group")}


def _check(part: np.ndarray, folds: int) -> None:
    counts = np.bincount(part, minlength=folds)
    if counts.min() == 0:
        raise DataError(
            f"{len(part)} rows do not fill {folds} folds: fold {int(counts.argmin()) + 1} has none",
            where="evaluation.folds",
            hint="fewer folds; rows of one group stay together",
        )


def _take(rows: Rows, chosen: np.ndarray) -> Rows:
    index = np.flatnonzero(chosen)
    inputs, labels = rows.take(index)
    return Rows(inputs, labels, None if rows.hashes is None else rows.hashes[index])


def _tells(number: int, folds: int) -> Any:
    def tell(progress: Mapping[str, Any]) -> None:
        steps, left = progress["steps"], progress.get("seconds_left")
        rate = progress.get("steps_per_second")
        if left is not None and rate:
            left += (folds - 1 - number) * steps / rate
        events.emit(
            "progress",
            node=NODE,
            **{**progress, "step": number * steps + progress["step"], "steps": folds * steps, "seconds_left": left},
        )

    return tell
