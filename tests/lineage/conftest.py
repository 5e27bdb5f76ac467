"""The history of `story.py`, written once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage import story as telling


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> telling.Story:
    """The history; nobody may change it."""
    return telling.write(tmp_path_factory.mktemp("story") / "work")


@pytest.fixture
def own_story(tmp_path: Path) -> telling.Story:
    """A history of the test's own, to be spoilt."""
    return telling.write(tmp_path / "work")


@pytest.fixture(scope="session")
def records(story: telling.Story) -> Iterator[Records]:
    """The history, open for reading."""
    with Records(open_store(str(story.store))) as opened:
        yield opened
