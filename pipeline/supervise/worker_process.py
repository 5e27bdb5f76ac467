"""The worker as the command sees it: started, listened to, ended.

What the worker finds when it starts:

    stdin                one line of JSON, the request (`plan.Plan.request`), then end of file. It comes a moment after
                         the start: a worker that imports what it needs before it reads saves time
    GRADUATE_EVENTS_FD   the descriptor of a pipe: `graduate.pipeline.events.emit` writes to it
    stdout, stderr       the run's log, `Workspace.log(name, run_id)`
    the process group    of its guard, in a session of its own: the terminal's Ctrl-C does not reach it
    PYTHONFAULTHANDLER   so that a crash leaves a traceback in the log

It ends with any exit code; what counts is the `result` or `error` event before. On Ctrl-C it gets SIGTERM, and SIGKILL
half a second later. Everything that it starts is killed when it ends (see `guard`), and when the command dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.pipeline import events
from graduate.pipeline.supervise import guard, telling_guard
from graduate.pipeline.supervise.signals import Signals

WORKER = (sys.executable, "-P", "-m", "graduate.pipeline.worker")
_CHUNK = 1 << 16
_REQUEST_BYTES = 1 << 20  # the most that Linux gives an ordinary user's pipe


class WorkerProcess:
    """A running worker. Start it in the main thread, and leave it with `close`, which kills what is left."""

    def __init__(self, log: Path, *, keep_open: Sequence[int] = (), command: Sequence[str] = WORKER) -> None:
        """Start a worker; it waits for `send`.

        Args:
            log: the file that gets its stdout and stderr; made anew.
            keep_open: descriptors that stay open until the last of its processes is dead: the lock's.
            command: the program.

        Raises:
            OSError: the log cannot be written.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
        ask, self._request = os.pipe()
        with contextlib.suppress(OSError):  # so that `send` need not wait until the worker reads
            fcntl.fcntl(self._request, fcntl.F_SETPIPE_SZ, _REQUEST_BYTES)
        self._events, told = os.pipe()
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, _terminal(), str(ask), str(told), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                pass_fds=(ask, told, *keep_open),
                start_new_session=True,
                env={**os.environ, events.ENVIRONMENT_VARIABLE: str(told), "PYTHONFAULTHANDLER": "1"},
            )
        finally:
            for descriptor in (output, ask, told):
                os.close(descriptor)
        os.set_blocking(self._events, False)
        self._pending = b""

    def send(self, request: Mapping[str, Any]) -> None:
        """Give the worker its request; that a worker is dead is for `follow` to see."""
        with (
            contextlib.suppress(BrokenPipeError),
            open(self._request, "wb") as opened,
        ):  # a dead worker is seen by `follow`
            opened.write(json.dumps(request).encode() + b"\n")
        self._request = -1

    def follow(
        self,
        on_event: Callable[[dict[str, Any]], None],
        on_tick: Callable[[], None],
        *,
        seconds: float | None,
        signals: Signals,
    ) -> int:
        """Hand on every event until the worker and all that it started are gone.

        Args:
            on_event: gets each event.
            on_tick: is called after events, and every `seconds` (None: after events only).
            seconds: between ticks.
            signals: the first that comes ends the worker politely, the second at once.

        Returns:
            The worker's return code; negative is the signal that ended it.
        """
        assert self._guard.stdout is not None
        life, listening, asked = self._guard.stdout.fileno(), [self._events], 0
        while True:
            ready, _, _ = select.select([life, signals.descriptor, *listening], [], [], seconds)
            if signals.descriptor in ready:
                signals.drain()
            if len(signals.received) > asked:
                self.kill() if asked else self.stop()
                asked = len(signals.received)
            if self._events in ready and not self._read(on_event):
                listening = []
            if life in ready:
                self._read(on_event)
                return self._return_code()
            on_tick()

    def stop(self) -> None:
        """Ask the worker to end: SIGTERM, and SIGKILL half a second later."""
        telling_guard.stop(self._guard)

    def kill(self) -> None:
        """Kill the worker and everything that it started."""
        telling_guard.kill(self._guard)

    def close(self) -> None:
        """Kill what still lives, wait for it, and let go of the pipes."""
        self.kill()
        try:
            self._guard.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._kill_group()
        if self._guard.stdout is not None:
            self._guard.stdout.close()
        for descriptor in (self._events, self._request):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _return_code(self) -> int:
        assert self._guard.stdout is not None
        said = self._guard.stdout.readline()
        if said.strip():
            return int(said)
        self._kill_group()  # the guard itself was killed
        return self._guard.wait()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._guard.pid, signal.SIGKILL)

    def _read(self, on_event: Callable[[dict[str, Any]], None]) -> bool:
        """Hand on what is in the pipe; False when nobody can write to it any more."""
        while True:
            try:
                data = os.read(self._events, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            *lines, self._pending = (self._pending + data).split(b"\n")
            for line in lines:
                event = _parsed(line)
                if event is not None:
                    on_event(event)


def _terminal() -> str:
    """The path of the terminal that stderr is; "" where it is none."""
    try:
        return os.ttyname(2)
    except OSError:
        return ""


def _parsed(line: bytes) -> dict[str, Any] | None:
    """An event; None for what is not one: a library may write to any descriptor."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "event" in value else None
