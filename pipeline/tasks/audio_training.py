"""What the training of an audio task adds to `audio`: augmentation and networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graduate.pipeline.tasks.audio as audio
from graduate.pipeline.tasks import audio_augment, audio_models
from graduate.pipeline.tasks.audio_options import HYPERPARAMETERS as HYPERPARAMETERS


def build_model(
    config: Mapping[str, Any], output_units: int, shape: tuple[int, ...], constants: Mapping[str, Any]
) -> Any:
    """One of the task's own builders with the config's hyperparameters; a Keras model that ends in logits.

    Args:
        config: the groups `transform` and `model` of the config, as JSON values.
        output_units: how many classes there are.
        shape: of what is kept of a row, a waveform; networks hear its features.
        constants: what Transform learned.
    """
    builder = audio_models.BUILDERS[config["model"]["build"]]
    return builder(audio.input_shape(config), output_units, **config["model"]["hyperparameters"])


def build_augment(config: Mapping[str, Any], classes: int) -> audio_augment.Step | None:
    """The training split's augmentation, or None; see `audio_augment.build`."""
    return audio_augment.build(config["training"]["augment"], config["transform"])
