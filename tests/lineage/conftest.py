"""The history of `story.py`, written once for all tests that only read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.workspace import Workspace
from tests.lineage import kubeflow_words
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


@dataclass
class Told:
    """The history in one vocabulary: open for reading, and with the run ids and the store that it has there."""

    vocabulary: str
    records: Records
    story: telling.Story


@pytest.fixture(scope="session")
def on_kubeflow(
    story: telling.Story, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Told, kubeflow_words.Translation]:
    """The history as Kubeflow Pipelines writes it, and what became of each number and run id."""
    found, translation = kubeflow_words.of_story(story, tmp_path_factory.mktemp("kubeflow") / "metadata.sqlite")
    return Told("kubeflow", Records(open_store(str(found.store))), found), translation


@pytest.fixture(params=["local", "kubeflow"])
def both(request: pytest.FixtureRequest, story: telling.Story, records: Records) -> Told:
    """The history in TFX's local vocabulary, then in Kubeflow's: a test with it runs twice, and expects the same."""
    if request.param == "local":
        return Told("local", records, story)
    return request.getfixturevalue("on_kubeflow")[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A history whose second version has been removed from the disk, and a copy of it all."""
    folder = tmp_path_factory.mktemp("gc")
    story = telling.write(folder / "work")
    Workspace(story.root).sign_layout()
    shutil.rmtree(story.root / "models" / "digits" / str(story.versions["faster"]))
    shutil.copytree(story.root, folder / "copy")
    return story, folder / "copy"


@pytest.fixture
def work(written):
    """The history as it was, where it was: a store names its files by their absolute paths."""
    story, copy = written
    shutil.rmtree(story.root)
    shutil.copytree(copy, story.root)
    return story
