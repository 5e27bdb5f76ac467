"""What the audio task may be told."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.config import by_task
from graduate.pipeline.tasks import options
from graduate.pipeline.tasks.options import Found, Options, Rule

_COMMON = {"activation": "relu", "dropout": 0.2, "batch_norm": True, "units": []}
# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "cnn": {"filters": [16, 32, 64, 64], "kernel": 3, **_COMMON},
    "crnn": {"filters": [16, 32], "kernel": 3, "recurrent": 48, "bidirectional": True, **_COMMON},
}
AUGMENTATIONS: Mapping[str, Rule] = {
    "shift": options.rule(lambda value: options.is_number(value) and value > 0, "seconds, more than 0"),
    "noise": options.rule(
        lambda value: options.is_number(value) and -20 <= value <= 100, "decibels of signal to noise, -20 to 100"
    ),
    "speed": options.share,
    "time_mask": options.rule(lambda value: options.is_number(value) and value > 0, "seconds, more than 0"),
    "frequency_mask": options.rule(options.is_count, "a whole number of mel bands, 1 or more"),
}
_MASKS = ("time_mask", "frequency_mask")
_RULES: Mapping[str, Rule] = {
    "filters": options.layers,
    "kernel": options.whole,
    "recurrent": options.whole,
    "bidirectional": options.switch,
    "units": options.maybe_layers,
    "activation": options.activation,
    "dropout": options.dropout,
    "batch_norm": options.switch,
}
SLICES = ("label", "rate", "channels")


def check(config: Any) -> Iterator[Found]:
    """What is wrong with what only the task knows; see `options.check`."""
    yield from options.check(config, OPTIONS)


def _more(config: Any) -> Iterator[Found]:
    yield from _times(config.transform)
    yield from _masks(config)


def _times(transform: Any) -> Iterator[Found]:
    """Frames that do not fit, and more mel bands than the spectrum has lines for."""
    if transform.frame_ms > 1000 * transform.seconds:
        message = f"a frame of {transform.frame_ms:g} ms is longer than transform.seconds: {transform.seconds:g}"
        yield ("transform", "frame_ms"), message, "25 is usual"
        return
    frame = max(1, round(transform.frame_ms * transform.rate / 1000))
    if frame < 8:
        message = f"a frame of {transform.frame_ms:g} ms is {frame} samples: no spectrum can be taken of it"
        yield ("transform", "frame_ms"), message, "25 is usual"
        return
    lines = transform.rate / (1 << (frame - 1).bit_length())  # Hz between two lines of the spectrum
    most = _most_bands(transform.rate, lines)
    if transform.mels > most:
        message = (
            f"transform.mels is {transform.mels}, and frames of {transform.frame_ms:g} ms at {transform.rate} Hz tell "
            f"at most {most} bands apart: lower ones would hold no line of the spectrum"
        )
        yield ("transform", "mels"), message, f"mels: {most} or fewer, or longer frames"


def _most_bands(rate: int, lines: float) -> int:
    """The most bands of which the lowest, two steps of the mel scale wide, is no narrower than the spectrum's lines.

    See `audio_features.features` for the scale.
    """
    lowest, line, highest = (2595 * math.log10(1 + hertz / 700) for hertz in (20.0, 20.0 + lines, rate / 2))
    return max(1, int(2 * (highest - lowest) / (line - lowest)) - 1)


def _masks(config: Any) -> Iterator[Found]:
    masked = False
    for index, step in enumerate(config.training.augment):
        for name, value in step.items():
            path = ("training", "augment", index, name)
            if name in _MASKS:
                masked = True
            elif masked and name in AUGMENTATIONS:
                yield path, f"{name} changes the waveform, and a mask before it is laid on its features", "masks last"
            if name == "frequency_mask" and config.transform.features == "mfcc":
                yield path, "a cepstrum has no bands that could be masked", "features: log_mel"
            elif name == "frequency_mask" and options.is_count(value) and value >= config.transform.mels:
                yield path, f"a mask of {value} of {config.transform.mels} bands may hide everything", "a few are usual"
            elif name in ("shift", "time_mask") and options.is_number(value) and value >= config.transform.seconds:
                message = f"{name} of {value:g} s hides a recording of {config.transform.seconds:g} s"
                yield path, message, "a tenth of a second is usual"


OPTIONS = Options(
    noun="an audio",
    hyperparameters=HYPERPARAMETERS,
    rules=_RULES,
    augmentations=AUGMENTATIONS,
    slices=SLICES,
    transform=by_task.TRANSFORM.get("audio", ()),
    example="for example [{shift: 0.1}, {noise: 15}, {time_mask: 0.1}]",
    more=_more,
)
