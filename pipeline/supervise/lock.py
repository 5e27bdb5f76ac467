"""One run in a work folder at a time: a lock that the kernel lets go of with its last holder, however that one dies."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from graduate.errors import UsageError
from graduate.pipeline.supervise import storage
from graduate.pipeline.workspace import Workspace


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: process id, the command, and since when (local time, ISO 8601)."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} (since {self.since.partition('T')[2] or self.since}): {self.command}"


@contextlib.contextmanager
def hold(
    workspace: Workspace, command: str, *, wait: bool = True, on_wait: Callable[[str], None] = lambda sentence: None
) -> Iterator[int]:
    """Hold the lock of a work folder, which is made where it is missing.

    Args:
        command: what the next one is told that this holder does.
        wait: wait for another holder; otherwise that is an error.
        on_wait: gets one sentence that says who holds it, before the wait.

    Yields:
        The descriptor. Whoever inherits it holds the lock too: the worker's guard, until its processes are dead.

    Raises:
        UsageError: somebody holds it and `wait` is false.
        UserError: the folder cannot be made or written.
    """
    descriptor = _open(workspace)
    try:
        if not _try(descriptor):
            holder = read_holder(workspace)
            if not wait:
                raise UsageError(
                    f"is in use by {holder or 'another run'}",
                    where=str(workspace.root),
                    hint="wait for it (without --no-wait), or give another --workdir",
                )
            on_wait(f"waiting: {workspace.root} is in use by {holder or 'another run'}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        _mark(workspace)
        _sign(descriptor, Holder(os.getpid(), command, f"{datetime.datetime.now():%Y-%m-%dT%H:%M:%S}"))
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(workspace: Workspace) -> bool | None:
    """Whether somebody holds the lock of a work folder; None where that cannot be told. Makes and waits for nothing."""
    try:
        descriptor = os.open(path(workspace), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go of at once
    except OSError as error:
        return True if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    finally:
        os.close(descriptor)
    return False


def path(workspace: Workspace) -> Path:
    """The file that is locked; it stays when nobody holds it."""
    return workspace.root / "lock"


def read_holder(workspace: Workspace) -> Holder | None:
    """Who wrote the lock file last; None where that cannot be told."""
    try:
        return Holder(**json.loads(path(workspace).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _open(workspace: Workspace) -> int:
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        return os.open(path(workspace), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise storage.unusable(workspace.root, error) from error


def _mark(workspace: Workspace) -> None:
    try:
        workspace.sign_layout()
    except OSError as error:
        raise storage.unusable(workspace.root, error) from error


def _sign(descriptor: int, holder: Holder) -> None:
    """Written in one call, the rest cut off after: a reader sees the old holder or the new one, or cannot tell."""
    with contextlib.suppress(OSError):  # a full disk: the lock holds without a signature
        text = json.dumps(asdict(holder)).encode() + b"\n"
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))
