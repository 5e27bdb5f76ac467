"""Never a stale hit, and nothing run for nothing: what an edit runs again, and that it is a hit again once undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import Done, Project

pytestmark = pytest.mark.slow

MODULE = '''"""Models of mine."""
import keras
from helper import hidden


def build(shape, classes, units):
    # a comment
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), hidden(units[0]), keras.layers.Dense(classes)])
'''
HELPER = '''import keras


def hidden(units):
    """A layer."""
    return keras.layers.Dense(units, activation="relu")
'''


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Done]]:
    """A project with a model of the user's and a helper beside it, pushed."""
    with made(tmp_path_factory.mktemp("edited") / "project") as project:
        (project.folder / "my_models.py").write_text(MODULE)
        (project.folder / "helper.py").write_text(HELPER)
        project.write_config(model={"module": "my_models.py", "build": "build"})
        done = project.run()
        assert done.code == 0, done.err
        yield project, done


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_edited_comments_and_docstrings_run_nothing(own_model):
    project, first = own_model
    edit(project.folder / "my_models.py", "# a comment", "# another comment,\n\n    # longer")
    edit(project.folder / "my_models.py", "Models of mine", "My models")
    edit(project.folder / "helper.py", "A layer", "One hidden layer")
    edit(project.folder / "tiny.yaml", "training:", "# soon: more steps\ntraining:")
    again = project.run()
    assert again.result["unchanged"]
    assert again.result["run_id"] == first.result["run_id"]


def test_an_edited_helper_trains_again_and_is_named_and_the_edit_undone_is_a_hit(own_model):
    project, first = own_model
    edit(project.folder / "helper.py", "relu", "tanh")
    edited = project.run()
    assert (edited.code, edited.result["status"]) == (0, "pushed")
    assert edited.reasons["Trainer"] == "helper.py changed"
    assert {"ExampleGen", "StatisticsGen", "Schema", "Transform"}.isdisjoint(edited.ran)
    assert edited.reasons["Transform"] == f"from {first.result['run_id']}"

    edit(project.folder / "helper.py", "tanh", "relu")
    undone = project.run()
    assert (undone.code, undone.result["status"]) == (0, "pushed")
    assert undone.nodes["Trainer"] == "cached"
    assert undone.reasons["Trainer"] == f"from {first.result['run_id']}"
    assert undone.result["pushed_to"] == str(project.serving)
    assert undone.result["metrics"] == first.result["metrics"]


def test_a_relabelled_file_is_seen_and_put_back_is_a_hit(project):
    before = project.run("--until", "StatisticsGen")
    images = project.folder / "images"
    os.rename(images / "top" / "000.png", images / "left" / "top.png")
    moved = project.run("--until", "StatisticsGen")
    assert moved.reasons["ExampleGen"] == "data changed"
    assert moved.ran == {"ExampleGen", "StatisticsGen"}
    os.rename(images / "left" / "top.png", images / "top" / "000.png")
    back = project.run("--until", "StatisticsGen")
    assert back.ran == set()
    assert back.reasons["ExampleGen"] == f"from {before.result['run_id']}"


def test_until_stops_there_and_the_whole_command_goes_on_from_it(project):
    stopped = project.run("--until", "Schema")
    assert (stopped.code, stopped.result["status"], stopped.result["pushed_to"]) == (0, "stopped", None)
    assert stopped.ran == {"ExampleGen", "StatisticsGen", "Schema"} == set(stopped.nodes)
    again = project.run("--until", "Schema")
    assert (again.code, again.result["status"], again.result["unchanged"]) == (0, "stopped", True)

    anew = project.run("--until", "Schema", "--no-cache")
    assert anew.ran == {"ExampleGen", "StatisticsGen", "Schema"}
    assert anew.reasons["ExampleGen"] == "not in the cache"

    overridden = project.run("--until", "DataGuard", "--set", "data.split={train: 0.5, eval: 0.25, test: 0.25}")
    assert overridden.ran == {"ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGuard"}
    assert "data.split.train 0.6 → 0.5" in overridden.reasons["ExampleGen"]

    shutil.rmtree(project.workspace.artifacts("tiny") / "StatisticsGen")
    mended = project.run("--until", "Schema")
    assert mended.code == 0
    assert mended.nodes["ExampleGen"] == "cached"
    assert mended.nodes["StatisticsGen"] == "ran"
