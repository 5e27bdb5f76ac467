"""The built-in networks for recordings."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import pytest

from graduate.pipeline import model_builder
from graduate.pipeline.tasks import audio_models, audio_options

TRANSFORM = {"rate": 8_000, "seconds": 0.5, "features": "log_mel", "mels": 20, "frame_ms": 25.0, "hop_ms": 10.0}


@pytest.mark.parametrize("build", audio_models.BUILDERS)
@pytest.mark.parametrize(("seconds", "frames"), [(0.5, 48), (0.03, 1)])
def test_a_builder_ends_in_finite_logits(build, seconds, frames):
    config = {
        "task": "audio",
        "transform": {**TRANSFORM, "seconds": seconds},
        "model": {"build": build, "module": None, "hyperparameters": {"units": [8]}},
    }
    model = model_builder.builder(config, ".", 5, (round(seconds * 8_000),))()
    answers = model(np.random.default_rng(0).normal(size=(3, frames, 20)).astype("float32"))
    assert answers.shape == (3, 5)
    assert np.isfinite(answers).all()
    assert model.layers[-1].activation is keras.activations.linear


def test_the_light_table_of_hyperparameters_is_that_of_the_builders():
    for name, builder in audio_models.BUILDERS.items():
        parameters = inspect.signature(builder).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in defaults.items()}
        assert listed == audio_options.HYPERPARAMETERS[name]
