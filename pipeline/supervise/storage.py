"""What goes wrong with the work folder itself: full, read-only, a damaged store. Each is an error with its remedy."""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from graduate.errors import UserError
from graduate.pipeline.supervise import causes
from graduate.pipeline.workspace import Workspace

_FULL = re.compile(r"no space left on device|disk quota exceeded|database or disk is full", re.IGNORECASE)
_FILE = re.compile(r"[Nn]o space left on device: '([^']+)'")
# what SQLite says after a full disk has made it roll back; only then, as far as the free space tells
_ROLLED_BACK, _LITTLE = re.compile(r"cannot commit - no transaction is active"), 2**20
_DAMAGED = re.compile(r"disk image is malformed|file is not a database|malformed database", re.IGNORECASE)
_FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT)
_DENIED_ERRNO = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR)
_ELSEWHERE = "give another work folder (--workdir DIR, or GRADUATE_WORKDIR)"


@contextlib.contextmanager
def explained(workspace: Workspace) -> Iterator[None]:
    """Whatever the light process does in the work folder: what is wrong with the folder becomes a UserError."""
    try:
        yield
    except UserError as error:
        told = explain(causes.chain(error)[1:], str(workspace.root))  # a full disk makes a store unreadable too
        if told is None:
            raise
        raise told from error
    except OSError as error:
        if error.errno not in (*_FULL_ERRNO, *_DENIED_ERRNO) or not _below(error.filename, workspace.root):
            raise
        raise unusable(workspace.root, error) from error
    except Exception as error:
        told = explain([error], str(workspace.root))
        if told is None:
            raise
        raise told from error


def explain(chain: Sequence[BaseException], folder: str | None) -> UserError | None:
    """The error that lies in the work folder, if one of these exceptions tells of it; Beam leaves no more than text.

    Args:
        chain: an exception and what it came of.
        folder: the work folder.
    """
    for found in chain:
        number = found.errno if isinstance(found, OSError) else None
        text = str(found)
        rolled_back = folder is not None and _ROLLED_BACK.search(text) and _free(folder) < _LITTLE
        if number in _FULL_ERRNO or _FULL.search(text) or rolled_back:
            named = getattr(found, "filename", None) or next(iter(_FILE.findall(text)), None)
            return full(*filter(None, (folder, named)), tempfile.gettempdir())
        if _DAMAGED.search(text):
            return damaged(Workspace.at(folder).store, _DAMAGED.search(text)[0])  # type: ignore[index]
    return None


def unusable(root: Path, error: OSError) -> UserError:
    """A work folder that cannot be made or written."""
    if error.errno in _FULL_ERRNO:
        return full(str(root))
    return UserError(f"the work folder cannot be written: {error.strerror}", where=str(root), hint=_ELSEWHERE)


def full(*places: str) -> UserError:
    """No space left in one of some places: the one with the least is named."""
    free, place = min((_free(place), place) for place in places)
    return UserError(
        f"the disk is full ({free / 1e6:.1f} MB are free)",
        where=place,
        hint=f"free some space, or {_ELSEWHERE}; then the same command goes on",
    )


def _free(place: str) -> int:
    there = next(path for path in (Path(place).absolute(), *Path(place).absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def damaged(store: Path, what: str) -> UserError:
    """A store that SQLite cannot read."""
    return UserError(
        f"the store is damaged: {what}",
        where=str(store),
        hint=f"move it aside (mv {store} {store}.damaged) and run again: pushed models keep serving; "
        "the history of runs is lost, and every node runs once more",
    )


def check_store(workspace: Workspace) -> None:
    """Read the whole store once, some milliseconds, before a worker writes to it; a half-written transaction is undone.

    Raises:
        UserError: it is damaged.
    """
    import sqlite3

    store = workspace.store
    if not store.is_file() or store.stat().st_size == 0:
        return
    try:
        connection = sqlite3.connect(f"{store.as_uri()}?mode=rw", uri=True, timeout=5)
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return  # locked, or read-only: whoever writes next says so
    except sqlite3.DatabaseError as error:
        raise damaged(store, str(error)) from error
    if answer != "ok":
        raise damaged(store, answer.splitlines()[-1])


def _below(file: object, root: Path) -> bool:
    return (
        not isinstance(file, str)
        or Path(file).absolute().is_relative_to(root)
        or root.is_relative_to(Path(file).absolute())
    )
