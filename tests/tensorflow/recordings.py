"""Recordings as bytes, written by libsndfile."""

from __future__ import annotations

import io

import numpy as np
import soundfile


def sound(seconds=0.3, rate=16_000, channels=1, seed=0, noise=0.1):
    """float64 (N, channels) in (-1, 1): a few tones with noise, the same ones for the same arguments."""
    draws = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * draws.uniform(100, 0.2 * rate) * time + draws.uniform(0, 6)) for _ in range(4)]
    whole = np.stack([sum(tones) + draws.normal(0, noise, len(time)) for _ in range(channels)], 1)
    return whole / np.abs(whole).max() * 0.9


def encoded(samples, rate=16_000, subtype="PCM_16", form="WAV"):
    """The bytes of a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=form)
    return file.getvalue()
