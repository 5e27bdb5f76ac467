"""What a worker tells the process that owns the terminal: one JSON object a line, on an inherited pipe.

The worker calls `emit`; where nobody listens (a test, a container) it does nothing.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from typing import Any

ENVIRONMENT_VARIABLE = "GRADUATE_EVENTS_FD"
_lock = threading.Lock()


def emit(event: str, **fields: Any) -> None:
    """Send one event.

    Kinds and their fields:
        node: node, state (`running|ran|cached|skipped|failed`), seconds, reason
        progress: node, step, steps, loss, accuracy, steps_per_second, seconds_left; of a node that
            trains several times also part (`trial 3/12`) and share (of the whole, 0 … 1)
        note: node, text (a sentence for the user)
        alarm: node, kind (`finding|cure|stop|unhelped`), step, text: of a training that is not as it should be
        result: the RunResult as JSON
        error: message, hint, where, exit_code, node, traceback
    """
    descriptor = os.environ.get(ENVIRONMENT_VARIABLE)
    if not descriptor or not is_pipe(int(descriptor)):
        return
    line = json.dumps({"event": event, **fields}, ensure_ascii=False, default=str) + "\n"
    with _lock:
        data = line.encode()
        while data:
            data = data[os.write(int(descriptor), data) :]


def is_pipe(descriptor: int) -> bool:
    """Whether the number is the pipe: a process that inherited the variable alone may have given it to another file."""
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False
