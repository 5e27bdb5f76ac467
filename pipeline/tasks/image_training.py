"""What the training of an image task adds to `image`: augmentation and networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduate.pipeline.tasks import image_augment, image_models
from graduate.pipeline.tasks.image_options import HYPERPARAMETERS as HYPERPARAMETERS


def build_model(
    config: Mapping[str, Any], output_units: int, shape: tuple[int, ...], constants: Mapping[str, Any]
) -> Any:
    """One of the task's own builders with the config's hyperparameters; a Keras model that ends in logits.

    Args:
        config: the groups `transform` and `model` of the config, as JSON values.
        output_units: how many classes there are.
        shape: of what is kept of a row.
        constants: what Transform learned.
    """
    builder = image_models.BUILDERS[config["model"]["build"]]
    return builder(shape, output_units, **config["model"]["hyperparameters"])


def build_augment(config: Mapping[str, Any], classes: int) -> image_augment.Step | None:
    """The training split's augmentation, or None; see `image_augment.build`."""
    return image_augment.build(config["training"]["augment"], classes)
