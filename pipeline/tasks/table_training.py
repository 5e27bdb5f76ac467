"""What the training of a table task adds to `table`: networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduate.errors import DataError
from graduate.pipeline.tasks import table_models
from graduate.pipeline.tasks.table import sizes_of
from graduate.pipeline.tasks.table_options import HYPERPARAMETERS as HYPERPARAMETERS


def build_model(
    config: Mapping[str, Any], output_units: int, shape: tuple[int, ...], constants: Mapping[str, Any]
) -> Any:
    """One of the task's own builders with the config's hyperparameters; it ends in logits or numbers."""
    builder = table_models.BUILDERS[config["model"]["build"]]
    sizes = sizes_of(constants)
    if not sizes:
        raise DataError(
            "no column varies in the training split, so there is nothing to predict from", where="Transform"
        )
    return builder(shape, output_units, sizes=sizes, **config["model"]["hyperparameters"])


def build_augment(config: Mapping[str, Any], classes: int) -> None:
    """Tables have none."""
    return None
