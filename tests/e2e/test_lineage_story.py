"""docs/lineage.md is a true story: its commands are run in its order, and say what it says."""

import json
import random
from pathlib import Path

import pytest

from tests.e2e import page_story
from tests.e2e.project import Project, image

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lineage.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The project after the whole story, and who played it."""
    folder = tmp_path_factory.mktemp("story") / "shapes"
    folder.mkdir()
    project = Project(folder)
    project.write_images()
    (folder / "scan.png").write_bytes(image("top", random.Random("scan 1")))  # its hash puts it into the training split
    (folder / "shapes.yaml").write_text(page_story.block(PAGE, "yaml"))
    player = page_story.Player(folder, home="/home/ada/shapes", who="ada@host")
    for step in page_story.steps(PAGE):
        player.play(step)
    yield project, player
    project.close()


def test_the_difference_between_two_runs_is_the_one_setting(told):
    project, _ = told
    first, second = [run.run_id for run in project.runs()][-1:-3:-1]
    found = json.loads(project.graduate("diff", first, second, "--json").out)
    assert [(one["key"], one["a"], one["b"]) for one in found["config"]["keys"]] == [
        ("training.learning_rate", 0.001, 0.003)
    ]
    assert [found[part]["state"] for part in ("data", "schema", "code")] == ["same", "same", "same"]


def test_a_file_that_was_added_is_found_in_the_model_that_was_trained_with_it_alone(told):
    project, _ = told
    done = project.graduate("affected", "left/scan.png", "--json")
    assert done.code == 0
    [model] = json.loads(done.out)["models"]
    third = project.runs()[1]
    assert (model["run"], model["relation"], model["serves"]) == (third.run_id, "trained_on", False)
    before = json.loads(project.graduate("affected", "left/000.png", "--json").out)["models"]
    assert len({one["run"] for one in before}) > 1


def test_what_was_exported_names_the_model_that_serves(told):
    project, _ = told
    listed = map(json.loads, project.graduate("models", "--json").out.splitlines())
    model = json.loads((project.folder / "model.bom.json").read_text())["metadata"]["component"]
    assert [model["version"]] == [str(version["version"]) for version in listed if version["serving"]]
