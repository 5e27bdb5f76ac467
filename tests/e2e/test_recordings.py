"""A folder of recordings of all kinds, from a bad file to a model that answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.e2e.project import Project
from tests.tensorflow.recordings import encoded, sound

pytestmark = pytest.mark.slow

CONFIG = {
    "name": "sounds",
    "task": "audio",
    "data": {"audio": "sounds", "split": {"train": 0.6, "eval": 0.2, "test": 0.2}},
    "transform": {"rate": 8_000, "seconds": 0.3, "features": "mfcc", "mels": 20, "statistics": False},
    "model": {"build": "crnn", "hyperparameters": {"filters": [8], "recurrent": 8}},
    "training": {
        "steps": 60, "batch_size": 16, "learning_rate": 0.01, "seed": 3,
        "augment": [{"shift": 0.05}, {"speed": 0.05}, {"noise": 20}, {"time_mask": 0.05}],
    },
    "evaluation": {"bounds": {"accuracy": {"at_least": 0.9}}},
}  # fmt: skip
# how the files of a class are written, in turn
KINDS = (
    (8_000, "PCM_16", "WAV", "wav"), (48_000, "PCM_24", "WAVEX", "wav"), (22_050, "PCM_16", "FLAC", "flac"),
    (44_100, "VORBIS", "OGG", "ogg"), (16_000, "FLOAT", "WAV", "wav"), (11_025, "PCM_U8", "WAV", "wav"),
)  # fmt: skip


@pytest.fixture
def sounds(tmp_path: Path):
    """A project with 40 tones and 40 noises, and one file that is cut short."""
    project = Project(tmp_path)
    for name in ("tones", "noises"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for number in range(40):
            rate, subtype, form, ending = KINDS[number % len(KINDS)]
            samples = sound(rate=rate, channels=1 + number % 2, seed=number, noise=0.05 if name == "tones" else 5.0)
            file = tmp_path / "sounds" / name / f"{number:02d}.{ending}"
            file.write_bytes(encoded(samples, rate, subtype, form))
    (tmp_path / "sounds" / "tones" / "cut.wav").write_bytes(encoded(sound())[:-500])
    (tmp_path / "sounds.yaml").write_text(yaml.safe_dump(CONFIG))
    yield project
    project.close()


def test_recordings_of_every_kind_are_learned_served_and_answered(sounds: Project):
    stopped = sounds.graduate("run", "sounds.yaml", "--json")
    assert stopped.code == 5
    assert "tones/cut.wav: it is truncated (9100 of 9600 bytes of samples are there)" in stopped.err
    done = sounds.graduate("run", "sounds.yaml", "--json", "--set", "data.bad_rows=skip", timeout=500)
    assert done.code == 0, done.err
    [serving] = [verdict for verdict in done.result["verdicts"] if verdict["source"] == "ServingCheck"]
    assert serving["passed"]
    folder = sounds.folder / "sounds" / "noises"
    asked = sounds.graduate("predict", "sounds:serving", str(folder / "01.wav"), str(folder / "02.flac"),
                            str(folder / "03.ogg"))  # fmt: skip
    assert asked.code == 0, asked.err
    assert [line.split()[1] for line in asked.out.splitlines()[1:]] == ["noises"] * 3
