"""Ctrl-C while an engine works: exit 130, and no Java is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engines.conftest import job_server_jar

pytestmark = pytest.mark.slow
_DIGITS = Path(__file__).parents[2] / "examples" / "digits.yaml"


def _java_below(root: int) -> list[int]:
    """The Java processes that a process has started, at any remove."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    parents = {int(pid): int(parent) for pid, parent, _ in rows}

    def is_below(pid: int) -> bool:
        while pid in parents:
            if pid == root:
                return True
            pid = parents[pid]
        return False

    return [int(pid) for pid, _, name in rows if name.strip() == "java" and is_below(int(pid))]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_the_job_server_too(tmp_path):
    job_server_jar("flink")
    command = [sys.executable, "-m", "graduate.pipeline.cli", "run", str(_DIGITS), "--workdir", str(tmp_path / "work")]
    process = subprocess.Popen(
        [*command, "--set", "beam.runner=flink"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        while not (started := _java_below(process.pid)):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 130, said.decode()
    for _ in range(100):  # a process that was killed is gone a moment later
        if not any(map(_lives, started)):
            break
        time.sleep(0.1)
    assert not any(map(_lives, started))
