"""The graph's own reader of WAVs, against libsndfile and SciPy."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from graduate.pipeline.data import seen_audio
from graduate.pipeline.tasks import audio_wave
from tests.tensorflow.recordings import encoded, sound

RATE, SAMPLES = 16_000, 8_000
WIDTHS = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
GOOD = encoded(sound())


@pytest.fixture(scope="module")
def decode():
    """f(raw) -> int16 (SAMPLES,), traced once."""
    signature = [tf.TensorSpec([], tf.string)]
    traced = tf.function(lambda raw: audio_wave.decode(raw, RATE, SAMPLES), signature, autograph=False)
    return lambda raw: traced(raw).numpy()


@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("subtype", WIDTHS)
def test_every_width_and_number_of_channels_is_read_as_libsndfile_reads_it(subtype, channels, form, decode):
    raw = encoded(sound(channels=channels), subtype=subtype, form=form)
    expected = soundfile.read(io.BytesIO(raw), dtype="float64", always_2d=True)[0].mean(1)
    decoded = decode(raw)
    np.testing.assert_array_equal(decoded[: len(expected)], np.clip(np.rint(expected * 32768), -32768, 32767))
    assert not decoded[len(expected) :].any()


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 22_051, 32_000, 44_100, 48_000, 96_000])
def test_other_rates_are_resampled_as_at_ingest(rate, decode):
    raw = encoded(sound(rate=rate, channels=2), rate)
    [seen] = seen_audio.seen_of([raw], RATE)  # scipy.signal.resample_poly
    kept, own = soundfile.read(io.BytesIO(seen.raw), dtype="int16")
    decoded = decode(raw)
    assert own == RATE
    assert kept.std() > 1_000
    assert np.abs(decoded[: len(kept)].astype(int) - kept).max() <= 1  # a rounding
    assert not decoded[len(kept) :].any()


def test_longer_ones_are_cut_at_their_end(decode):
    raw = encoded(sound(seconds=2.0))
    np.testing.assert_array_equal(decode(raw), soundfile.read(io.BytesIO(raw), dtype="int16")[0][:SAMPLES])
    other = sound(seconds=2.0, rate=48_000)
    assert decode(encoded(other, 48_000))[-100:].any()


def test_chunks_that_are_not_known_are_passed_over(decode):
    odd = struct.pack("<4sI", b"LIST", 5) + b"names\0"
    assert (decode(GOOD[:12] + odd + GOOD[12:]) == decode(GOOD)).all()


def test_a_file_that_was_written_into_a_pipe_goes_on_to_its_end(decode):
    assert (decode(GOOD[:40] + b"\xff\xff\xff\xff" + GOOD[44:]) == decode(GOOD)).all()


BAD = {
    "it is not a WAV": [b"", b"RI", b"text that is none" * 9, encoded(sound(), form="FLAC"), b"RIFFxxxxAVI LIST" * 9],
    "no format chunk": [GOOD[:12], GOOD[:12] + b"data" + GOOD[40:]],
    "holds no samples": [GOOD[:36], encoded(np.zeros((0, 1)))],
    "truncated": [GOOD[:-1], GOOD[:-1000]],
    "unknown kind": [
        encoded(sound(), subtype="ULAW"), GOOD[:24] + bytes(4) + GOOD[28:], GOOD[:22] + bytes(2) + GOOD[24:]
    ],
    "no numbers": [encoded(np.array([0.1, np.nan]), subtype="FLOAT"), encoded(np.array([np.inf]), subtype="DOUBLE")],
}  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_cannot_be_read_is_an_error_with_a_clear_word(said, decode):
    for raw in BAD[said]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=said):
            decode(raw)
