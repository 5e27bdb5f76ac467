"""What the whole-run tests share: a small data set with its config, and `graduate` as a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from graduate.pipeline import record
from graduate.pipeline.data.demo import png
from graduate.pipeline.workspace import Workspace

SIDE = 8  # pixels
CLASSES: Mapping[str, Callable[[int, int], bool]] = {  # which pixels of a class are bright
    "left": lambda row, column: column < SIDE // 2,
    "top": lambda row, column: row < SIDE // 2,
    "middle": lambda row, column: 2 <= row < 6 and 2 <= column < 6,
}
CONFIG: Mapping[str, Any] = {
    "name": "tiny",
    "data": {"images": "images", "split": {"train": 0.6, "eval": 0.2, "test": 0.2}},
    "transform": {"size": [SIDE, SIDE], "channels": 1, "statistics": False},
    "model": {"build": "mlp", "hyperparameters": {"units": [16]}},
    "training": {"steps": 40, "batch_size": 16, "learning_rate": 0.01, "checkpoint_every": 10, "seed": 3},
    "evaluation": {"bounds": {"accuracy": {"at_least": 0.9}}},
}
GRADUATE = (sys.executable, "-m", "graduate.pipeline.cli")


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def result(self) -> dict[str, Any]:
        """The last line of stdout, which is JSON."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def nodes(self) -> dict[str, str]:
        """The state of each node."""
        return {node["node"]: node["state"] for node in self.result["nodes"]}

    @property
    def reasons(self) -> dict[str, str]:
        """Why each node ran, or was skipped, or where it was cached from."""
        return {node["node"]: node["reason"] for node in self.result["nodes"]}

    @property
    def ran(self) -> set[str]:
        """The nodes that ran."""
        return {node for node, state in self.nodes.items() if state == "ran"}


class Project:
    """A folder with `tiny.yaml` and `images/`, and the commands that are started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    @property
    def workspace(self) -> Workspace:
        """The default work folder."""
        return Workspace.at(self.folder / ".graduate")

    @property
    def models(self) -> list[Path]:
        """The versions that were pushed, the one that serves last."""
        return sorted(path.parent for path in self.workspace.push_to("tiny", None).glob("*/saved_model.pb"))

    @property
    def serving(self) -> Path | None:
        """The version that serves."""
        return self.models[-1] if self.models else None

    def runs(self) -> list[record.RunRecord]:
        """The record of every run, the latest first."""
        store = record.open_store(self.workspace)
        return record.runs(store) if store else []

    def write_config(self, **groups: Any) -> None:
        """Write `tiny.yaml`; `groups` are laid over `CONFIG` key by key, and None takes a key away."""
        (self.folder / "tiny.yaml").write_text(yaml.safe_dump(_over(CONFIG, groups), sort_keys=False))

    def write_images(self, each: int = 30, folder: str = "images", classes: tuple[str, ...] = tuple(CLASSES)) -> None:
        """Write noisy images of each class; the same ones every time."""
        for name in classes:
            (self.folder / folder / name).mkdir(parents=True, exist_ok=True)
            noise = random.Random(name)
            for number in range(each):
                (self.folder / folder / name / f"{number:03d}.png").write_bytes(image(name, noise))

    def start(self, *words: str, program: Sequence[str] = GRADUATE, **settings: Any) -> subprocess.Popen[str]:
        """Start `graduate WORDS`; `env` is laid over the environment. `close` kills what is left of it."""
        environment = {key: value for key, value in os.environ.items() if key != "GRADUATE_WORKDIR"}
        environment |= settings.pop("env", {})
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
        process = subprocess.Popen([*program, *words], cwd=self.folder, env=environment, text=True, **pipes)
        self.started.append(process)
        return process

    def stop_in(self, node: str, late: float = 0.0) -> subprocess.Popen[str]:
        """Start a run that stops in a node, and wait until it is there: at its beginning, or some seconds later."""
        mark = self.folder / "STOPPED"
        mark.unlink(missing_ok=True)
        stopping = (sys.executable, str(Path(__file__).with_name("stopping.py")))
        process = self.start("run", "tiny.yaml", program=stopping, env={"STOP_IN": node, "STOP_LATE": str(late)})
        wait_for(mark.exists, process)
        return process

    def graduate(self, *words: str, timeout: float = 180, **settings: Any) -> Done:
        """Run `graduate WORDS` to its end."""
        start = time.monotonic()
        process = self.start(*words, **settings)
        out, err = process.communicate(timeout=timeout)
        return Done(process.returncode, out, err, time.monotonic() - start)

    def run(self, *words: str, **settings: Any) -> Done:
        """`graduate run tiny.yaml --json WORDS`."""
        return self.graduate("run", "tiny.yaml", "--json", *words, **settings)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def image(name: str, noise: random.Random) -> bytes:
    """A PNG of a class."""
    bright = CLASSES[name]
    pixels = [200 * bright(row, column) + noise.randrange(56) for row in range(SIDE) for column in range(SIDE)]
    return png(bytes(pixels), width=SIDE, height=SIDE)


def until(process: subprocess.Popen[str], text: str) -> str:
    """Read stderr up to the line with `text`, and give that line."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} was never said, but: {''.join(said)}")


def wait_for(seen: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something is seen while a command runs."""
    while not seen():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)


def below(pid: int) -> set[int]:
    """The processes that descend from one."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, waiting = set(), [pid]
    while waiting:
        parent = waiting.pop()
        children = {child for child, its in parents.items() if its == parent} - found
        found |= children
        waiting += children
    return found


def gone(pids: Iterable[int], seconds: float = 10.0) -> bool:
    """Wait until none of these processes runs; a zombie does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def weights(model: str | Path) -> bytes:
    """All variables of a pushed model."""
    return (Path(model) / "variables" / "variables.data-00000-of-00001").read_bytes()


def _over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _over(merged[key], value)
        else:
            merged[key] = value
    return merged
