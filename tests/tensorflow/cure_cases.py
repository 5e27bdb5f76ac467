"""A sick training that several workers share, in processes of their own."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from graduate.training import Optimizer, Rows, Supervisor, TrainingOptions, resolve_strategy, train
from tests.tensorflow.training_cases import _write, digits, network


def with_nan(rows: int = 320) -> Rows:
    """Digits as numbers from 0 to 1, of which one has a pixel that is not a number."""
    found = digits(rows)
    images = (found.inputs / 16.0).astype(np.float32)
    images[5, 3, 3] = np.nan
    return Rows(images, found.labels, np.array([f"{i:05d}" for i in range(rows)]))


def run_cured_worker(index: int, ports: list[int], folder: str, output: str) -> None:
    """One of the workers; it is cured as the chief decides."""
    from graduate.recorder import Recorder

    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
    strategy, _ = resolve_strategy("auto")
    options: dict[str, Any] = {"steps": 40, "batch_size": 32, "optimizer": Optimizer("sgd"), "learning_rate": 0.1}
    held = with_nan(100)
    held.inputs[5, 3, 3] = 0.0
    with Recorder(f"{folder}-trace") as recorder:
        result = train(
            lambda: network(batch_norm=True),
            with_nan(),
            held,
            TrainingOptions(**options),
            strategy=strategy,
            checkpoints=folder,
            callbacks=[recorder, Supervisor(recorder, "cure")],
        )
    _write(output, result)
