"""A look at a folder of texts: their lengths and vocabulary; an even share is compared for near duplicates."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable

from graduate.leakage import minhash, near_texts
from graduate.pipeline.data.seen_text import MOST, seen_of
from graduate.pipeline.look import folder, near
from graduate.pipeline.look.found import Look, Pair, counted, quantiles
from graduate.pipeline.look.place import Place
from graduate.pipeline.look.progress import Progress

# As in tasks/text.py: a run of letters and digits, or a sign alone; scripts without spaces by sign.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f"
_TOKEN = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])\w)+(?:['’\-](?:(?![{_ALONE}])\w)+)*|[^\w\s]", re.UNICODE)
_COMPARED, _CHARACTERS = 3_000, 20_000  # texts; of each the first characters
_READ = 20_000  # texts that are counted for the vocabulary
_APART = 20.0  # times the median length


def tokens(text: str) -> list[str]:
    """A text's tokens, in small letters."""
    return _TOKEN.findall(text.lower())


def look_at(place: Place, path: str, progress: Progress) -> Look:
    """Everything that is seen of a folder of texts.

    Raises:
        DataError: see `folder.begin`.
    """
    look, listing = folder.begin(place, path, progress)
    files = [listing.files[at] for at in near.evenly(len(listing.files), _READ)]
    if len(files) < len(listing.files):
        look.find("sampled", "note", f"{len(files):,} of {len(listing.files):,} texts were read, evenly spread")
    read = ((file.path, *_read(os.path.join(listing.root, file.path))) for file in progress.over(files, "texts read"))
    measure(look, read, progress)
    return folder.end(look, listing)


def measure(look: Look, read: Iterable[tuple[str, str, str | None]], progress: Progress) -> None:
    """Take note of lengths, vocabulary, near duplicates and outliers.

    Args:
        look: that it is noted in.
        read: path, text, and why it cannot be used.
        progress: says how far it is.
    """
    lengths: dict[str, int] = {}
    words: Counter[str] = Counter()
    start: dict[str, str] = {}
    for path, text, bad in read:
        if bad:
            look.bad[path] = bad
            continue
        found = tokens(text)
        lengths[path] = len(found)
        words.update(found)
        start[path] = text[:_CHARACTERS]
    look.measured |= {
        "tokens": quantiles(list(lengths.values())),
        "vocabulary": len(words),
        "vocabulary_twice": sum(count > 1 for count in words.values()),
        "_tokens": lengths,
        "_texts": start,
    }
    _near(look, start, progress)
    _outliers(look, lengths)


def _read(file: str) -> tuple[str, str | None]:
    """A text, or why it is none: as ExampleGen will say."""
    try:
        with open(file, "rb") as opened:
            raw = opened.read(MOST + 1)
    except OSError as error:
        return "", f"it cannot be read: {error.strerror}"
    [seen] = seen_of([raw])
    return ("", seen) if isinstance(seen, str) else (raw.decode("utf-8-sig"), None)


def _near(look: Look, start: dict[str, str], progress: Progress) -> None:
    first_of: dict[str, str] = {}  # one text of each content
    for path in start:
        first_of.setdefault(look.hashes.get(path, path), path)
    paths = list(first_of.values())
    paths = [paths[at] for at in near.evenly(len(paths), _COMPARED)]
    if len(paths) < len(first_of):
        text = f"{len(paths):,} of {counted(len(first_of), look.nouns)} were compared for near duplicates"
        look.find("sampled", "note", text)
    signatures = minhash([start[path] for path in progress.over(paths, "compared")])
    pairs = near.within(len(paths), lambda a, b: near_texts(signatures[list(a)], signatures[list(b)]))
    look.near = [Pair(paths[first], paths[second], round(like, 3)) for first, second, like in pairs]


def _outliers(look: Look, lengths: dict[str, int]) -> None:
    middle = look.measured["tokens"]["median"]
    for path, length in sorted(lengths.items(), key=lambda item: -item[1]):
        if length > _APART * max(1.0, middle):
            look.outliers[path] = f"{length:,} words, where the middle is {middle:,.0f}"
    for path, length in lengths.items():
        if length < min(3.0, middle / _APART):
            look.outliers[path] = f"{length} words, where the middle is {middle:,.0f}"


def excerpt(text: str, most: int = 220) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: 8 * most].split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"
