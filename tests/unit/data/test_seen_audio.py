"""Recordings as they come in: what is seen of them, what is kept, and what is wrong with bad ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from graduate.components import data_sound
from graduate.pipeline import raw_inputs
from graduate.pipeline.data import seen_audio
from tests.tensorflow.recordings import encoded, sound

GOOD = encoded(sound())
NOISE = np.random.default_rng(0).normal(0, 0.1, 80_000)


def test_what_is_seen_and_kept():
    samples = sound(seconds=0.5, rate=44_100, channels=2)
    [seen] = seen_audio.seen_of([encoded(samples, 44_100, "PCM_24")], 8_000)
    assert {key: seen.features[key] for key in ("seconds", "rate", "channels")} == {
        "seconds": 0.5,
        "rate": 44_100,
        "channels": 2,
    }
    assert seen.features["peak"] == pytest.approx(0.9, abs=1e-4)
    assert seen.features["rms"] == pytest.approx(np.sqrt((samples.mean(1) ** 2).mean()), abs=1e-4)
    assert seen.features["clipped"] == 0
    with soundfile.SoundFile(io.BytesIO(seen.raw)) as kept:
        assert (kept.samplerate, kept.channels, kept.subtype, kept.frames) == (8_000, 1, "PCM_16", 4_000)


@pytest.mark.parametrize(
    ("form", "subtype"), [("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS")]
)
def test_other_formats_are_read_and_become_wavs_on_their_way_to_a_model(form, subtype, tmp_path):
    samples = sound(seconds=1.0)
    raw = encoded(samples, subtype=subtype, form=form)
    [seen] = seen_audio.seen_of([raw], 16_000)
    kept = soundfile.read(io.BytesIO(seen.raw))[0]
    assert len(kept) == 16_000
    assert np.corrcoef(kept, samples[:, 0])[0, 1] > 0.9
    (tmp_path / f"a.{form.lower()}").write_bytes(raw)
    [given] = raw_inputs.read([str(tmp_path)], "audio")
    assert (given.problem, given.raw) == ("", seen.raw)


def test_wavs_go_to_a_model_as_they_are_where_its_graph_can_read_them(tmp_path):
    (tmp_path / "a.wav").write_bytes(GOOD)
    (tmp_path / "b.wav").write_bytes(encoded(sound(), subtype="ULAW"))
    (tmp_path / "c.wav").write_bytes(b"")
    plain, other, empty = raw_inputs.read([str(tmp_path)], "audio")
    assert plain.raw == GOOD
    assert soundfile.SoundFile(io.BytesIO(other.raw)).subtype == "PCM_16"
    assert empty.problem == "it is empty (0 bytes)"


def test_waves_beyond_full_scale_are_clipped_and_said_to_be():
    loud = 3 * sound()
    [seen] = seen_audio.seen_of([encoded(loud, subtype="FLOAT")])
    assert seen.features["clipped"] == pytest.approx((np.abs(loud) >= 1).mean(), abs=0.01)
    assert np.abs(soundfile.read(io.BytesIO(seen.raw))[0]).max() == 1
    rows = [{"path": "a/loud.wav", **seen.entry}, {"path": "a/b.wav", "clipped": 0.0}]
    [check] = data_sound.clipped(rows)
    assert check.passed
    assert check.warns
    assert check.sentence.startswith("1 of 2 recordings are clipped at full scale, such as a/loud.wav (")
    [check] = data_sound.clipped(rows[1:])
    assert not check.warns
    assert list(data_sound.clipped([{"path": "a.png"}])) == []


BAD = {
    "it is empty (0 bytes)": b"",
    "it is not a WAV, FLAC or OGG recording": b"\x89PNG\r\n",
    "it holds no samples": encoded(np.zeros((0, 1))),
    "it is silent (all samples are the same)": encoded(np.full(800, 0.25)),
    "it holds values that are no numbers": encoded(np.array([0.1, np.nan]), subtype="FLOAT"),
    "it is truncated (8600 of 9600 bytes of samples are there)": GOOD[:-1000],
    "it is truncated (its last page is missing)": encoded(NOISE, subtype="VORBIS", form="OGG")[:-3000],
    "it is truncated or damaged": encoded(NOISE, form="FLAC")[:-3000],
    "it is longer than 300 seconds: one file is one recording": encoded(np.tile(NOISE, 31), 8_000),
    "it says a rate of 3 Hz, which no recording has": encoded(sound(), 3),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_told_in_a_clear_word(reason):
    assert seen_audio.seen_of([GOOD, BAD[reason], GOOD])[1] == reason
