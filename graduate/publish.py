"""Versions of a model as TensorFlow Serving takes them: `FOLDER/<integer>/saved_model.pb`; the highest serves.

A version appears whole or not at all: it is copied aside into a hidden folder of the same filesystem, flushed to disk
and renamed. A lock on the folder serialises pushes, also those of other work folders: whatever lies aside while the
lock is held is what a killed push left, and is removed. TensorFlow Serving ignores names that are not integers.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate.errors import UserError

CARD, PAGE = "model_card.json", "model_card.html"
ASIDE = ".aside-"
LOCK = ".graduate.lock"
LOCK_TIMEOUT = 300.0  # seconds; a copy of some gigabytes takes less
_LARGEST = 2**63 - 1  # TensorFlow Serving's versions are int64


@dataclass(frozen=True)
class Version:
    """One pushed version; `card` is its model card, empty where it has none or the card cannot be read."""

    number: int
    folder: Path
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Published:
    """What a push came to; `already` when the version that serves was this very model, so that nothing was written."""

    version: Version
    already: bool
    pruned: tuple[int, ...] = ()


MakeCard = Callable[[int, Version | None, str], tuple[Mapping[str, Any], str]]


def versions(place: str | os.PathLike[str]) -> list[Version]:
    """The versions in a folder, the one that serves last. An absent folder has none."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
        for entry in entries:
            if _is_number(entry.name) and os.path.isfile(os.path.join(entry.path, "saved_model.pb")):
                found.append(Version(int(entry.name), Path(os.path.abspath(entry.path)), _card(entry.path)))
    return sorted(found, key=lambda version: version.number)


def serving(place: str | os.PathLike[str]) -> Version | None:
    """The version that TensorFlow Serving would take: the highest."""
    found = versions(place)
    return found[-1] if found else None


def serving_version(place: str | os.PathLike[str]) -> str | None:
    """The absolute folder of the version that serves, if one does."""
    version = serving(place)
    return str(version.folder) if version else None


def fingerprint(model: str | os.PathLike[str]) -> str:
    """SHA-256 over the names and contents of a SavedModel's files, without its card: the same model, the same value."""
    digest = hashlib.sha256()
    for relative in sorted(_files(model)):
        content = hashlib.sha256()
        with open(os.path.join(model, relative), "rb") as opened:
            while block := opened.read(1 << 20):
                content.update(block)
        digest.update(f"{relative}\0{content.hexdigest()}\n".encode())
    return digest.hexdigest()


def publish(
    model: str | os.PathLike[str],
    place: str | os.PathLike[str],
    make_card: MakeCard,
    *,
    keep: int,
    again: bool = False,
    now: Callable[[], float] = time.time,
) -> Published:
    """Make a SavedModel the version that serves.

    Args:
        model: a folder with `saved_model.pb`.
        place: the folder of versions; made where it is missing.
        make_card: (number, the version that served, the model's fingerprint) -> card and its page.
        keep: how many of our versions stay. Versions without our card are never removed.
        again: publish even where the version that serves is this very model.
        now: the clock, in seconds since 1970. The number is its integer, or one more than the highest number present.

    Raises:
        UserError: the folder cannot be written, the disk is full, another push holds the lock too long. What served
            before serves still.
    """
    place = Path(os.path.abspath(place))
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _locked(place):
            _clean(place)
            before = serving(place)
            content = fingerprint(model)
            if before and not again and before.card.get("content") == content == fingerprint(before.folder):
                return Published(before, already=True)
            version = _publish(Path(model), place, make_card, before, content, now)
            return Published(version, already=False, pruned=_prune(place, keep))
    except OSError as error:
        raise _unwritable(place, error) from error


def _publish(
    model: Path,
    place: Path,
    make_card: MakeCard,
    before: Version | None,
    content: str,
    now: Callable[[], float],
) -> Version:
    number = max([int(now()), *(taken + 1 for taken in _taken(place))])
    aside = place / f"{ASIDE}{number}-{secrets.token_hex(4)}"
    try:
        _copy(model, aside)
        card, page = make_card(number, before, content)
        (aside / CARD).write_text(
            json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        (aside / PAGE).write_text(page, encoding="utf-8")
        _flush(aside)
        target = place / str(number)
        os.rename(aside, target)  # fails where the target is a folder with something in it
        _flush_folder(place)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Version(number, target, card)


def _prune(place: Path, keep: int) -> tuple[int, ...]:
    """Remove the oldest of our versions beyond `keep`; the one that serves is the highest and always stays."""
    ours = [version for version in versions(place) if version.card]
    gone = ours[: max(0, len(ours) - max(1, keep))]
    for version in gone:
        aside = place / f"{ASIDE}old-{version.number}-{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):  # the push itself has succeeded
            os.rename(version.folder, aside)  # first out of sight, so that nobody loads half a version
            shutil.rmtree(aside, ignore_errors=True)
    return tuple(version.number for version in gone)


def _clean(place: Path) -> None:
    """Remove what a killed push left. Only while the lock is held: then no live push has anything aside."""
    for name in os.listdir(place):
        if name.startswith(ASIDE):
            shutil.rmtree(place / name, ignore_errors=True)


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    # The kernel drops the lock with its process, however that ends: it is never left behind.
    with open(place / LOCK, "a", encoding="utf-8") as lock:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise UserError(
                        f"another push to {place} has not ended for {LOCK_TIMEOUT:.0f} seconds",
                        hint="find the process that holds it, e.g. with `fuser`, and end it",
                    ) from None
                time.sleep(0.02)
        yield


def _unwritable(place: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"no space left in {place}: the model was not pushed, and what served before serves still",
            hint="make room, or set push.to to a folder on another disk",
        )
    return UserError(
        f"cannot push to {place}: {error.strerror or error}; what served before serves still",
        hint="set push.to to a folder that can be written",
    )


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and int(name) < _LARGEST


def _taken(place: Path) -> list[int]:
    return [int(name) for name in os.listdir(place) if _is_number(name)]


def _card(folder: str) -> Mapping[str, Any]:
    try:
        with open(os.path.join(folder, CARD), encoding="utf-8") as opened:
            card = json.load(opened)
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _files(model: str | os.PathLike[str]) -> Iterator[str]:
    for folder, _, names in os.walk(model):
        for name in names:
            relative = os.path.relpath(os.path.join(folder, name), model)
            if relative not in (CARD, PAGE):
                yield relative


def _copy(model: Path, aside: Path) -> None:
    """Not shutil.copytree: that turns a full disk into a list of texts, and copies modes that a server may not read."""
    aside.mkdir()
    for relative in sorted(_files(model)):
        target = aside / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model / relative, target)


def _flush(folder: Path) -> None:
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as opened:
                os.fsync(opened.fileno())
        _flush_folder(path)


def _flush_folder(folder: str | os.PathLike[str]) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
