"""The spoken digits: the same files every time, every word by every voice, as the example groups them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import yaml

from graduate.pipeline.data import demo_speech, seen_audio


def digest(folder):
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*.wav")):
        content.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return content.hexdigest()


def test_every_voice_says_every_word_and_always_the_same_way(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    demo_speech.write(first)
    demo_speech.write(second)
    assert digest(first) == digest(second)
    files = sorted(first.rglob("*.wav"))
    assert len(files) == len(demo_speech.VOICES) * len(demo_speech.WORDS) * demo_speech.TAKES
    assert len({file.read_bytes() for file in files}) == len(files)
    seen = seen_audio.seen_of([file.read_bytes() for file in files[::20]])
    assert all(0.2 < one.features["seconds"] < 1.5 and one.features["rate"] == 22_050 for one in seen)


def test_the_example_keeps_a_voice_in_one_split():
    example = yaml.safe_load(Path(__file__).parents[3].joinpath("examples/speech.yaml").read_text("utf-8"))
    pattern = re.compile(example["data"]["group_by"])
    for voice in demo_speech.VOICES:
        assert {pattern.search(f"{word}/{voice}-{take}.wav")[1] for word in ("two", "six") for take in (1, 2)} == {
            voice
        }
