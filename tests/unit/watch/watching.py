"""Runs scripts as `python` does and as `graduate watch` does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

LIBRARY = [sys.executable, "-m", "graduate.watch"]
VERB = [sys.executable, "-m", "graduate.pipeline.cli", "watch"]
ROOT = Path(__file__).resolve().parents[3]
# the library is found from any folder, also where it is not installed
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}


def script(folder: Path, body: str, name: str = "train.py") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(body))
    return path


def run(*words: object, command: list[str] = LIBRARY, **options) -> subprocess.CompletedProcess:
    options = {"timeout": 120, "env": ENVIRONMENT, **options}
    return subprocess.run([*command, *map(str, words)], capture_output=True, **options)


def plain(*words: object, **options) -> subprocess.CompletedProcess:
    return run(*words, command=[sys.executable], **options)


def result(done: subprocess.CompletedProcess) -> dict:
    """What `--json` printed as the last line."""
    return json.loads(done.stdout.decode().splitlines()[-1])
