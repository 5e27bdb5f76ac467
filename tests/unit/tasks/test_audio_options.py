"""What the light process says about settings of recordings, without TensorFlow."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from graduate.pipeline.config.groups import TransformConfig
from graduate.pipeline.tasks import audio_options


def problems(augment=(), build="cnn", hyperparameters=None, slices=(), **transform):
    config = SimpleNamespace(
        training=SimpleNamespace(augment=list(augment)),
        transform=TransformConfig(**transform),
        evaluation=SimpleNamespace(slices=[SimpleNamespace(by=one) for one in slices]),
        model=SimpleNamespace(build=build, module=None, hyperparameters=hyperparameters or {}),
    )
    return [(".".join(map(str, path)), message) for path, message, _ in audio_options.check(config)]


def test_what_is_right_is_taken():
    steps = [{"shift": 0.1}, {"speed": 0.1}, {"noise": 10}, {"time_mask": 0.1}, {"frequency_mask": 4}]
    assert {name for step in steps for name in step} == set(audio_options.AUGMENTATIONS)
    assert problems(steps, "crnn", {"recurrent": 8}, ["label", "rate"], rate=8000, mels=80, seconds=3.0) == []


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"mels": 200}, "transform.mels", "at most 116 bands"),
        ({"frame_ms": 1.0, "rate": 4000}, "transform.frame_ms", "no spectrum"),
        ({"frame_ms": 200.0, "seconds": 0.1}, "transform.frame_ms", "longer than transform.seconds"),
        ({"size": (8, 8)}, "transform.size", "not for audio pipelines"),
        ({"augment": [{"time_mask": 0.1}, {"noise": 10}]}, "training.augment.1.noise", "changes the waveform"),
        ({"augment": [{"shift": 2}]}, "training.augment.0.shift", "hides a recording"),
        ({"augment": [{"noise": "loud"}]}, "training.augment.0.noise", "decibels"),
        ({"augment": [{"frequency_mask": 40}]}, "training.augment.0.frequency_mask", "hide everything"),
        ({"augment": [{"frequency_mask": 4}], "features": "mfcc"}, "training.augment.0.frequency_mask", "no bands"),
        ({"build": "resnet"}, "model.build", "unknown builder"),
        ({"hyperparameters": {"recurrent": 8}}, "model.hyperparameters.recurrent", "no hyperparameter"),
        ({"slices": ["width"]}, "evaluation.slices.0.by", "no feature width"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(given, path, said):
    [(found, message)] = problems(**given)
    assert found == path
    assert said in message


@pytest.mark.parametrize(("rate", "frame_ms"), [(16_000, 25.0), (8_000, 25.0), (44_100, 40.0)])
def test_the_most_bands_have_a_line_of_the_spectrum_each(rate, frame_ms):
    import math

    frame = round(frame_ms * rate / 1000)
    spacing = rate / (1 << (frame - 1).bit_length())
    bands = audio_options._most_bands(rate, spacing)
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (20, rate / 2))
    edges = [700 * (10 ** ((low + (high - low) * place / (bands + 1)) / 2595) - 1) for place in range(bands + 2)]
    for left, right in zip(edges, edges[2:], strict=False):
        assert math.floor(right / spacing - 1e-9) > math.floor(left / spacing)
