"""Files below an artifact's folder, and no other: listed and opened without following any link.

The folder is the one that the store names. A store is not to be trusted: one that names a folder of the system, or a
home, is shown nothing of it, nor of any hidden file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graduate.pipeline.lineage.records import Artifact

MOST_LISTED = 300
MOST_SHOWN = 32_000_000  # bytes of a file that is sent
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/boot", "/run")
_SECRET = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config", ".pki"})


@dataclass(frozen=True)
class File:
    """A file: its path below the folder, and its size in bytes (None of a link, which is not followed)."""

    path: str
    size: int | None


def folder_of(artifact: Artifact) -> Path | None:
    """Where the artifact's files are; of a pushed model where it was pushed to. None where there is nothing to show."""
    folder = artifact.folder
    pushed = artifact.properties.get("pushed_destination")
    if artifact.kind == "PushedModel" and pushed and artifact.properties.get("pushed"):
        folder = Path(str(pushed))
    if folder is None or not folder.is_absolute():
        return None
    try:
        real = folder.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # missing, a zero byte in the name, links in a circle
        return None
    return real if real.is_dir() and not _off_limits(real) else None


def _off_limits(folder: Path) -> bool:
    home = Path.home().resolve()
    system = any(folder == Path(one) or Path(one) in folder.parents for one in _SYSTEM)
    secret = not _SECRET.isdisjoint(folder.parts)
    return system or secret or folder == home or folder in home.parents or len(folder.parts) < 3


def listed(folder: Path, most: int = MOST_LISTED) -> tuple[list[File], bool]:
    """Files below a folder in order of their paths, and whether there are more."""
    found: list[File] = []
    for file in _walk(folder, ""):
        if len(found) == most:
            return found, True
        found.append(file)
    return found, False


def _walk(folder: Path, before: str) -> Iterator[File]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in inside:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            yield File(f"{before}{entry.name}", None)
        elif entry.is_dir():
            yield from _walk(folder / entry.name, f"{before}{entry.name}/")
        elif entry.is_file():
            yield File(f"{before}{entry.name}", entry.stat().st_size)


def read(folder: Path, path: str, most: int = MOST_SHOWN) -> bytes | None:
    """A file's content.

    Every part of the path is opened in the one before it, and none may be a link: what changes meanwhile cannot lead
    out of the folder either.

    Returns:
        None where there is no such regular file, the path leads elsewhere, or it has more bytes than `most`.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.startswith(".") or "\0" in part for part in parts):
        return None
    opened: list[int] = []
    try:
        opened.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for part in parts[:-1]:
            opened.append(os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened[-1]))
        # a pipe would keep us waiting without O_NONBLOCK
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        opened.append(os.open(parts[-1], flags, dir_fd=opened[-1]))
        told = os.fstat(opened[-1])
        if not stat.S_ISREG(told.st_mode) or told.st_size > most:
            return None
        with os.fdopen(opened.pop(), "rb") as file:
            return file.read(most)
    except (OSError, ValueError):
        return None
    finally:
        for one in opened:
            os.close(one)
