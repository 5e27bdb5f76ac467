"""What watches the training of a pipeline: the recorder, whose trace lies beside the checkpoints until it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate.pipeline.telling import Teller
from graduate.recorder import Recorder
from graduate.training import Rows

TRACE = "trace"
_LOOKED_AT = 4096  # rows whose range is taken


def callbacks(
    config: Mapping[str, Any], folder: Path, rows: Rows, evaluation: Rows, normalise: Any, classes: Sequence[str]
) -> list[Any]:
    """The callbacks of the loop that record and tell; none where the config records nothing.

    Args:
        config: with the group `diagnostics`.
        folder: of the checkpoints: a killed training goes on in its trace.
        rows, evaluation: the splits.
        normalise: f(inputs) -> what goes into the network.
        classes: names by index.
    """
    settings = config["diagnostics"]
    if settings["during_training"] == "off":
        return []
    recorder = Recorder(
        folder / TRACE,
        settings["record_every"],
        label_counts=_label_counts(rows, classes),
        input_range=_input_range(rows, normalise),
    )
    about = {"strategy": config["training"]["strategy"], "augmented": bool(config["training"]["augment"])}
    return [recorder, Teller(recorder, rows, evaluation, normalise, about)]


def keep(watching: Sequence[Any], folder: Path, run: Path) -> None:
    """Close the trace, and copy it whole into the run's folder. Of several workers only the chief has one."""
    for callback in watching:
        if isinstance(callback, Recorder):
            callback.close()
    if (folder / TRACE).is_dir():
        shutil.copytree(folder / TRACE, run / TRACE, dirs_exist_ok=True)


def _label_counts(rows: Rows, classes: Sequence[str]) -> dict[str, int]:
    numbers = np.bincount(np.asarray(rows.labels).reshape(-1), minlength=len(classes))
    return {name: int(number) for name, number in zip(classes, numbers, strict=False)}


def _input_range(rows: Rows, normalise: Any) -> tuple[float, float]:
    """Least and largest value after normalisation, which never turns one channel's order round."""
    some = np.asarray(rows.inputs[:_LOOKED_AT])
    axes = tuple(range(some.ndim - 1))
    corners = np.stack([some.min(axes), some.max(axes)]).reshape(2, *(1,) * (some.ndim - 2), -1)
    ends = np.asarray(normalise(corners))
    return float(ends.min()), float(ends.max())
