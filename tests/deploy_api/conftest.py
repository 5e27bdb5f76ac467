"""A server on a real socket, and `graduate deploy` as a process beside it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.deploy_api import small
from tests.deploy_api.running import Deploy, Done, Server, environment, start


@pytest.fixture
def server() -> Iterator[Server]:
    """A server; at the end everything that came and went has to have fitted the published definition."""
    found = start()
    try:
        yield found
        with contextlib.suppress(urllib.error.URLError):  # a test may have ended it
            assert found.misfits() == []
    finally:
        found.end()


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """`graduate deploy WORDS` in an empty home folder; `env` adds variables."""

    def call(*words: str, env: dict[str, str] | None = None, timeout: float = 90) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "graduate.pipeline.cli", "deploy", *words],
            capture_output=True,
            text=True,
            env=environment(tmp_path, **(env or {})),
            timeout=timeout,
        )
        assert "Traceback" not in done.stderr or "--debug" in words
        return Done(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A compiled spec's path."""
    path = tmp_path / "small.kubeflow.yaml"
    path.write_text(small.spec(), encoding="utf-8")
    return str(path)
