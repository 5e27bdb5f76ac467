"""After `graduate gc` runs find in the cache what was kept, and compute again what was deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import Done, Project

pytestmark = pytest.mark.slow
FRONT = {"ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGuard", "Transform"}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Done, Done]]:
    """Two models pushed, of which `push.keep` left the second; then a gc that keeps the last run's cache."""
    with made(tmp_path_factory.mktemp("gc") / "project") as project:
        project.write_config(push={"keep": 1})
        first = project.run()
        second = project.run("--set", "training.learning_rate=0.02")
        assert (first.code, second.code) == (0, 0), first.err + second.err
        assert len(project.models) == 1
        done = project.graduate("gc", "--keep-runs", "1", "--yes", "--json")
        assert done.code == 0, done.err
        assert done.result["freed"] > 0
        yield project, first, done


def test_the_kept_runs_cache_answers_and_the_deleted_is_computed_again(swept: tuple[Project, Done, Done]):
    project, first, done = swept
    gone = {
        Path(one["path"]).relative_to(project.workspace.artifacts("tiny")).parts[0]
        for one in done.result["candidates"]
        if one["kind"] == "artifact"
    }
    assert "Trainer" in gone
    assert not gone & FRONT

    again = project.run("--set", "training.learning_rate=0.02")
    assert again.result["unchanged"], "what the last run obeyed has not changed"

    back = project.run()
    assert back.code == 0, back.err
    assert back.ran >= {"Trainer", "GradientDiagnostics", "Evaluator", "Pusher"}
    assert {node for node, state in back.nodes.items() if state == "cached"} >= FRONT & set(back.nodes)
    assert back.result["metrics"] == first.result["metrics"], "the same data, code and seed give the same model"

    # what lies in models/ is push.keep's: the version that served before has gone from there
    told = project.graduate("lineage", "serving", "--upstream", "--json").result
    assert [node for node in told["nodes"] if node.get("gone") and "/artifacts/" in node["uri"]] == []
    deleted = project.graduate("lineage", first.result["run_id"], "--json").result
    gone_nodes = [node for node in deleted["nodes"] if node.get("gone") and "/artifacts/" in node["uri"]]
    assert {node["state"] for node in gone_nodes} == {"deleted"}
    assert "Model" in {node["kind"] for node in gone_nodes}


def test_nothing_more_goes_the_second_time(swept: tuple[Project, Done, Done]):
    project, _first, _done = swept
    told = json.loads(project.graduate("gc", "--keep-runs", "9", "--json").out)
    assert told["candidates"] == []
