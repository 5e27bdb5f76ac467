"""Projects for whole runs: a fresh one a test, and one that was pushed once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A folder of its own with `tiny.yaml` and 90 images."""
    made = Project(tmp_path)
    made.write_config()
    made.write_images()
    yield made
    made.close()
