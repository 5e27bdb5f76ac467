"""`graduate serve` of recordings: FLAC and OGG are answered as the WAV is; what is none says why."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.model_ids import resolve
from graduate.pipeline.serve import page
from graduate.pipeline.serve.rest import Rest
from graduate.pipeline.serve.servable import Servable
from graduate.pipeline.serve.versions import Versions, watched
from graduate.pipeline.tasks import audio_wave
from graduate.pipeline.workspace import Workspace
from tests.tensorflow.recordings import encoded, sound

RATE, SAMPLES = 8_000, 2_400


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """A model that answers with the loudness of each third of a recording."""
    place = tmp_path_factory.mktemp("place") / "loud"

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def serve(audio):
        waves = tf.map_fn(
            lambda raw: audio_wave.decode(raw, RATE, SAMPLES),
            audio,
            fn_output_signature=tf.TensorSpec([SAMPLES], tf.int16),
        )
        thirds = tf.reshape(tf.cast(waves, tf.float32) / 32768, [-1, 3, SAMPLES // 3])
        return {"values": tf.sqrt(tf.reduce_mean(thirds**2, axis=2))}

    tf.saved_model.save(tf.Module(), str(place / "1"), signatures={"serving_default": serve, "other": serve})
    (place / "1" / "assets.extra").mkdir()
    about = {"task": "audio", "raw_feature": "audio", "name": "loud", "names": ["a", "b", "c"]}
    (place / "1" / "assets.extra" / "graduate.json").write_text(json.dumps(about))
    model = resolve(str(place), Workspace(place.parent))
    return Versions(Servable(model), watched(str(place), model), Servable)


@pytest.fixture
def ask(versions):
    def asked(*raws, form="instances", **more):
        cells = [{"b64": base64.b64encode(raw).decode()} for raw in raws]
        body = more | ({"instances": cells} if form == "instances" else {"inputs": {"audio": cells}})
        reply = Rest(versions).reply("POST", "/v1/models/loud:predict", json.dumps(body).encode())
        return reply.status, json.loads(reply.body)

    return asked


@pytest.mark.parametrize("form", ["instances", "inputs"])
@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_flac_and_ogg_are_answered_as_the_wav_is(ask, rate, form):
    heard = sound(rate=rate, channels=2) * np.linspace(0.2, 1, int(0.3 * rate))[:, None]
    raws = [encoded(heard, rate), encoded(heard, rate, form="FLAC"), encoded(heard, rate, "VORBIS", "OGG")]
    code, told = ask(*raws, form=form)
    assert code == 200
    wav, flac, ogg = np.array(told["predictions" if form == "instances" else "outputs"])
    assert wav[2] > wav[0] > 0.05
    np.testing.assert_allclose(flac, wav, atol=1e-4)
    np.testing.assert_allclose(ogg, wav, atol=0.02)
    assert not (ogg == wav).all()


def test_a_wav_goes_to_the_model_as_it_is(ask):
    raw = encoded(sound(rate=RATE), RATE, "PCM_24")
    assert ask(raw) == ask(raw, signature_name="other")


def test_silence_is_answered_whatever_it_is_written_in(ask):
    silent = np.zeros((SAMPLES, 1))
    code, told = ask(encoded(silent, RATE), encoded(silent, RATE, form="FLAC"))
    assert (code, told["predictions"]) == (200, [[0.0, 0.0, 0.0]] * 2)


FLAC = encoded(sound(rate=RATE), RATE, form="FLAC")
OGG = encoded(sound(rate=RATE, seconds=3.0), RATE, "VORBIS", "OGG")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "it is empty (0 bytes)"),
        (b"no recording at all", "it is not a WAV, FLAC or OGG recording"),
        (b"fLaC", "it is truncated or damaged"),
        (FLAC[: len(FLAC) // 2], "it is truncated"),
        (OGG[: len(OGG) // 2], "it is truncated"),
        (b"OggS" + bytes(400), "it is truncated or damaged"),
        (b"RIFF\0\0\0\0WAVE", "it is truncated or damaged"),
        (encoded(sound(rate=RATE), RATE)[:900], "it is truncated"),
    ],
)
def test_what_is_no_recording_is_named_and_says_why(ask, raw, said):
    code, told = ask(FLAC, raw, OGG)
    assert code == 400
    assert list(told) == ["error"]
    assert told["error"].startswith("instance 1: ")
    assert said in told["error"]


def test_the_page_takes_these_files(versions):
    shown = page.file("/", versions).body.decode()
    assert 'accept=".flac,.ogg,.wav"' in shown
