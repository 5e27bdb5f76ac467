"""What files of a task's rows are called and how they end; and, where a row has come in, what is seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Seen:
    """A row that can be used.

    Attributes:
        features: of the raw tf.Example besides the row's own bytes: statistics see them, slices are by them.
        entry: of the manifest besides.
        raw: what is kept instead of the row's own bytes; None: those.
    """

    features: Mapping[str, int | float | bytes]
    entry: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True)
class Kind:
    """The rows of a task.

    Attributes:
        task: its name.
        noun, nouns: what one file is called, and several.
        endings: of files that are read, in small letters.
        named: those endings for a person.
        raw_feature: the feature that holds a file's bytes.
    """

    task: str
    noun: str
    nouns: str
    endings: frozenset[str]
    named: str
    raw_feature: str

    @property
    def shape(self) -> str:
        """How a folder of such files has to look."""
        return f"a folder CLASS/name{sorted(self.endings, key=_usual)[0]} is needed ({self.named})"


def _usual(ending: str) -> int:
    """The ending that people know best first."""
    known = (".png", ".txt", ".wav")
    return known.index(ending) if ending in known else len(known)


_IMAGES, _TEXTS = (".png", ".jpg", ".jpeg", ".bmp", ".gif"), (".txt", ".text", ".md")
IMAGE = Kind("image", "image", "images", frozenset(_IMAGES), "PNG, JPEG, BMP or GIF", "image")
AUDIO = Kind("audio", "recording", "recordings", frozenset((".wav", ".flac", ".ogg")), "WAV, FLAC or OGG", "audio")
TEXT = Kind("text", "text", "texts", frozenset(_TEXTS), "TXT or MD", "text")
# The key of the `data` group that names a folder of such files.
FOLDERS: Mapping[str, Kind] = {"images": IMAGE, "texts": TEXT, "audio": AUDIO}
BY_TASK: Mapping[str, Kind] = {kind.task: kind for kind in FOLDERS.values()}


def seen_of(task: str, raws: Sequence[bytes], rate: int | None = None) -> list[Seen | str]:
    """For each raw row what was seen of it, or a few words why it cannot be used.

    Args:
        task: what the rows are.
        raws: their bytes.
        rate: of recordings, that what is kept of them is resampled to.
    """
    if task == "audio":
        from graduate.pipeline.data import seen_audio

        return seen_audio.seen_of(raws, rate)
    return _looker(task)(raws)


def _looker(task: str) -> Callable[[Sequence[bytes]], list[Seen | str]]:
    if task == "image":
        from graduate.pipeline.data import seen_image

        return seen_image.seen_of
    from graduate.pipeline.data import seen_text

    return seen_text.seen_of
