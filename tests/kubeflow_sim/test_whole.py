"""A config compiled and simulated pushes what it pushes on this machine: the same weights, the same numbers."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import Done, Project, weights

pytestmark = pytest.mark.slow
ROOT = "minio://mlpipeline/v2/artifacts"
PLACE = "minio://data/images"
ALWAYS = {"Start", "LastGraduate", "Evaluator", "Gate", "Pusher"}  # behind what serves, which has changed


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A project whose config was run to a pushed model on this machine."""
    with made(tmp_path_factory.mktemp("simulated") / "project") as project:
        done = project.run()
        assert done.code == 0, done.err
        yield project, done


def compiled(project: Project, *overrides: str) -> None:
    words = [word for one in (f"data.images={PLACE}", *overrides) for word in ("--set", one)]
    done = project.graduate("compile", "tiny.yaml", "-o", "spec.yaml", "--image", "me/g:1", "--root", ROOT, *words)
    assert done.code == 0, done.err


def simulated(project: Project, *words: str) -> Done:
    return project.graduate("simulate", "spec.yaml", "--json", *words, timeout=800)


def test_a_simulation_pushes_what_a_run_pushes(local):
    project, by_run = local
    compiled(project)
    first = simulated(project, "--put", f"{PLACE}=images")
    assert (first.code, first.result["status"]) == (0, "pushed"), first.err
    assert first.result["metrics"] == by_run.result["metrics"]
    assert weights(first.result["pushed_to"]) == weights(by_run.result["pushed_to"])
    assert [(one["source"], one["passed"]) for one in first.result["verdicts"]] == [
        (one["source"], one["passed"]) for one in by_run.result["verdicts"]
    ]

    again = simulated(project)
    assert again.code == 0, again.err
    assert again.ran >= {"Start", "LastGraduate", "Pusher"}
    assert again.ran - {"Data"} <= ALWAYS
    assert again.nodes["Trainer"] == "cached"

    changed = simulated(project, "--param", "training.learning_rate=0.02")
    assert changed.code == 0, changed.err
    assert (changed.nodes["Transform"], changed.nodes["Trainer"]) == ("cached", "ran")

    told = project.graduate("runs", "--workdir", ".graduate-kubeflow", "--json")
    runs = [json.loads(line) for line in told.out.splitlines()]
    assert [run["status"] for run in runs] == ["pushed"] * 3
    assert runs[-1]["metrics"]["accuracy"] == by_run.result["metrics"]["accuracy"]
    drawn = project.graduate("lineage", first.result["run_id"], "--upstream", "--workdir", ".graduate-kubeflow")
    assert "Pusher · ran" in drawn.out
    assert "accuracy" in project.graduate("serving", "--workdir", ".graduate-kubeflow").out


def test_a_sick_training_ends_a_simulation_sick(local):
    project, _ = local
    compiled(project, "training.learning_rate=300", "training.optimizer=sgd")
    done = simulated(project, "--put", f"{PLACE}=images", "--workdir", "sick")
    assert (done.code, done.result["status"]) == (4, "sick"), done.err
    assert done.nodes["Pusher"] == "skipped"
    assert done.result["pushed_to"] is None


def test_a_model_below_its_bound_is_refused(local):
    project, _ = local
    compiled(project, "evaluation.bounds.accuracy.at_least=1.0", "training.steps=1", "diagnostics.refuse_on=never")
    done = simulated(project, "--put", f"{PLACE}=images", "--workdir", "refused")
    assert (done.code, done.result["status"]) == (3, "refused"), done.err
    assert [one["source"] for one in done.result["verdicts"] if not one["passed"]] == ["Evaluator", "Gate"]


def test_what_a_step_says_of_a_failure_is_told(local):
    project, _ = local
    compiled(project)
    done = simulated(project, "--workdir", "empty")  # nothing was put into the bucket
    assert (done.code, done.result["status"]) == (1, "failed")
    assert done.result["error"]["node"] == "Start"
    assert len(done.err[done.err.index("Start failed.") :].splitlines()) <= 10
