"""The files of a source, and how their names are shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from graduate.errors import DataError

SPLITS = ("train", "eval", "test")
MOST_CLASSES = 2000  # what is measured of classes in pairs grows with their square


class File(NamedTuple):
    """One file of a source.

    Attributes:
        path: relative to the source's root, with `/`.
        split: the ready-made split it lies in, if the source is split already.
        label: its class; None where rows carry their own (TFRecords).
        stamp: inode, size, modification and change time in ns: equal while the content is the same.
    """

    path: str
    split: str | None
    label: str | None
    stamp: tuple[int, int, int, int]

    @property
    def size(self) -> int:
        """In bytes."""
        return self.stamp[1]


@dataclass(frozen=True)
class Listing:
    """The files under `root`, sorted by path; the ready-made splits, if any; what the user should be told."""

    root: str
    files: tuple[File, ...]
    splits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def shown(name: str | os.PathLike[str]) -> str:
    """A file name on one line: as it is, or as a JSON string where it has quotes, newlines or the like."""
    text = os.fspath(name)
    return text if text.isprintable() and '"' not in text else json.dumps(text, ensure_ascii=not text.isprintable())


def entries(folder: str, root: str, hint: str | None = None) -> Iterator[os.DirEntry[str]]:
    """The visible entries of a folder, links checked: none leaves `root`, leads nowhere or leads in a circle.

    Raises:
        DataError: such a link, a name that is not UTF-8, or a folder that cannot be read.
    """
    try:
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        raise DataError(f"the data folder {shown(folder)} does not exist", hint=hint) from None
    except NotADirectoryError:
        raise DataError(f"{shown(folder)} is a file, not a folder", hint="a folder CLASS/name.png is needed") from None
    except OSError as error:
        raise DataError(f"the folder {shown(folder)} cannot be read: {error.strerror}") from None
    for entry in listed:
        if entry.name.startswith("."):
            continue
        _check_name(entry)
        if entry.is_symlink():
            _check_link(entry, os.path.realpath(root))
        yield entry


def _check_name(entry: os.DirEntry[str]) -> None:
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise DataError(f"the name of {shown(entry.path)} is not UTF-8", hint="rename it") from None


def _check_link(entry: os.DirEntry[str], root: str) -> None:
    target = os.path.realpath(entry.path)
    if not os.path.exists(target):
        raise DataError(f"the link {shown(entry.path)} leads nowhere ({shown(target)})", hint="remove it")
    if os.path.commonpath((root, target)) != root:
        raise DataError(
            f"the link {shown(entry.path)} leaves the data folder (to {shown(target)})",
            hint="copy what it points to into the data folder, or remove the link",
        )
    here = os.path.realpath(os.path.dirname(entry.path))
    if os.path.commonpath((here, target)) == target:
        raise DataError(f"the link {shown(entry.path)} leads in a circle (to {shown(target)})", hint="remove it")


def stamp(entry: os.DirEntry[str]) -> tuple[int, int, int, int]:
    """What identifies the content of a file without reading it; `ctime` sees what a set `mtime` hides."""
    status = entry.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
