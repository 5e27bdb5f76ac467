"""What a worker tells of itself while it lives: one small file, written anew every few seconds by a thread.

The thread stands still when the process does, so that a frozen worker is told from one that waits for the others.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from graduate import files

ENVIRONMENT_VARIABLE = "GRADUATE_MEMBER"  # JSON, the arguments of `Beating`: set for a worker, by member.py
STRATEGY = "multi_worker"  # of a worker, whatever the config says: it says it of each machine
_joined: Beating | None = None


@dataclass
class Beat:
    """What a worker tells.

    Attributes:
        worker: its number; 0 is the chief.
        host, pid: where it is.
        count: of the beats before; a worker that lives changes it.
        state: joining (waits for the others), ready, training, trained.
        step, steps: done of all.
        began: the step that it went on from; None before it trains.
        notes: sentences for people.
    """

    worker: int
    host: str = ""
    pid: int = 0
    count: int = 0
    state: str = "joining"
    step: int = 0
    steps: int = 0
    began: int | None = None
    notes: list[str] = field(default_factory=list)


def is_member() -> bool:
    """Whether this process is one of several workers that `train_together` started."""
    return bool(os.environ.get(ENVIRONMENT_VARIABLE))


def join(say: Callable[[str], None]) -> None:
    """In a worker, before TensorFlow has run anything: begin to beat, and wait until all workers are there."""
    global _joined
    _joined = Beating(**json.loads(os.environ[ENVIRONMENT_VARIABLE]))
    from graduate.training.strategy import prepare

    prepare(STRATEGY, say)
    _joined.told("ready")


def strategy(configured: str) -> str:
    """How this process trains."""
    return STRATEGY if is_member() else configured


def callbacks() -> list[Any]:
    """What a worker's training loop is given; nothing where it is no worker of a team."""
    return [_joined] if _joined is not None else []


class Beating:
    """Writes the beats of this worker; a callback of the training loop.

    Args:
        folder: of the beats of all workers.
        worker: the number of this one.
        every: seconds between two beats.
        watched: a folder that whoever watches the workers touches all the time.
        alone_s: seconds without a touch, after which nobody watches any more, and this process ends.
    """

    def __init__(self, folder: str, worker: int, every: float, watched: str, alone_s: float) -> None:
        self._path, self._every = _path(Path(folder), worker), every
        self._watched, self._alone_s = Path(watched), alone_s
        self._touched, self._seen = 0, time.monotonic()
        self._beat = Beat(worker, socket.gethostname(), os.getpid())
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._write()
        threading.Thread(target=self._run, name="graduate-beats", daemon=True).start()

    def told(self, state: str) -> None:
        """Say at once how far this worker is."""
        self._beat.state = state
        self._write()

    def start(self, training: Any) -> None:
        """Before the first step of a course."""
        step = training.state.step
        self._beat.step, self._beat.steps = step, training.steps
        self._beat.began = step if self._beat.began is None else self._beat.began
        self.told("training")

    def after_steps(self, step: int) -> None:
        """After a compiled call; the thread writes it."""
        self._beat.step = step

    def slow_worker(self, slow: Any) -> None:
        """The others wait for a worker."""
        self._beat.notes.append(str(slow))
        self._write()

    def finish(self, result: Any) -> None:
        """The last step is done: from here on, no worker needs another."""
        self.told("trained")

    def close(self) -> None:
        """Beat no more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._write()
            if self._alone():
                print(f"worker {self._beat.worker}: nobody watches any more", file=sys.stderr, flush=True)
                os._exit(1)

    def _alone(self) -> bool:
        """By this machine's clock alone: others may go otherwise."""
        try:
            touched = self._watched.stat().st_mtime_ns
        except OSError:
            touched = self._touched
        if touched != self._touched:
            self._touched, self._seen = touched, time.monotonic()
        return time.monotonic() - self._seen > self._alone_s

    def _write(self) -> None:
        with self._lock:
            self._beat.count += 1
            try:
                files.write_json(self._path, asdict(self._beat))
            except OSError:  # the folder is gone, or its disk away: whoever watches sees that no beat comes
                return


def read(folder: Path, workers: int) -> dict[int, Beat]:
    """The last beat of each worker that has given one."""
    found = {}
    for worker in range(workers):
        try:
            found[worker] = Beat(**json.loads(_path(folder, worker).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return found


def _path(folder: Path, worker: int) -> Path:
    return folder / f"worker-{worker}.json"
