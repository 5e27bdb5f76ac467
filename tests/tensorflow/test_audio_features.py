"""What networks hear: log-mel spectrograms against NumPy and SciPy, their normalisation, and augmentation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import tensorflow as tf

from graduate.pipeline.tasks import audio, audio_augment, audio_features, audio_options
from tests.tensorflow.recordings import sound

TRANSFORM = {"rate": 8_000, "seconds": 0.5, "features": "log_mel", "mels": 20, "frame_ms": 25.0, "hop_ms": 10.0}
MFCC = {**TRANSFORM, "features": "mfcc"}
WAVES = np.stack([(sound(0.5, 8_000, seed=seed)[:, 0] * 32767).astype(np.int16) for seed in range(16)])


def log_mel(wave):
    """By the definition, in float64: one frame and one band after the other."""
    frame, hop, fft, bands = 200, 80, 256, 20
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    starts = range(0, len(wave) - frame + 1, hop)
    power = np.abs([np.fft.rfft(wave[start : start + frame] / 32768.0 * window, fft) for start in starts]) ** 2

    def mel(hertz):
        return 2595 * np.log10(1 + np.asarray(hertz) / 700)

    edges, lines = np.linspace(mel(20), mel(4_000), bands + 2), mel(np.arange(1, fft // 2 + 1) * 8_000 / fft)
    weights = [
        np.maximum(0, np.minimum((lines - low) / (middle - low), (high - lines) / (high - middle)))
        for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    return np.log(power[:, 1:] @ np.transpose(weights) + 1e-6)


def test_log_mel_is_what_its_definition_says():
    found = audio_features.features(tf.constant(WAVES), TRANSFORM).numpy()
    assert found.shape == (16, 48, 20) == (16, *audio_features.shape(TRANSFORM))
    np.testing.assert_allclose(found, [log_mel(wave) for wave in WAVES], atol=2e-3)


def test_a_cepstrum_is_the_cosine_transform_of_it():
    found = audio_features.features(tf.constant(WAVES), MFCC).numpy()
    expected = scipy.fft.dct(np.array([log_mel(wave) for wave in WAVES]), type=2, norm="ortho")[..., :13]
    expected[..., 0] *= np.sqrt(2)  # TensorFlow's transform scales all coefficients alike, as HTK's does
    np.testing.assert_allclose(found, expected, atol=1e-2)


def constants(transform=TRANSFORM):
    heard = audio_features.features(tf.constant(WAVES), transform).numpy()
    return {"feature_mean": heard.mean((0, 1)), "feature_deviation": heard.std((0, 1))}


def test_the_finaliser_normalises_waveforms_and_features_alike_and_many_as_few(monkeypatch):
    finalise = audio.finaliser(constants(), {"transform": TRANSFORM})
    whole = finalise(WAVES).numpy()
    np.testing.assert_allclose(whole.mean((0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(whole.std((0, 1)), 1, atol=1e-3)
    np.testing.assert_allclose(finalise(audio_features.features(tf.constant(WAVES), TRANSFORM)), whole, atol=1e-5)
    np.testing.assert_allclose(tf.function(finalise)(tf.constant(WAVES)), whole, atol=1e-5)
    monkeypatch.setattr(audio, "_PIECE", 5)
    np.testing.assert_allclose(finalise(WAVES), whole, atol=1e-5)


STEPS = [{"shift": 0.1}, {"speed": 0.2}, {"noise": 5}, {"time_mask": 0.1}, {"frequency_mask": 5}]


def apply(steps, seed):
    augment = tf.function(audio_augment.build(steps, TRANSFORM))
    changed, labels = augment(tf.constant(WAVES), tf.range(16), tf.constant([3, seed]))
    assert (labels.numpy() == range(16)).all()
    return changed.numpy()


def test_the_list_here_is_complete():
    assert {name for step in STEPS for name in step} == set(audio_options.AUGMENTATIONS)
    assert audio_augment.build([], TRANSFORM) is None


@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_a_seed_gives_the_same_again_and_another_seed_something_else(step):
    first = apply([step], 1)
    assert np.isfinite(first).all()
    assert (first == apply([step], 1)).all()
    assert (first != apply([step], 2)).any()


def test_a_shift_moves_by_whole_samples_and_lets_silence_in():
    for before, after in zip(WAVES.astype(float), apply([{"shift": 0.1}], 1), strict=True):
        moves = [
            by
            for by in range(-800, 801)
            if (after[max(0, -by) : 4000 - max(0, by)] == before[max(0, by) : 4000 + min(0, by)]).all()
        ]
        assert len(moves) == 1
        outside = after[4000 - moves[0] :] if moves[0] > 0 else after[: -moves[0]]
        assert not outside.any()


def test_noise_is_as_loud_as_it_says():
    noise = apply([{"noise": 10}], 1) - WAVES
    ratios = 10 * np.log10((WAVES.astype(float) ** 2).mean(1) / (noise**2).mean(1))
    assert ((ratios > 9) & (ratios < 31)).all()
    assert np.ptp(ratios) > 5


def test_speed_moves_tones_by_its_factor():
    tone = np.tile((20_000 * np.sin(2 * np.pi * 1000 * np.arange(4000) / 8000)).astype(np.int16), (32, 1))
    augment = audio_augment.build([{"speed": 0.2}], TRANSFORM)
    faster = augment(tf.constant(tone), tf.range(32), tf.constant([0, 1]))[0].numpy()
    hertz = np.abs(np.fft.rfft(faster[:, 1000:3000])).argmax(1) * 4.0
    assert 790 <= hertz.min() < 900 < 1100 < hertz.max() <= 1210


@pytest.mark.parametrize(("step", "axis", "most"), [({"time_mask": 0.1}, 1, 10), ({"frequency_mask": 5}, 2, 5)])
def test_a_mask_hides_one_stretch_no_wider_than_it_says(step, axis, most):
    plain = audio_features.features(tf.constant(WAVES), TRANSFORM).numpy()
    hidden = (np.abs(apply([step], 1) - plain) > 0.01).any(3 - axis)
    widths = hidden.sum(1)
    assert widths.max() <= most
    assert len(set(widths)) > 2
    for row in hidden:
        places = np.flatnonzero(row)
        assert not len(places) or len(places) == np.ptp(places) + 1
