"""Workers as processes of this machine, on loopback ports: for a simulation, and for tests."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from graduate.pipeline import events
from graduate.pipeline.workers.launcher import Worker

_PR_SET_PDEATHSIG = 1
_SAID_LINES, _SAID_LETTERS = 3, 300


class Process:
    """One worker as a process that ends with this one, however it ends.

    Args:
        number: the worker's; the chief prints where this process prints.
        log: the file that another one prints into.
    """

    def __init__(self, number: int, plan: Path, log: Path | None = None) -> None:
        self._number, self._log = number, log
        command = [sys.executable, "-m", "graduate.pipeline.workers.member", str(plan), str(number)]
        told = _events() if log is None else ()
        rest = {name: value for name, value in os.environ.items() if name != events.ENVIRONMENT_VARIABLE}
        with open(log, "wb") if log is not None else contextlib.nullcontext() as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=told,
                env={**rest, events.ENVIRONMENT_VARIABLE: str(told[0])} if told else rest,
                preexec_fn=functools.partial(_end_with, os.getpid()),
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def look(self) -> Worker:
        """What has become of it."""
        code = self._process.poll()
        return Worker(self._number, code is not None, code or 0, self._said() if code and code > 0 else "")

    def stop(self) -> None:
        """Kill it: one that waits for another worker hears nothing else."""
        self._process.kill()
        self._process.wait()

    def _said(self) -> str:
        if self._log is None:
            return ""
        with contextlib.suppress(OSError), open(self._log, encoding="utf-8", errors="replace") as opened:
            lines = deque((line.strip() for line in opened if line.strip()), _SAID_LINES)
            return " / ".join(lines)[-_SAID_LETTERS:]
        return ""


class LocalProcesses:
    """Starts every worker here. The chief prints where this process prints; the others into files."""

    shares_disk = True
    settle_s = 1.0

    def __init__(self) -> None:
        self.processes: list[Process] = []

    def hosts(self, generation: int, workers: int) -> list[str]:
        """Ports that are free now."""
        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in range(workers)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]

    def start(self, generation: int, plan: Path, workers: int) -> None:
        """Start them all."""
        folder = plan.parent / "logs"
        folder.mkdir(exist_ok=True)
        logs = [folder / f"worker-{number}-{generation}.log" for number in range(1, workers)]
        self.processes = [Process(0, plan), *(Process(number, plan, log) for number, log in enumerate(logs, 1))]

    def look(self) -> Sequence[Worker]:
        """What has become of each."""
        return [process.look() for process in self.processes]

    def stop(self) -> None:
        """Kill all."""
        for process in self.processes:
            process.stop()
        self.processes = []

    def close(self) -> None:
        """Nothing is left."""


def _events() -> tuple[int, ...]:
    """The pipe on which the chief tells how far it is, where somebody listens."""
    descriptor = os.environ.get(events.ENVIRONMENT_VARIABLE)
    return (int(descriptor),) if descriptor and events.is_pipe(int(descriptor)) else ()


def _end_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
