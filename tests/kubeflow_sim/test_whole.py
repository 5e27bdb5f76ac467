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
WORKDIR = ("--workdir", ".graduate-kubeflow")


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A project whose config was run to a pushed model on this machine."""
    with made(tmp_path_factory.mktemp("simulated") / "project") as project:
        project.write_config(evaluation={"bounds": {"loss": {"at_most": 100}}})
        done = project.run()
        assert done.code == 0, done.err
        yield project, done


@pytest.fixture(scope="module")
def compiled(local):
    """That project with its config compiled, its images in a bucket."""
    project, _ = local
    where = ("--image", "me/g:1", "--root", ROOT)
    words = ("--set", f"data.images={PLACE}", "--set", "kubeflow.parameters=[training.optimizer]")
    done = project.graduate("compile", "tiny.yaml", "-o", "spec.yaml", *where, *words)
    assert done.code == 0, done.err
    return project


def simulated(project: Project, *words: str) -> Done:
    return project.graduate("simulate", "spec.yaml", "--json", *words, timeout=1500)


@pytest.fixture(scope="module")
def first(compiled):
    """The first simulation; all that follow take from its cache."""
    done = simulated(compiled, "--put", f"{PLACE}=images")
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
    told = project.graduate("runs", *WORKDIR, "--json")
    oldest = json.loads(told.out.splitlines()[-1])
    assert (oldest["run_id"], oldest["status"]) == (first.result["run_id"], "pushed")
    assert oldest["metrics"]["accuracy"] == by_run.result["metrics"]["accuracy"]
    drawn = project.graduate("lineage", first.result["run_id"], "--upstream", *WORKDIR)
    assert "Pusher · ran" in drawn.out


def test_what_serves_is_found_on_the_simulations_own_volume(compiled, first):
    [told] = (json.loads(line) for line in compiled.graduate("serving", *WORKDIR, "--json").out.splitlines())
    assert told["on_disk"]["state"] == "agrees"
    assert told["on_disk"]["sentence"].startswith(str(compiled.folder / first.result["pushed_to"]).rpartition("/")[0])
    assert (told["seed"], "accuracy" in told["metrics"]) == (3, True)


def test_the_same_spec_again_takes_from_the_cache_what_no_serving_model_changes(compiled, first):
    done = simulated(compiled)
    assert done.code == 0, done.err
    assert done.ran >= {"Start", "LastGraduate", "Pusher"}
    assert done.ran - {"Data"} <= ALWAYS
    assert done.nodes["Trainer"] == "cached"


def test_another_learning_rate_trains_again_transforms_nothing_and_ends_sick(compiled, first):
    done = simulated(compiled, "--param", "training.learning_rate=300", "--param", "training.optimizer=sgd")
    assert (done.code, done.result["status"]) == (4, "sick"), done.err
    assert (done.nodes["Transform"], done.nodes["Trainer"], done.nodes["Pusher"]) == ("cached", "ran", "skipped")
    assert done.result["pushed_to"] is None


def test_a_model_below_another_bound_is_refused_without_a_training(compiled, first):
    done = simulated(compiled, "--param", "evaluation.bounds.loss.at_most=0.0")
    assert (done.code, done.result["status"]) == (3, "refused"), done.err
    assert [one["source"] for one in done.result["verdicts"] if not one["passed"]] == ["Evaluator", "Gate"]
    assert (done.nodes["Trainer"], done.nodes["Pusher"]) == ("cached", "skipped")


def test_what_a_step_says_of_a_failure_is_told(compiled):
    done = simulated(compiled, "--workdir", "empty")  # nothing was put into the bucket
    assert (done.code, done.result["status"]) == (1, "failed")
    assert done.result["error"]["node"] == "Start"
    assert len(done.err[done.err.index("Start failed.") :].splitlines()) <= 10
