"""The demo data set `spoken_digits`: zero to nine by many voices, spoken offline by espeak-ng, with noise.

`three/f2-1.wav` is the word by the voice f2 for the first time: `data.group_by` on the voice keeps the speakers of the
graded splits out of training. espeak-ng (Duddington, Dunn and others; GPL, loaded from the released package
`espeakng-loader`, never linked) keeps global state, so it speaks in a process of its own, always in the same order.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import UserError

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TAKES = 2  # of every word by every voice, at other paces and pitches
# Voices of espeak-ng that are not near copies of each other, and no robots; each with one accent, in turn.
VOICES = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Henrique", "Hugo", "Lee", "Marco", "Mario",
    "Michael", "Mike", "Nguyen", "Reed", "adam", "anika", "announcer", "aunty", "belinda", "boris", "caleb", "david",
    "edward", "f1", "f2", "f3", "f4", "f5", "grandma", "grandpa", "gustave", "klatt4", "linda", "m1", "m2", "m3", "m4",
    "m5", "m7", "max", "michel", "norbert", "robert", "shelby", "travis",
)  # fmt: skip
ACCENTS = ("en-us", "gmw/en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")

# Of espeak-ng's speak_lib.h
_SYNCHRONOUS, _DONT_EXIT, _UTF8 = 2, 0x8000, 1
_RATE, _PITCH = 1, 3


def write(folder: Path) -> None:
    """Speak into `folder`, in a process of its own.

    Raises:
        UserError: espeak-ng is not installed, or does not run here.
    """
    command = [sys.executable, "-m", "graduate.pipeline.data.demo_speech", os.fspath(folder)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with code {done.returncode}"]
        raise UserError(f"espeak-ng cannot speak the demo data: {last[0]}", hint="run `uv sync`")


def _speak_all(folder: Path) -> None:
    from graduate.pipeline.data.seen_audio import wav

    speaker = _Speaker()
    for word in WORDS:
        (folder / word).mkdir(parents=True)
    for number, voice in enumerate(VOICES):
        speaker.is_now(f"{ACCENTS[number % len(ACCENTS)]}+{voice}")
        for word, take, draws in _takes(number):
            pace, pitch = draws.integers(120, 200), draws.integers(35, 65)
            spoken = speaker.says(word, int(pace), int(pitch), seed=1 + take)
            (folder / word / f"{voice}-{take}.wav").write_bytes(wav(_in_a_room(spoken, draws), speaker.rate))


def _takes(voice: int) -> Iterator[tuple[str, int, np.random.Generator]]:
    for number, word in enumerate(WORDS):
        for take in range(1, TAKES + 1):
            yield word, take, np.random.default_rng([voice, number, take])


def _in_a_room(spoken: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """A pause before and after, noise throughout (white or, half of the time, low), 5 to 30 dB below the voice."""
    before, after = draws.integers(500, 5_000, 2)
    whole = np.pad(spoken, (before, after))
    noise = draws.standard_normal(len(whole))
    if draws.random() < 0.5:
        noise = np.convolve(noise, np.ones(8) / 8, "same")
    ratio = 10 ** (-draws.uniform(5, 30) / 20)
    whole = whole + noise * (ratio * _rms(spoken) / _rms(noise))
    return whole * (draws.uniform(0.1, 0.9) / np.abs(whole).max())


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


class _Speaker:
    """espeak-ng, which gives samples to a function of ours instead of a loudspeaker."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("espeakng_loader")
        if found is None or not found.submodule_search_locations:
            raise SystemExit("the package espeakng-loader is not installed")
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._heard: list[bytes] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        self._listener = kind(self._listen)  # held: C code keeps no reference
        data = os.fsencode(espeakng_loader.get_data_path())
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT))
        if self.rate <= 0:
            raise SystemExit("espeak-ng does not start")
        self._library.espeak_SetSynthCallback(self._listener)

    def _listen(self, samples: int | None, count: int, events: Any) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, 2 * count))
        return 0

    def is_now(self, voice: str) -> None:
        """Speak as this voice of the library's from now on: `accent+variant`."""
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise SystemExit(f"espeak-ng has no voice {voice}")

    def says(self, word: str, pace: int, pitch: int, seed: int) -> np.ndarray:
        """float64 (N,) in [-1, 1]: a word, at so many words a minute and a pitch of 0 to 100."""
        self._heard.clear()
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        self._library.espeak_SetParameter(_RATE, pace, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        text = word.encode() + b"\0"
        nothing = ctypes.c_void_p(None)
        failed = self._library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, _UTF8, nothing, nothing)
        if failed or not self._heard:
            raise SystemExit(f"espeak-ng did not speak {word!r}")
        return np.frombuffer(b"".join(self._heard), "<i2") / 32768.0


if __name__ == "__main__":
    _speak_all(Path(sys.argv[1]))
