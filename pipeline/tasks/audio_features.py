"""What a network hears of a waveform, in TensorFlow's own operations: a log-mel spectrogram, or its cepstrum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

_FLOOR = 1e-6  # added to powers before the logarithm: silence is -13.8
_LOWEST = 20.0  # Hz: below it there is no speech
_COEFFICIENTS = 13  # of a cepstrum that are usual in speech recognition (Davis and Mermelstein 1980 took 10)


class Framing(NamedTuple):
    """Sizes in samples, of a config's group `transform`."""

    samples: int
    frame: int
    hop: int
    fft: int

    @property
    def frames(self) -> int:
        """Whole frames in a waveform."""
        return 1 + (self.samples - self.frame) // self.hop


def framing(transform: Mapping[str, Any]) -> Framing:
    """`rate`, `seconds`, `frame_ms` and `hop_ms` as samples; the transform is the next power of two long."""
    rate = transform["rate"]
    frame, hop = (max(1, round(transform[key] * rate / 1000)) for key in ("frame_ms", "hop_ms"))
    return Framing(round(transform["seconds"] * rate), frame, hop, 1 << (frame - 1).bit_length())


def shape(transform: Mapping[str, Any]) -> tuple[int, int]:
    """(frames, numbers a frame)."""
    bins = transform["mels"]
    return framing(transform).frames, min(_COEFFICIENTS, bins) if transform["features"] == "mfcc" else bins


def features(waveforms: tf.Tensor, transform: Mapping[str, Any]) -> tf.Tensor:
    """Log-mel spectrograms, or their first 13 cepstral coefficients.

    The power of a Hann-windowed Fourier transform, summed in triangles that are evenly spaced on the mel scale (HTK's:
    2595 log₁₀(1 + f / 700); 20 Hz to half the rate), plus 1e-6, as natural logarithm.

    Args:
        waveforms: (B, samples), int16 or float32 in the range of int16.
        transform: the config's group.

    Returns:
        float32 (B, frames, mels or 13).
    """
    sizes, rate = framing(transform), transform["rate"]
    scaled = tf.cast(waveforms, tf.float32) / 32768.0
    spectrum = tf.signal.stft(scaled, sizes.frame, sizes.hop, sizes.fft)
    power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
    mels = tf.signal.linear_to_mel_weight_matrix(transform["mels"], sizes.fft // 2 + 1, rate, _LOWEST, rate / 2)
    log_mel = tf.math.log(tf.tensordot(power, mels, 1) + _FLOOR)
    if transform["features"] == "mfcc":
        log_mel = tf.signal.mfccs_from_log_mel_spectrograms(log_mel)[..., :_COEFFICIENTS]
    return tf.ensure_shape(log_mel, [None, *shape(transform)])
