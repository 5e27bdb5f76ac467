"""What the training of a text task adds to `text`: augmentation and networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduate.pipeline.tasks import text_augment, text_models
from graduate.pipeline.tasks.text import FIRST
from graduate.pipeline.tasks.text_options import HYPERPARAMETERS as HYPERPARAMETERS


def build_model(
    config: Mapping[str, Any], output_units: int, shape: tuple[int, ...], constants: Mapping[str, Any]
) -> Any:
    """One of the task's own builders with the config's hyperparameters; a Keras model that ends in logits."""
    builder = text_models.BUILDERS[config["model"]["build"]]
    tokens = config["transform"]["vocabulary"] + FIRST
    return builder(shape, output_units, tokens=tokens, **config["model"]["hyperparameters"])


def build_augment(config: Mapping[str, Any], classes: int) -> text_augment.Step | None:
    """The training split's augmentation, or None."""
    return text_augment.build(config["training"]["augment"], classes)
