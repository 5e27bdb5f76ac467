"""Whether bytes are text that the pipeline can read, and how long it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from graduate.pipeline.data.kinds import Seen

MOST = 16 * 2**20  # bytes of one text; a larger file is more likely not one text


def seen_of(raws: Sequence[bytes]) -> list[Seen | str]:
    """For each text its length in characters and words, or a few words why it is none."""
    return [_seen(raw) for raw in raws]


def _seen(raw: bytes) -> Seen | str:
    if not raw:
        return "it is empty (0 bytes)"
    if len(raw) > MOST:
        return f"it is larger than {MOST >> 20} MiB: one file is one text"
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 (byte {error.start} is 0x{raw[error.start]:02x})"
    if "\0" in text:
        return "it holds NUL bytes: it is no text"
    words = text.split()
    if not words:
        return "it holds nothing but white space"
    features = {"characters": len(text), "words": len(words)}
    plain = hashlib.sha256(" ".join(words).casefold().encode()).hexdigest()[:16]  # alike but for case and white space
    return Seen(features, {**features, "plain": plain})
