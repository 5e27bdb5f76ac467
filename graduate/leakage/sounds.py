"""Sounds that are one recording: louder or softer, encoded again, at another rate, a little noisier or later.

Two takes of a word look alike in their spectra and never in their waveforms; a copy does in both. So whose spectra are
alike is found first, coarsely, and then the waveforms are laid on each other at the lag where they agree best.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

RATE = 8_000  # Hz of the waveforms: what lies above 4 kHz is not compared
# Of 960 spoken digits no two agree by more than 0.75; noise 20 dB below a recording leaves 0.91 or more.
AGREE = 0.85
_ALIKE, _CANDIDATES = 0.6, 4  # correlation of coarse spectra, and how many waveforms are compared for one recording
_LENGTHS, _PAUSE = 1.25, 0.25  # the longer is at most so many times the shorter, or so many seconds longer
_FRAME, _CELLS, _BANDS = 256, 16, 16  # samples; cells of time and bands of frequency that a recording is seen in
_LOWEST, _FLOOR = 100.0, 1e-3  # Hz; share of the loudest cell's power below which all is silence
_HUM = 0.1  # of the waveform itself, beside its differences, in which hum counts for little
_BLOCK = 1024


class Sound(NamedTuple):
    """What of a recording is compared.

    Attributes:
        wave: float32 (N,) of unit length, at `RATE`, low tones damped.
        coarse: float32 (256,) of unit length, where its power lies in time and frequency.
    """

    wave: np.ndarray
    coarse: np.ndarray


def heard(wave: np.ndarray) -> Sound | None:
    """What of a recording is compared; None of silence, and of what is too short to be told from others.

    Args:
        wave: (N,) at `RATE`, of any scale.
    """
    wave = np.asarray(wave, np.float64)
    if len(wave) < 2 * _FRAME:
        return None
    wave = wave - wave.mean()
    wave = np.diff(wave, prepend=wave[:1]) + _HUM * wave
    length = float(np.linalg.norm(wave))
    return Sound((wave / length).astype(np.float32), _coarse(wave)) if length > 0 else None


def near_sounds(
    first: Sequence[Sound | None], second: Sequence[Sound | None], *, agree: float = AGREE
) -> list[tuple[int, int, float]]:
    """For each recording of `second` that is one of `first`, the one that it agrees with best.

    Args:
        first, second: what `heard` gives; None is like nothing.
        agree: the least correlation of two waveforms, at the lag where it is greatest.

    Returns:
        (position in first, position in second, correlation), by the second.
    """
    best: dict[int, tuple[int, int, float]] = {}
    for here, there in _candidates(first, second):
        like = agreement(first[here], second[there])
        if like >= agree and (there not in best or like > best[there][2]):
            best[there] = (here, there, like)
    return [best[there] for there in sorted(best)]


def near_pairs(sounds: Sequence[Sound | None], *, agree: float = AGREE) -> list[tuple[int, int, float]]:
    """Pairs of one set that are one recording, each once, those that agree best first; see `near_sounds`."""
    pairs = sorted({(min(pair), max(pair)) for pair in _candidates(sounds, sounds, same=True)})
    found = ((*pair, agreement(sounds[pair[0]], sounds[pair[1]])) for pair in pairs)
    return sorted((one for one in found if one[2] >= agree), key=lambda one: (-one[2], one[:2]))


def agreement(first: Sound | None, second: Sound | None) -> float:
    """The correlation of two waveforms at the lag where it is greatest, in either polarity, 0 to 1."""
    if first is None or second is None:
        return 0.0
    size = 1 << (len(first.wave) + len(second.wave) - 1).bit_length()
    lags = np.fft.irfft(np.fft.rfft(first.wave, size) * np.conj(np.fft.rfft(second.wave, size)), size)
    return min(1.0, float(np.abs(lags).max()))


def _candidates(
    first: Sequence[Sound | None], second: Sequence[Sound | None], *, same: bool = False
) -> list[tuple[int, int]]:
    """Positions in first and second of recordings of about one length whose coarse spectra are alike."""
    a, lengths_a, here = _stacked(first)
    b, lengths_b, there = _stacked(second)
    found: list[tuple[int, int]] = []
    if not len(here) or not len(there):
        return found
    for start in range(0, len(there), _BLOCK):
        alike = b[start : start + _BLOCK] @ a.T
        for row, likes in enumerate(alike, start):
            likes[_apart(lengths_a, lengths_b[row])] = -1.0
            if same:
                likes[row] = -1.0
            nearest = np.argsort(-likes)[:_CANDIDATES]
            found += [(int(here[at]), int(there[row])) for at in nearest if likes[at] >= _ALIKE]
    return found


def _stacked(sounds: Sequence[Sound | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coarse spectra, lengths, and the positions that they are of."""
    kept = [(at, one) for at, one in enumerate(sounds) if one is not None]
    coarse = np.array([one.coarse for _, one in kept], np.float32).reshape(len(kept), _CELLS * _BANDS)
    return coarse, np.array([len(one.wave) for _, one in kept], np.int64), np.array([at for at, _ in kept], np.int64)


def _apart(lengths: np.ndarray, length: int) -> np.ndarray:
    longer, shorter = np.maximum(lengths, length), np.minimum(lengths, length)
    return np.asarray(longer > np.maximum(_LENGTHS * shorter, shorter + _PAUSE * RATE))


def _coarse(wave: np.ndarray) -> np.ndarray:
    """Logarithms of power above the floor, without their mean; smooth in time, so that a short pause does little."""
    frames = np.pad(wave, (0, -len(wave) % _FRAME)).reshape(-1, _FRAME)
    power = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2
    edges = np.geomspace(_LOWEST, RATE / 2, _BANDS + 1)[:-1] * _FRAME / RATE
    bands = np.add.reduceat(power, np.ceil(edges).astype(int), axis=1)
    ends = np.linspace(0, len(bands), _CELLS + 1)
    each = [bands[int(start) : max(int(start) + 1, int(end))].mean(axis=0) for start, end in pairwise(ends)]
    cells = np.pad(np.stack(each), ((1, 1), (0, 0)), "edge")
    grid = (cells[:-2] + 2 * cells[1:-1] + cells[2:]) / 4
    levels = np.log(grid + _FLOOR * grid.max())
    flat = (levels - levels.mean()).ravel()
    return (flat / max(float(np.linalg.norm(flat)), 1e-9)).astype(np.float32)
