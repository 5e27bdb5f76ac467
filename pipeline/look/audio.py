"""A look at a folder of recordings: rates, channels and lengths from their headers; an even share is listened to
and compared for near duplicates.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from graduate.leakage import sounds
from graduate.pipeline.data import seen_audio
from graduate.pipeline.look import folder, near
from graduate.pipeline.look.found import Look, Pair, counted, quantiles, some
from graduate.pipeline.look.place import Place
from graduate.pipeline.look.progress import Progress

_SECONDS = 4_000  # of sound that are listened to in all
_CLIPPED = 0.001  # share of samples at full scale
_APART = 5.0  # times the median length


def look_at(place: Place, path: str, progress: Progress) -> Look:
    """Everything that is seen of a folder of recordings.

    Raises:
        DataError: see `folder.begin`.
    """
    look, listing = folder.begin(place, path, progress)
    headers: dict[str, Any] = {}
    for file in progress.over(listing.files, "headers read"):
        if file.path in look.bad:
            continue
        found = _header(os.path.join(listing.root, file.path), file.size)
        if isinstance(found, str):
            look.bad[file.path] = found
        else:
            headers[file.path] = found
    seconds = {path: one.frames / one.samplerate for path, one in headers.items()}
    look.measured |= {
        "seconds": quantiles(list(seconds.values())),
        "rates": {
            str(rate): count for rate, count in Counter(one.samplerate for one in headers.values()).most_common()
        },
        "channels": {str(n): count for n, count in Counter(one.channels for one in headers.values()).most_common()},
        "encodings": dict(Counter(f"{one.format} {one.subtype}" for one in headers.values()).most_common()),
        "total_seconds": round(sum(seconds.values()), 1),
        "_seconds": seconds,
    }
    if len(look.measured["rates"]) > 1:
        rates = ", ".join(f"{count:,} of {rate} Hz" for rate, count in look.measured["rates"].items())
        look.find("rates", "note", f"sample rates differ ({rates}): all are resampled to one")
    _listen(look, listing.root, list(seconds), seconds, progress)
    middle = look.measured["seconds"]["median"]
    for path, length in sorted(seconds.items(), key=lambda item: -item[1]):
        if not 1 / _APART <= length / max(middle, 1e-6) <= _APART:
            look.outliers[path] = f"{length:.2f} s, where the middle is {middle:.2f} s"
    return folder.end(look, listing)


def _header(file: str, size: int) -> Any:
    """soundfile's description, or in words why the file cannot be used."""
    import soundfile

    if not size:
        return "it is empty (0 bytes)"
    try:
        found = soundfile.info(file)
    except (RuntimeError, OSError):
        return "it is no WAV, FLAC or OGG that can be read"
    if not found.frames:
        return "it holds no samples"
    if found.frames / found.samplerate > seen_audio.MOST:
        return f"it is longer than {seen_audio.MOST} seconds: one file is one recording"
    return found


def _listen(look: Look, root: str, paths: list[str], seconds: dict[str, float], progress: Progress) -> None:
    """Read an even share as ExampleGen will; what it says is bad is bad here. What is good is compared."""
    total = sum(seconds.values())
    share = len(paths) if total <= _SECONDS else max(50, int(len(paths) * _SECONDS / total))
    heard = [paths[at] for at in near.evenly(len(paths), share) if seconds[paths[at]] <= seen_audio.MOST]
    clipped = []
    known: dict[str, sounds.Sound | None] = {}
    for path in progress.over(heard, "listened to"):
        try:
            with open(os.path.join(root, path), "rb") as opened:
                [seen] = seen_audio.seen_of([opened.read()], sounds.RATE)
        except OSError as error:
            look.bad[path] = f"it cannot be read: {error.strerror}"
            continue
        if isinstance(seen, str):
            look.bad[path] = seen
            continue
        if float(seen.features["clipped"]) > _CLIPPED:
            clipped.append(path)
        known[path] = sounds.heard(seen_audio.samples_of(seen.raw or b""))
    if len(heard) < len(paths):
        look.find("sampled", "note", f"{len(heard):,} of {len(paths):,} recordings were listened to, evenly spread")
    if clipped:
        text = f"{counted(len(clipped), look.nouns)} clipped at full scale: {some(clipped)}"
        look.find("clipped", "note", text, clipped)
    _near(look, known, progress)


def _near(look: Look, known: Mapping[str, sounds.Sound | None], progress: Progress) -> None:
    first_of: dict[str, str] = {}  # one recording of each content
    for path in known:
        first_of.setdefault(look.hashes.get(path, path), path)
    paths = list(first_of.values())
    progress.say(lambda: f"comparing {len(paths):,} recordings")
    pairs = sounds.near_pairs([known[path] for path in paths])
    look.near = [Pair(paths[first], paths[second], round(like, 3)) for first, second, like in pairs]


def peaks(file: str, points: int = 120) -> tuple[list[float], float] | None:
    """The largest magnitude in each of `points` parts of a recording, at most 1, and its seconds; None: unreadable."""
    import numpy as np
    import soundfile

    try:
        wave, rate = soundfile.read(file, dtype="float32", always_2d=True, frames=48_000 * 60)
    except (RuntimeError, OSError):
        return None
    mono = np.abs(np.nan_to_num(wave)).max(axis=1, initial=0.0)
    if not len(mono):
        return None
    edges = np.linspace(0, len(mono), min(points, len(mono)) + 1).astype(int)[:-1]
    return np.minimum(np.maximum.reduceat(mono, edges), 1.0).round(3).tolist(), len(mono) / rate
