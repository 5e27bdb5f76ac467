"""Killed or interrupted anywhere, the same command goes on and ends as if nothing had happened."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate import publish
from graduate.pipeline import record
from graduate.trace import open_trace
from tests.e2e.project import Project, below, gone, until, wait_for, weights

pytestmark = pytest.mark.slow

LONG = {"training": {"steps": 4000, "checkpoint_every": 100, "eval_every": 1000}}


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the command alone; all that it started has to go with it."""
    family = below(process.pid)
    assert len(family) >= 2  # guard, worker
    process.kill()
    process.wait()
    assert gone(family)


def running(project: Project) -> tuple[list[str], int]:
    """The runs and the number of executions that the store says are in progress."""
    store = record.open_store(project.workspace)
    assert store is not None
    live = (mlmd.Execution.NEW, mlmd.Execution.RUNNING)
    executions = [one for one in store.get_executions() if one.last_known_state in live]
    return [run.run_id for run in project.runs() if run.status == "running"], len(executions)


def trainings(project: Project) -> list[tuple[Path, dict]]:
    """Of every finished training the exported model, and what its `training.json` says."""
    trainer = project.workspace.artifacts("tiny") / "Trainer"
    found = [(path, json.loads(path.read_text())) for path in trainer.glob("model_run/*/training.json")]
    return [(trainer / "model" / path.parent.name / "Format-Serving", told) for path, told in found]


def test_killed_in_each_node_in_turn_the_same_command_ends_with_the_same_weights(project, first_run):
    uninterrupted = first_run[1]
    for node, late in {
        "ExampleGen": 0.1,
        "StatisticsGen": 0.0,
        "Schema": 0.0,
        "ExampleValidator": 0.0,
        "DataGuard": 0.0,
        "Transform": 1.0,
        "Preflight": 0.1,
        "Trainer": 0.0,
        "GradientDiagnostics": 0.0,
        "Evaluator": 0.3,
        "ServingCheck": 0.1,
        "Gate": 0.0,
        "Pusher": 0.0,
    }.items():
        kill(project.stop_in(node, late))
        assert project.serving is None, node
    done = project.run()
    assert done.code == 0, done.err
    assert "was interrupted" in done.err
    assert done.ran == {"Pusher"}
    assert running(project) == ([], 0)
    assert {run.status for run in project.runs()} == {"interrupted", "pushed"}
    assert weights(done.result["pushed_to"]) == weights(uninterrupted.result["pushed_to"])
    assert done.result["metrics"] == uninterrupted.result["metrics"]
    assert project.run().result["unchanged"]


def test_killed_in_the_middle_of_the_training_it_goes_on_from_a_checkpoint_to_the_same_weights(project, tmp_path):
    project.write_config(**LONG)
    other = Project(tmp_path / "other")
    other.folder.mkdir()
    (other.folder / "images").symlink_to(project.folder / "images")
    other.write_config(**LONG)
    straight = other.run("--until", "Trainer")
    assert straight.code == 0, straight.err

    process = project.start("run", "tiny.yaml", "--until", "Trainer")
    wait_for(lambda: any(project.workspace.checkpoints("tiny").glob("*/step-*.npz")), process)
    kill(process)
    gone_on = project.run("--until", "Trainer")
    assert gone_on.code == 0, gone_on.err
    assert gone_on.nodes["Transform"] == "cached"
    (whole,), (mended,) = trainings(other), trainings(project)
    assert (whole[1]["resumed_from"], mended[1]["steps"]) == (None, 4000)
    assert 0 < mended[1]["resumed_from"] < 4000
    assert weights(whole[0]) == weights(mended[0])
    traces = [open_trace(model.parents[2] / "model_run" / model.parent.name / "trace") for model, _ in (whole, mended)]
    assert [trace.steps[-1] for trace in traces] == [4000, 4000]
    assert [[event.kind for event in trace.events] for trace in traces] == [[], ["resume"]]
    assert np.array_equal(*(trace.series("loss") for trace in traces))


def test_killed_while_it_pushes_the_old_version_serves_and_the_same_command_pushes(pushed_before):
    project, old = pushed_before
    with open(old.parent / publish.LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = project.start("run", "tiny.yaml", "--set", "training.seed=5")
        until(process, "Gate ")
        kill(process)
    (old.parent / f"{publish.ASIDE}99-half").mkdir()  # what a copy leaves that was cut off
    assert project.serving == old
    done = project.run("--set", "training.seed=5")
    assert done.code == 0, done.err
    assert done.nodes["Trainer"] == "cached"
    assert project.models == [old, project.serving]
    assert done.result["pushed_to"] == str(project.serving)
    assert list(old.parent.glob(f"{publish.ASIDE}*")) == []


@pytest.fixture
def pushed_before(project):
    done = project.run()
    assert done.code == 0, done.err
    return project, project.serving


def test_interrupted_it_stops_at_once_with_one_line_and_the_same_command_goes_on(project):
    process = project.stop_in("Transform", 0.5)
    family = below(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=10)
    said = process.communicate()[1].splitlines()
    assert process.returncode == 130
    assert said[-1] == "interrupted: the same command goes on from there: graduate run tiny.yaml"
    assert [line for line in said if "interrupted" in line or "rror" in line] == said[-1:]
    assert gone(family, 1)
    assert running(project) == ([], 0)
    done = project.run("--until", "Transform")
    assert (done.code, done.result["status"]) == (0, "stopped")
    assert done.nodes["ExampleGen"] == "cached"
