"""Sounds that are one recording."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from graduate.leakage import heard, near_pairs, near_sounds
from graduate.leakage.sounds import RATE


def spoken(number, seed=0):
    """Made voices: a hum with overtones that rises and falls and pauses, each another, with breath."""
    draws = np.random.default_rng(seed)
    waves = []
    for _ in range(number):
        time = np.arange(int(RATE * draws.uniform(0.4, 0.6))) / RATE
        pitch = (
            2 * np.pi * np.cumsum(draws.uniform(90, 220) * (1 + 0.2 * np.sin(2 * np.pi * draws.uniform(1, 4) * time)))
        )
        tones = sum(draws.uniform(0, 1) * np.sin(at * pitch / RATE) for at in range(1, 12))
        loud = np.sin(np.pi * time / time[-1]) * (1 + np.sin(2 * np.pi * draws.uniform(2, 6) * time))
        waves.append(tones * loud + 0.05 * draws.standard_normal(len(time)))
    return waves


def noisy(wave, decibels):
    noise = np.random.default_rng(5).standard_normal(len(wave))
    return wave + noise * np.sqrt((wave**2).mean()) * 10 ** (-decibels / 20)


@pytest.mark.parametrize(
    "change",
    [
        lambda wave: 0.05 * wave,
        lambda wave: -wave,
        lambda wave: noisy(wave, 25),
        lambda wave: np.pad(wave, (40, 0)),
        lambda wave: np.pad(wave, (0, 240)),
        lambda wave: resample_poly(resample_poly(wave, 11_025, RATE), RATE, 11_025),
        lambda wave: np.round(wave * 40) / 40,
        lambda wave: wave + 3.0,
        lambda wave: noisy(np.pad(0.5 * wave, (24, 80)), 30),
    ],
    ids=["softer", "turned over", "noise", "later", "a pause after", "another rate", "fewer bits", "offset", "several"],
)
def test_a_copy_is_found(change):
    waves = spoken(40)
    found = near_sounds([heard(one) for one in waves], [heard(change(one)) for one in waves])
    assert [pair[:2] for pair in found] == [(at, at) for at in range(40)]
    assert all(0.85 <= like <= 1 for _, _, like in found)


def test_other_recordings_are_not():
    assert near_sounds([heard(one) for one in spoken(60)], [heard(one) for one in spoken(60, seed=1)]) == []


def test_the_same_spectra_by_another_noise_are_no_copies():
    draws = np.random.default_rng(2)
    noises = [heard(draws.standard_normal(4_000)) for _ in range(40)]
    assert near_pairs(noises) == []


def test_hum_alone_makes_no_copies():
    hum = 3 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE)
    voices = [hum[: len(one)] + one for one in spoken(40)]
    assert near_pairs([heard(one) for one in voices]) == []


def test_pairs_of_one_set_come_once_and_the_most_alike_first():
    waves = spoken(30)
    waves += [noisy(waves[3], 20), 0.5 * waves[7]]
    found = near_pairs([heard(one) for one in waves])
    assert [pair[:2] for pair in found] == [(7, 31), (3, 30)]
    assert found[0][2] >= found[1][2]


def test_silence_and_what_is_too_short_are_like_nothing():
    nothing = [heard(np.zeros(4_000)), heard(np.full(4_000, 7)), heard(np.ones(10)), heard(np.zeros(0))]
    assert nothing == [None] * 4
    assert near_sounds(nothing, nothing) == near_pairs(nothing) == near_pairs([]) == []


def test_a_part_of_a_recording_is_not_the_recording():
    [wave] = spoken(1)
    assert near_sounds([heard(np.tile(wave, 3))], [heard(wave)]) == []
