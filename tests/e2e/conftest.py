"""Projects for whole runs: a fresh one a test, and one that was pushed once for all tests that leave it as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Done, Project


@contextlib.contextmanager
def made(folder: Path) -> Iterator[Project]:
    """A project with the plain config and 90 images."""
    folder.mkdir(parents=True, exist_ok=True)
    project = Project(folder)
    project.write_config()
    project.write_images()
    try:
        yield project
    finally:
        project.close()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A folder of its own with `tiny.yaml` and 90 images."""
    with made(tmp_path / "project") as project:
        yield project


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Done]]:
    """A project of which the plain config was run to a pushed model, and what that run said."""
    with made(tmp_path_factory.mktemp("pushed") / "project") as project:
        done = project.run()
        assert done.code == 0, done.err
        yield project, done


@pytest.fixture
def pushed(first_run: tuple[Project, Done]) -> Iterator[Project]:
    """The pushed project; whoever uses it may only do what starts no run."""
    project, _done = first_run
    before = (project.models, project.runs())
    yield project
    assert (project.models, project.runs()) == before
