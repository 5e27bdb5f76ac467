"""Engines are tested where there is a Java and their job server; elsewhere the tests are skipped and say so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graduate.pipeline.engines.job_server import engines_folder


def job_server_jar(name: str) -> Path:
    """The jar that `make flink` or `make spark` made; the test is skipped where there is none."""
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    jar = engines_folder() / name / "job-server.jar"
    if not jar.is_file():
        pytest.skip(f"there is no job server of {name}: `make {name} ARGS=jar` fetches it")
    return jar


@pytest.fixture(params=["flink", "spark"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine that can be started here."""
    job_server_jar(request.param)
    return str(request.param)
