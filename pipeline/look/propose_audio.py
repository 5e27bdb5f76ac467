"""The lines of a config that are about recordings."""

from __future__ import annotations

import math

from graduate.pipeline.look import propose
from graduate.pipeline.look.config_text import Group
from graduate.pipeline.look.found import Look

_LONGEST = 10.0  # seconds
_RATE = 16_000  # Hz: what speech and most sounds need
_STEPS_A_SECOND = 400  # steps of recordings of one second that take about a minute on two cores


def add(config: Group, look: Look, output: str) -> None:
    """Add them all."""
    _, train = propose.data_of_files(config, look, output)
    high = look.measured["seconds"]["high"]
    seconds = max(0.2, min(_LONGEST, math.ceil(high * 10) / 10))
    rates = look.measured["rates"]
    usual = int(next(iter(rates), _RATE))
    rate = max(4_000, min(usual, _RATE))
    transform = config.group("transform")
    more = "" if rate == usual else f"; {_RATE} Hz hold what speech and most sounds need"
    transform.put("rate", rate, f"samples a second; {usual} is the usual one here{more}")
    cut = f"; each is cut after {seconds:g}, since longer ones train slowly" if high > seconds else ""
    transform.put("seconds", seconds, f"95 % of the recordings last {high:.2f} s or less{cut}")
    model = config.group("model")
    filters = [16, 32] if train < 500 else [16, 32, 64]
    model.put("build", "cnn", "over a log-mel spectrogram; or crnn")
    model.put("hyperparameters", {"filters": filters}, f"for {train:,} training recordings")
    training = propose.training(
        config,
        train,
        batch=propose.batch_size(train),
        steps=int(max(150, min(600, _STEPS_A_SECOND / seconds))),
        rate=0.002,
        most_epochs=60,
        why="a minute or two on two cores",
    )
    propose.weights(training, look)
    shift = round(min(0.1, seconds / 10), 2)
    training.put(
        "augment", [{"shift": shift}, {"noise": 20}], "moved by up to so many seconds, with noise 20 dB below the sound"
    )
    propose.class_bounds(config, look)
