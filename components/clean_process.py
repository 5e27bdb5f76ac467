"""The clean process of ServingCheck: started early, asked once, gone with whoever started it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from graduate import serving_probe

_lock = threading.Lock()
_waiting: list[subprocess.Popen[str]] = []
_expected = False


def expect() -> None:
    """Say that this process will ask: from now on `prestart` starts something."""
    global _expected
    _expected = True


def prestart() -> None:
    """Start the clean process now, if it is expected and not there yet: it imports TensorFlow beside the training."""
    with _lock:
        if _expected and not _waiting:
            _waiting.append(_start())


def preload(model: str) -> None:
    """Let the process that waits, if there is one, load an export beside whatever comes next."""
    with _lock:
        if _waiting:
            _write(_waiting[0], {"model": model})


def ask(request: Mapping[str, Any], timeout: float = 300.0) -> dict[str, Any]:
    """Put the request to the clean process; one that waits, or else a new one.

    Args:
        request: see `graduate.serving_probe`.
        timeout: seconds, after which the process is killed.

    Returns:
        The answer; {"error": sentence} where there was none.
    """
    with _lock:
        process = _waiting.pop() if _waiting else None
    if process is None or process.poll() is not None:
        process = _start()
    try:
        out = _talk(process, request, timeout)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {timeout:g} s"}
    finally:
        process.kill()
        process.wait()
    if not out.endswith("\n"):
        return {"error": f"the process ended with status {process.returncode} before it answered"}
    return json.loads(out)


def _talk(process: subprocess.Popen[str], request: Mapping[str, Any], timeout: float) -> str:
    """Write a line, read a line. Standard input stays open: its end would end the process."""
    stdout = process.stdout
    assert stdout is not None
    answer: list[str] = []
    reader = threading.Thread(target=lambda: answer.append(stdout.readline()), daemon=True)
    reader.start()
    _write(process, request)
    reader.join(timeout)
    if reader.is_alive():
        raise subprocess.TimeoutExpired(process.args, timeout)
    return answer[0]


def _write(process: subprocess.Popen[str], request: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it is gone already: whoever reads sees the end of its output
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()


def _start() -> subprocess.Popen[str]:
    # -I: neither this project's folder nor the user's environment is on the path
    command = [sys.executable, "-I", "-W", "ignore", os.path.abspath(serving_probe.__file__)]
    if threading.current_thread() is threading.main_thread():
        command.append(str(os.getpid()))
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
