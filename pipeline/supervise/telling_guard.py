"""How whoever started a guard (see `guard`) has it end its program."""

from __future__ import annotations

import contextlib
import os
import subprocess


def stop(guard: subprocess.Popen[bytes]) -> None:
    """Ask the program to end: SIGTERM, and SIGKILL half a second later."""
    assert guard.stdin is not None
    with contextlib.suppress(OSError, ValueError):
        os.write(guard.stdin.fileno(), b"t")


def kill(guard: subprocess.Popen[bytes]) -> None:
    """Kill the program and everything that it started."""
    assert guard.stdin is not None
    with contextlib.suppress(OSError):
        guard.stdin.close()
