"""What Preflight looks at: the config's network, its optimizer, and some hundred rows of training."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from graduate.pipeline import export, model_builder, tasks, transformed
from graduate.training import TrainingOptions
from graduate.training.objective import ends_in_logits
from graduate.training.optimizer import build_optimizer
from graduate.training.targets import keras_loss
from graduate.training.treatment import peak

_ROWS = 1024
_SECONDS = 4.0  # about; what is slower to trace takes longer


def of_config(examples: str, transform_graph: str, config: Mapping[str, Any], base_dir: str) -> dict[str, Any]:
    """The arguments of `graduate.preflight.preflight`.

    Args:
        examples: URI of the transformed examples.
        transform_graph: URI of Transform's graph.
        config: the groups `task`, `transform`, `model`, `training`, as JSON values.
        base_dir: the folder of the config.
    """
    task = tasks.load(config["task"])
    target, names = transformed.target_of(config), export.names_of(transform_graph, task, config)
    with tempfile.TemporaryDirectory() as folder:
        split = transformed.read(
            [os.path.join(examples, "Split-train", "*")], task, config, Path(folder, "inputs"), most=_ROWS
        )
    rows = split.rows
    x, y = rows.take(rows.order()[:_ROWS])
    options = TrainingOptions.from_dict(config["training"])
    keras.utils.set_random_seed(options.seed)
    model = model_builder.builder(config, base_dir, len(names), rows.inputs.shape[1:], split.constants)()
    steps = options.resolved_steps(len(rows))
    return {
        "model": model,
        "loss": keras_loss(target, ends_in_logits(model)),
        "x": x,
        "y": np.asarray(y),
        "optimizer": build_optimizer(options, steps),
        "finalise": task.finaliser(split.constants, config),
        "rate": peak(options),
        "seconds": _SECONDS,
        "seed": options.seed,
    }
