"""Augmentation of recordings in the graph: stateless, so that (seed, step) alone decides what happens to a batch.

Waveforms are changed first; masks are laid on their features (SpecAugment, Park et al. 2019), which `audio.finaliser`
then only normalises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.audio_features as audio_features

Step = Callable[[Any, Any, Any], tuple[Any, Any]]
MASKS = ("time_mask", "frequency_mask")
_QUIETER = 20.0  # decibels: how far above the least the signal-to-noise ratio may be


def build(steps: Sequence[Mapping[str, Any]], transform: Mapping[str, Any]) -> Step | None:
    """Make one function of a list of augmentations, in their order; None where the list is empty.

    Args:
        steps: like `[{"shift": 0.1}, {"time_mask": 0.1}]`, checked by `audio_options.check`: masks come last.
        transform: the config's group.

    Returns:
        f(waveforms, labels, seed): waveforms (B, samples) in the range of int16, seed (2,) int; gives float32 waveforms
        of that range, or features (B, frames, bands) where a mask is laid, and the labels as they are.
    """
    if not steps:
        return None
    chosen = [(name, float(value)) for step in steps for name, value in step.items()]

    def augment(given: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        given, seed = tf.cast(given, tf.float32), tf.cast(seed, tf.int32)
        for number, (name, value) in enumerate(chosen):
            own = tf.random.experimental.stateless_fold_in(seed, number)
            if name in MASKS:
                given = given if given.shape.rank == 3 else audio_features.features(given, transform)
                given = _mask(given, 1 if name == "time_mask" else 2, _width(name, value, transform), own)
            else:
                given = _STEPS[name](given, value, transform["rate"], own)
        return given, labels

    return augment


def _width(name: str, value: float, transform: Mapping[str, Any]) -> int:
    return max(1, round(value * 1000 / transform["hop_ms"])) if name == "time_mask" else int(value)


def _shift(waveforms: tf.Tensor, seconds: float, rate: int, seed: tf.Tensor) -> tf.Tensor:
    """Earlier or later by up to so many seconds; what comes in from outside is silence."""
    most, samples = max(1, round(seconds * rate)), tf.shape(waveforms)[1]
    moves = tf.random.stateless_uniform([tf.shape(waveforms)[0], 1], seed, -most, most + 1, tf.int32)
    places = tf.range(samples)[None] + most + moves
    return tf.gather(tf.pad(waveforms, [[0, 0], [most, most]]), places, batch_dims=1)


def _noise(waveforms: tf.Tensor, decibels: float, rate: int, seed: tf.Tensor) -> tf.Tensor:
    """White noise, at a signal-to-noise ratio between `decibels` and 20 more. Silence stays silent."""
    draws = tf.random.experimental.stateless_split(seed, 2)
    ratio = tf.random.stateless_uniform([tf.shape(waveforms)[0], 1], draws[0], decibels, decibels + _QUIETER)
    power = tf.reduce_mean(waveforms**2, 1, keepdims=True)
    noise = tf.random.stateless_normal(tf.shape(waveforms), draws[1])
    return _clipped(waveforms + noise * tf.sqrt(power) * 10.0 ** (-ratio / 20.0))


def _speed(waveforms: tf.Tensor, share: float, rate: int, seed: tf.Tensor) -> tf.Tensor:
    """Faster or slower by a factor of 1 ± share, pitch too, about the middle (Ko et al. 2015); linear interpolation."""
    batch, samples = tf.shape(waveforms)[0], tf.shape(waveforms)[1]
    factor = tf.random.stateless_uniform([batch, 1], seed, 1.0 - share, 1.0 + share)
    middle = tf.cast(samples - 1, tf.float32) / 2.0
    places = (tf.range(samples, dtype=tf.float32)[None] - middle) * factor + middle
    before = tf.floor(places)
    part, at = places - before, tf.cast(before, tf.int32)

    def value(index: tf.Tensor) -> tf.Tensor:
        inside = (index >= 0) & (index < samples)
        found = tf.gather(waveforms, tf.clip_by_value(index, 0, samples - 1), batch_dims=1)
        return tf.where(inside, found, tf.zeros_like(found))

    return (1.0 - part) * value(at) + part * value(at + 1)


_STEPS: Mapping[str, Callable[[tf.Tensor, float, int, tf.Tensor], tf.Tensor]] = {
    "shift": _shift,
    "noise": _noise,
    "speed": _speed,
}


def _mask(features: tf.Tensor, axis: int, most: int, seed: tf.Tensor) -> tf.Tensor:
    """A stretch of 0 to `most` frames or bands becomes the recording's mean of each band (Park et al. 2019, 2.2)."""
    draws = tf.random.stateless_uniform([2, tf.shape(features)[0]], seed)
    size = tf.cast(tf.shape(features)[axis], tf.float32)
    width = tf.floor(draws[0] * (min(most, features.shape[axis]) + 1.0))
    start = tf.floor(draws[1] * (size - width + 1.0))
    place = tf.range(size)[None]
    hidden = (place >= start[:, None]) & (place < (start + width)[:, None])
    hidden = hidden[:, :, None] if axis == 1 else hidden[:, None, :]
    return tf.where(hidden, tf.reduce_mean(features, 1, keepdims=True), features)


def _clipped(waveforms: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(waveforms, -32768.0, 32767.0)
