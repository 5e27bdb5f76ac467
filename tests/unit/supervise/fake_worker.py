"""A worker without TFX: plays one scenario of what a real one does, as far as its supervisor can tell."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

from graduate.errors import DataError
from graduate.pipeline import events
from graduate.pipeline.supervise import failure

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


def main() -> None:
    request = json.loads(sys.stdin.readline())
    events.emit("node", node="ExampleGen", state="running")
    events.emit("node", node="ExampleGen", state="ran", seconds=0.1, reason="first run")
    events.emit("node", node="Trainer", state="running")
    SCENARIOS[sys.argv[1]](request)


def finish(request: dict, status: str = "pushed") -> None:
    for step in range(0, 101, 5):
        events.emit("progress", node="Trainer", step=step, steps=100, loss=1.0, accuracy=0.5, steps_per_second=90.0)
    events.emit("node", node="Trainer", state="ran", seconds=1.5, reason="first run")
    nodes = [
        {"node": "ExampleGen", "state": "ran", "seconds": 0.1, "reason": "first run"},
        {"node": "Trainer", "state": "ran", "seconds": 1.5, "reason": "first run"},
    ]
    result = {"run_id": request["run_id"], "status": status, "nodes": nodes, "verdicts": [], "pushed_to": None}
    events.emit("result", **result, metrics={"accuracy": 0.97})


def hang(request: dict) -> None:
    events.emit("note", node="Trainer", text=f"pid {os.getpid()}")
    time.sleep(60)


def hang_with_family(request: dict) -> None:
    """A child, a grandchild whose parent has gone, and one in a session of its own."""
    child = subprocess.Popen(SLEEP)
    orphan = f"import subprocess; print(subprocess.Popen({SLEEP!r}, stdout=subprocess.DEVNULL).pid)"
    found = subprocess.run([sys.executable, "-S", "-c", orphan], stdout=subprocess.PIPE, text=True, check=False)
    alone = subprocess.Popen(SLEEP, start_new_session=True)
    events.emit("note", node="Trainer", text=f"pids {os.getpid()} {child.pid} {found.stdout.strip()} {alone.pid}")
    time.sleep(60)


def leave_family(request: dict) -> None:
    child = subprocess.Popen(SLEEP, start_new_session=True)
    events.emit("note", node="Trainer", text=f"pids {child.pid}")
    finish(request)


def stubborn(request: dict) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(request)


def wait_for_a_file(request: dict) -> None:
    events.emit("note", node="Trainer", text=f"pid {os.getpid()}")
    while not os.path.exists("go on"):
        time.sleep(0.01)
    finish(request)


def close_events(request: dict) -> None:
    descriptor = int(os.environ[events.ENVIRONMENT_VARIABLE])
    finish(request)
    os.close(descriptor)
    time.sleep(0.3)


def noisy(request: dict) -> None:
    for _ in range(300):
        os.write(1, b"x" * 16383 + b"\n")
        os.write(2, b"y" * 1023 + b"\n")
    os.write(int(os.environ[events.ENVIRONMENT_VARIABLE]), b'not JSON\n[1, 2]\n{"no": "event"}\n\xff\xfe\n')
    finish(request)


def data_error(request: dict) -> None:
    try:
        raise DataError("cats/broken.png is not an image", hint="remove it, or set data.bad_rows: skip", where="cats")
    except DataError as error:
        events.emit("error", **failure.describe(error))
    os._exit(5)


def user_error(request: dict) -> None:
    events.emit("node", node="Trainer", state="failed", seconds=0.2, reason="ValueError: no")
    try:
        raise ValueError("filters must be positive")
    except ValueError as error:
        events.emit("error", **failure.describe(error, "Trainer"))
    os._exit(1)


def crash(request: dict) -> None:
    ctypes.string_at(0)


SCENARIOS = {
    "pushed": finish,
    "refused": lambda request: finish(request, "refused"),
    "hang": hang,
    "family": hang_with_family,
    "leave family": leave_family,
    "stubborn": stubborn,
    "wait for a file": wait_for_a_file,
    "close events": close_events,
    "noisy": noisy,
    "data error": data_error,
    "user error": user_error,
    "crash": crash,
    "killed": lambda request: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda request: os._exit(9),
    "silent": lambda request: None,
}

if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
