"""A small data set with a config, and `graduate` as a process of its own with a fake worker."""

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

DRIVE = Path(__file__).with_name("drive.py")
CONFIG = """
name: tiny
data: {images: images}
transform: {size: [4, 4], channels: 1}
training: {steps: 10, batch_size: 4}
evaluation: {split: test, bounds: {accuracy: {at_least: 0.5}}}
"""


def png(value: int) -> bytes:
    """A grey image of 4 x 4 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes([value] * 4) for _ in range(4))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with `tiny.yaml` and 40 images of two classes."""
    for at in range(40):
        path = tmp_path / "images" / ("dark" if at < 20 else "light") / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(at * 6))
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    return tmp_path


class Graduate:
    """Starts `graduate …` in a folder, with a scenario of the fake worker; kills what is left at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, scenario: str, *words: str, **settings) -> subprocess.Popen[str]:
        environment = {key: value for key, value in os.environ.items() if key != "GRADUATE_WORKDIR"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
        command = [sys.executable, str(DRIVE), scenario, *words]
        process = subprocess.Popen(command, cwd=self.folder, env=environment, text=True, **pipes)
        self.started.append(process)
        return process

    def run(self, scenario: str, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(scenario, *words)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def until(self, process: subprocess.Popen[str], text: str) -> str:
        """Read stderr up to the line with `text`, and give that line."""
        assert process.stderr is not None
        for line in process.stderr:
            if text in line:
                return line
        raise AssertionError(f"{text!r} was never said")


@pytest.fixture
def graduate(project: Path):
    made = Graduate(project)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    """Wait until none of these runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False
