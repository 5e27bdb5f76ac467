"""The process between a command and its worker: whatever happens to the command, nothing that it started outlives it.

Run as a script (`python -I -S guard.py TERMINAL REQUEST_FD EVENTS_FD COMMAND…`) with the standard library alone, in a
session of its own. It is the *subreaper* of what is below (`PR_SET_CHILD_SUBREAPER`): a process whose parent dies
becomes the guard's child, so that none can hide, not even in a session of its own.

    descriptor 0   the lifeline. A byte: end politely, SIGTERM and half a second later SIGKILL. End of file, which is
                   what the death of the command is: SIGKILL at once.
    descriptor 1   when the worker and everything below it are gone: its return code (negative: the signal), a line.
    descriptor 2   the log; the worker's stdout and stderr.
    TERMINAL       the path of the terminal that the command draws on, or "": a command that was killed leaves its
                   cursor hidden, and the guard shows it again.
    REQUEST_FD     becomes the worker's stdin.
    EVENTS_FD      is inherited by the worker under the same number.

Descriptors that it inherits beyond those, the lock of the work folder, stay open as long as it lives.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

GRACE_SECONDS = 0.5
_GIVE_UP_SECONDS = 5.0  # a process in uninterruptible sleep cannot be waited for
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def main(arguments: list[str]) -> None:
    terminal, request, events, command = arguments[0], int(arguments[1]), int(arguments[2]), arguments[3:]
    for number in _IGNORED:  # the command decides, through the lifeline
        signal.signal(number, signal.SIG_IGN)
    wakeups = _wake_on_child()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    worker = _start(command, request, events)
    os.close(request)
    os.close(events)
    code = _watch(worker, wakeups)
    _kill_everything()
    try:
        os.write(1, f"{code}\n".encode())
    except OSError:  # nobody reads: the command is dead
        _show_cursor(terminal)


def _start(command: list[str], request: int, events: int) -> int:
    guard = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)
        for number in (*_IGNORED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(request, 0)
        os.dup2(2, 1)
        os.set_inheritable(events, True)
        os.closerange(3, events)
        os.closerange(events + 1, 1024)
        os.execvp(command[0], command)
    except BaseException as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def _watch(worker: int, wakeups: int) -> int:
    """Wait until the worker is gone, ending it when the lifeline says so; gives its return code."""
    deadline: float | None = None
    lifeline = [0]
    while True:
        code = _reap(worker)
        if code is not None:
            return code
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([*lifeline, wakeups], [], [], timeout)
        if wakeups in ready:
            os.read(wakeups, 4096)
        if 0 in ready:
            if os.read(0, 64):
                deadline = time.monotonic() + GRACE_SECONDS
                os.killpg(0, signal.SIGTERM)
            else:
                deadline, lifeline = time.monotonic(), []
        if deadline is not None and time.monotonic() >= deadline:
            return _kill_everything(worker) or -signal.SIGKILL


def _reap(worker: int) -> int | None:
    """Collect every child that ended; the worker's return code if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == worker:
                found = os.waitstatus_to_exitcode(status)
    return found


def _kill_everything(worker: int = 0) -> int | None:
    code = None
    give_up = time.monotonic() + _GIVE_UP_SECONDS
    while (below := _descendants()) and time.monotonic() < give_up:
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
        found = _reap(worker)
        code = found if found is not None else code
    return code


def _descendants() -> list[int]:
    """The processes below this one that are not zombies yet, or are ours to collect."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", "rb") as opened:
                fields = opened.read().rpartition(b")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _show_cursor(terminal: str) -> None:
    if terminal:
        with contextlib.suppress(OSError), open(terminal, "wb", buffering=0, opener=_without_owning) as opened:
            opened.write(b"\x1b[?25h")


def _without_owning(path: str, flags: int) -> int:
    return os.open(path, flags & ~(os.O_CREAT | os.O_TRUNC) | os.O_NOCTTY | os.O_NONBLOCK)


def _wake_on_child() -> int:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return reading


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main(sys.argv[1:])
