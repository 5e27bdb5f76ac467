"""The file that pins the versions of a project's libraries, nearest to a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

# The first of these in a folder holds; a lock says more than requirements do.
NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "conda-lock.yml", "requirements.txt")
_MOST_FOLDERS = 12  # upwards


def nearest(folder: Path, within: Path | None = None) -> Path | None:
    """The lock file of a folder, or of the nearest folder above it.

    Args:
        folder: where to begin.
        within: the last folder to look in, a checkout's top; without one no higher than a home folder.
    """
    stop = {Path.home(), Path(folder.anchor)} if within is None else {within}
    for at in [folder, *folder.parents][:_MOST_FOLDERS]:
        if within is None and at in stop and at != folder:
            return None
        for name in NAMES:
            if (at / name).is_file():
                return at / name
        if at in stop:
            return None
    return None


def digest(path: Path) -> str | None:
    """SHA-256 of a file, hexadecimal; None where it cannot be read."""
    try:
        with open(path, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None
