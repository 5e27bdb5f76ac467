"""A config compiled and simulated pushes what it pushes on this machine: the same weights, the same numbers."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import Done, Project, weights

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]  # a process that imports TensorFlow for every node
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
    return project.graduate("simulate", "spec.yaml", "--json", *words, timeout=1500)


@pytest.fixture(scope="module")
def first(local):
    """The first simulation of that config, its images in a bucket."""
    project, _ = local
    compiled(project)
    done = simulated(project, "--put", f"{PLACE}=images")
    assert done.code == 0, done.err
    return done


def test_a_simulation_pushes_what_a_run_pushes(local, first):
    _, by_run = local
    assert first.result["status"] == "pushed"
    assert first.result["metrics"] == by_run.result["metrics"]
    assert weights(first.result["pushed_to"]) == weights(by_run.result["pushed_to"])
    assert [(one["source"], one["passed"]) for one in first.result["verdicts"]] == [
        (one["source"], one["passed"]) for one in by_run.result["verdicts"]
    ]


def test_lineage_tells_a_simulation_as_it_tells_a_run(local, first):
    project, by_run = local
    told = project.graduate("runs", "--workdir", ".graduate-kubeflow", "--json")
    oldest = json.loads(told.out.splitlines()[-1])
    assert (oldest["run_id"], oldest["status"]) == (first.result["run_id"], "pushed")
    assert oldest["metrics"]["accuracy"] == by_run.result["metrics"]["accuracy"]
    drawn = project.graduate("lineage", first.result["run_id"], "--upstream", "--workdir", ".graduate-kubeflow")
    assert "Pusher · ran" in drawn.out
    assert "accuracy" in project.graduate("serving", "--workdir", ".graduate-kubeflow").out


def test_the_same_spec_again_takes_from_the_cache_what_no_serving_model_changes(local, first):
    project, _ = local
    compiled(project)
    done = simulated(project)
    assert done.code == 0, done.err
    assert done.ran >= {"Start", "LastGraduate", "Pusher"}
    assert done.ran - {"Data"} <= ALWAYS
    assert done.nodes["Trainer"] == "cached"


def test_another_learning_rate_trains_again_and_transforms_nothing(local, first):
    project, _ = local
    compiled(project)
    done = simulated(project, "--param", "training.learning_rate=0.02")
    assert done.code == 0, done.err
    assert (done.nodes["Transform"], done.nodes["Trainer"]) == ("cached", "ran")


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
