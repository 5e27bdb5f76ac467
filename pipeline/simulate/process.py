"""One container's program as a process under a guard: nothing that it starts outlives it, or this command."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.pipeline import events
from graduate.pipeline.supervise import guard, telling_guard

_SHOWN = ("progress", "note", "alarm")  # events that a step may tell; what became of it is for the simulation to say


class Process:
    """A program that runs; `wait` gives its return code once all that it started is gone."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        on_event: Callable[[dict[str, Any]], None],
    ) -> None:
        """Start it.

        Args:
            command: the program and its arguments.
            environment: all of it.
            folder: where it starts.
            log: the file that gets what it says, appended.
            on_event: gets what it tells by `graduate.pipeline.events`, in a thread.
        """
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        listening, told = os.pipe()
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, "", str(nothing), str(told), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                pass_fds=(nothing, told),
                start_new_session=True,
                cwd=folder,
                env={**environment, events.ENVIRONMENT_VARIABLE: str(told)},
            )
        except BaseException:
            os.close(listening)
            raise
        finally:
            for descriptor in (output, nothing, told):
                os.close(descriptor)
        self._listener = threading.Thread(target=_listen, args=(listening, on_event), daemon=True)
        self._listener.start()

    def wait(self) -> int:
        """Wait until it is gone; negative is the signal that ended it."""
        assert self._guard.stdout is not None
        said = self._guard.stdout.readline()
        self._listener.join(timeout=1)
        self._guard.wait()
        self._guard.stdout.close()
        self.kill()
        return int(said) if said.strip() else -9  # the guard itself was killed

    def stop(self) -> None:
        """Ask it to end: SIGTERM, and SIGKILL half a second later."""
        telling_guard.stop(self._guard)

    def kill(self) -> None:
        """Kill it and everything that it started."""
        telling_guard.kill(self._guard)


def _listen(descriptor: int, on_event: Callable[[dict[str, Any]], None]) -> None:
    with open(descriptor, encoding="utf-8", errors="replace") as opened:
        for line in opened:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and event.get("event") in _SHOWN:
                    on_event(event)
