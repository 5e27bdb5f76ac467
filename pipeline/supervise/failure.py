"""What a failure looks like: at most ten lines, the cause last."""

from __future__ import annotations

import errno
import os
import re
import shutil
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.errors import FAILED, UserError

_WRAPPED = re.compile(r"\s*\[while running '[^']*'\]\s*$")  # Beam's ending of a message
_NO_SPACE = re.compile(r"no space left on device|disk quota exceeded|database or disk is full", re.IGNORECASE)


def describe(error: BaseException, user_files: Sequence[str] = (), folder: str | None = None) -> dict[str, Any]:
    """The fields of an `error` event for an exception of the worker.

    Args:
        error: as it reached the worker's top; TFX's and Beam's wrappings are taken off.
        user_files: Python files of the user's, whose line is named where one is in the traceback.
        folder: the work folder, whose free space is told when the disk is full.
    """
    node = next((found.node for found in _chain(error) if hasattr(found, "node")), None)
    root = _root(error)
    told = _no_space(error, folder) or (root if isinstance(root, UserError) else None)
    if told is not None:
        fields = {"message": told.message, "hint": told.hint, "where": told.where, "exit_code": told.exit_code}
    else:
        message = _WRAPPED.sub("", _first_lines(root))
        fields = {"message": f"{type(root).__name__}: {message}", "hint": None, "where": None, "exit_code": FAILED}
        fields["where"] = _user_line(root, user_files)
    return {**fields, "node": node, "traceback": "".join(traceback.format_exception(error))}


def render(event: Mapping[str, Any], again: str, log: Path | None) -> str:
    """The text of an `error` event.

    Args:
        event: as `describe` made it.
        again: the command to go on with.
        log: the full log.
    """
    lines = []
    if event.get("node"):
        lines.append(f"{event['node']} failed; what was finished before it is kept.")
    if log is not None:
        lines.append(f"full log: {log}")
    if event.get("exit_code") == FAILED:
        lines.append(f"to go on:  {again}")
    told = UserError(event["message"], hint=event.get("hint"), where=event.get("where"))
    return "\n".join([*lines, *told.render().splitlines()][:10])


def died(return_code: int, node: str | None) -> dict[str, Any]:
    """The `error` event for a worker that ended without a word."""
    import signal

    if return_code < 0:
        name = signal.Signals(-return_code).name
        how = f"was killed by {name}"
        hint = "out of memory? try a smaller batch_size, or close other programs" if name == "SIGKILL" else None
    else:
        how, hint = f"ended with status {return_code}", None
    return {
        "message": f"the worker process {how} before it had a result",
        "hint": hint,
        "where": None,
        "exit_code": FAILED,
        "node": node,
        "traceback": "",
    }


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return found


def _root(error: BaseException) -> BaseException:
    """The first of the user's errors in the chain, otherwise what began it."""
    chain = [found for found in _chain(error) if not hasattr(found, "node")] or [error]
    return next((found for found in chain if isinstance(found, UserError)), chain[0] if len(chain) == 1 else chain[-1])


def _first_lines(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:3]) or "(no message)"
    return text if len(text) <= 400 else text[:399] + "…"


def _user_line(error: BaseException, user_files: Sequence[str]) -> str | None:
    folders = {str(Path(name).parent) for name in user_files}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if str(Path(frame.filename).parent) in folders:
            return f"{frame.filename}:{frame.lineno}"
    return None


def _no_space(error: BaseException, folder: str | None) -> UserError | None:
    for found in _chain(error):
        full = isinstance(found, OSError) and found.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or _NO_SPACE.search(str(found)):
            place = folder or getattr(found, "filename", None) or "."
            free = shutil.disk_usage(place).free if os.path.exists(place) else 0
            return UserError(
                f"the disk is full: {free / 1e6:.0f} MB are free",
                where=str(place),
                hint="free some space, or give another work folder (--workdir DIR); then run the same command again",
            )
    return None
