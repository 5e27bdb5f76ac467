"""Whether bytes are text that the pipeline can read, and how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graduate.leakage import sketches
from graduate.pipeline.data.kinds import Seen

MOST = 16 * 2**20  # bytes of one text; a larger file is more likely not one text
SKETCHED = 20_000  # characters from the beginning


def seen_of(raws: Sequence[bytes]) -> list[Seen | str]:
    """For each text its length in characters and words, or a few words why it is none.

    The manifest has a sketch of each besides: what is nearly the same text has nearly the same.
    """
    read = [_read(raw) for raw in raws]
    made = iter(sketches([one.text[:SKETCHED] for one in read if isinstance(one, _Text)]))
    return [one if isinstance(one, str) else _seen(one, next(made)) for one in read]


class _Text(NamedTuple):
    text: str
    words: int


def _read(raw: bytes) -> _Text | str:
    if not raw:
        return "it is empty (0 bytes)"
    if len(raw) > MOST:
        return f"it is larger than {MOST >> 20} MiB: one file is one text"
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 (byte {error.start} is 0x{raw[error.start]:02x}{_maybe(raw, error.start)})"
    if "\0" in text:
        return "it holds NUL bytes: it is no text"
    words = len(text.split())
    return _Text(text, words) if words else "it holds nothing but white space"


def _maybe(raw: bytes, at: int) -> str:
    """What else the bytes may be: by the mark at their beginning, or by what the byte is in Western Europe."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ", as UTF-16 begins: save it as UTF-8"
    try:
        letter = raw[at : at + 1].decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return f", in Latin-1 {letter!r}: save it as UTF-8" if letter.isprintable() else ""


def _seen(read: _Text, sketch: str | None) -> Seen:
    features = {"characters": len(read.text), "words": read.words}
    return Seen(features, {**features, "shingles": sketch})
