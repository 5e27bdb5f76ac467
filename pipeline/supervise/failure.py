"""What a failure looks like: an error of the user's in one to three lines, any other in at most ten, the cause last."""

from __future__ import annotations

import signal
import textwrap
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.errors import FAILED, UserError
from graduate.pipeline.supervise import causes, storage

LINES = 10
_CAUSE_LINES = 7
_LONGEST = 600


def describe(
    error: BaseException, node: str | None = None, user_files: Sequence[str] = (), folder: str | None = None
) -> dict[str, Any]:
    """The fields of an `error` event for an exception of the worker.

    Args:
        error: as it reached the worker's top; TFX's and Beam's wrappings are taken off.
        node: the node in which it happened, where the exception itself does not tell.
        user_files: Python files of the user's; the innermost line in one of them, or beside one, is named.
        folder: the work folder, named when the disk is full or the store is damaged.
    """
    found = causes.cause(error)
    told = found.user_error
    if told is None or told.hint is None:  # otherwise who raised knows better which disk is full: that of push.to
        told = storage.explain(causes.chain(error), folder) or told
    fields: dict[str, Any]
    if told is not None:
        fields = {"message": told.message, "hint": told.hint, "where": told.where, "exit_code": told.exit_code}
    else:
        frame = causes.user_frame(error, user_files)
        fields = {
            "message": f"{found.kind}: {found.message}" if found.message else found.kind,
            "hint": None,
            "where": f"{frame.file}:{frame.line}" if frame else None,
            "exit_code": FAILED,
        }
    return {
        **fields,
        "node": causes.node_of(error) or node,
        # what says itself how to go on stands alone; a user's function that raised does not
        "expected": told is not None and (told.hint is not None or told.exit_code != FAILED),
        "traceback": "".join(traceback.format_exception(error)),
    }


def died(return_code: int, node: str | None) -> dict[str, Any]:
    """The `error` event for a worker that ended without a word."""
    if return_code < 0:
        name = signal.Signals(-return_code).name
        how = f"the worker process was killed by {name}"
        if name == "SIGKILL":
            how += ", most likely because memory ran out (try a smaller training.batch_size)"
        elif name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"):
            how += ": a library crashed; the end of the log shows where"
    else:
        how = f"the worker process ended with status {return_code} and without a result"
    return {
        "message": how,
        "hint": None,
        "where": None,
        "exit_code": FAILED,
        "node": node,
        "expected": False,
        "traceback": "",
    }


def render(event: Mapping[str, Any], again: str, log: str | Path | None, *, width: int = 100) -> str:
    """The text of an `error` event, at most `LINES` lines.

    Args:
        event: as `describe` or `died` made it.
        again: the command to go on with.
        log: the full log.
        width: columns that the cause is wrapped to.
    """
    if event.get("expected"):
        return UserError(event["message"], hint=event.get("hint"), where=_relative(event.get("where"))).render()
    failed = f"{event['node']} failed" if event.get("node") else "the run failed"
    lines = [f"{failed}. To go on from there: {again}"]
    if log:
        lines.append(f"full log: {log}")
    text = str(UserError(event["message"], where=_relative(event.get("where"))))
    text = f"error: {text}" if len(text) <= _LONGEST else f"error: {text[: _LONGEST - 1]}…"
    wrapped = textwrap.wrap(
        text, max(width, 40), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([*lines, *wrapped[:_CAUSE_LINES]])


def _relative(where: str | None) -> str | None:
    """The user's file as he would write it from here."""
    if where is None or not where.startswith("/"):
        return where
    path, colon, line = where.rpartition(":")
    if not line.isdigit():
        path, colon, line = where, "", ""
    try:
        relative = str(Path(path).relative_to(Path.cwd()))
        return where if relative == "." else f"{relative}{colon}{line}"
    except (ValueError, OSError):
        return where
