"""A compiled pipeline, run to a pushed model by Kubeflow's own driver and launcher; and `graduate simulate` beside it.

What is not Kubeflow's: the order of tasks (on a cluster Argo's), the object store, which is in memory, and the table of
finished tasks in which its driver looks before it runs one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kubeflow import pods, records, specs
from tests.lineage.stores import metadata_server

pytestmark = pytest.mark.slow
NAME = "line.yaml"


@dataclass
class Ran:
    """What one of the two left: the answers of its runs' tasks, metadata, objects after the first, pushed versions."""

    runs: list[dict[str, dict]]
    metadata: Path
    objects: Path
    models: Path

    def version(self) -> Path:
        (found,) = (one for one in self.models.iterdir() if one.name.isdecimal())
        return found


def by_kubeflow(kubeflow, folder, spec, *runs):
    """Runs one after the other, given the parameters of each."""
    places = {name: folder / name for name in ("root", "models", "objects")}
    for place in places.values():
        place.mkdir(parents=True)
    with metadata_server.double(folder / "metadata.sqlite") as server:
        question = {"spec": spec, "runs": runs, "root": specs.WHERE["root"], "kept": "/kept"}
        question["metadata"] = f"127.0.0.1:{server.port}"
        mounts = {"/project": specs.EXAMPLES, "/models": places["models"], "/kept": places["objects"]}
        found = pods.run(kubeflow, question, places["root"], mounts)
    assert "error" not in found, f"{found['error']}\n{found['said'][-3000:]}"
    tasks = [{one["task"]: one for one in run} for run in found["runs"]]
    return Ran(tasks, folder / "metadata.sqlite", places["objects"], places["models"] / "line")


def simulated(folder, spec):
    file = folder / "spec.yaml"
    file.parent.mkdir()
    file.write_text(spec)
    command = [Path(sys.executable).with_name("graduate"), "simulate", file, "--project", specs.EXAMPLES, "--json"]
    done = subprocess.run([*command, "--workdir", folder / "work"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "pushed"
    work = folder / "work"
    (models,) = (work / "volumes").glob("*/line")
    return Ran([], work / "metadata.sqlite", work / "objects" / "minio", models)


@pytest.fixture(scope="module")
def theirs(kubeflow, tmp_path_factory):
    stricter = {"evaluation_bounds_mae_at_most": 0.0}
    return by_kubeflow(kubeflow, tmp_path_factory.mktemp("kubeflow"), specs.example(NAME), {}, stricter)


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    return simulated(tmp_path_factory.mktemp("simulated") / "here", specs.example(NAME))


@pytest.mark.timeout(1800)
def test_it_ends_pushed(theirs):
    assert {one["state"] for one in theirs.runs[0].values()} == {"done"}
    assert set(theirs.runs[0]) == set(specs.tasks_of(specs.documents(specs.example(NAME))[0]))
    assert (theirs.version() / "saved_model.pb").is_file()


@pytest.mark.timeout(1800)
def test_a_simulation_leaves_the_same_records_in_metadata(theirs, ours):
    left, right = records.of(theirs.metadata), records.of(ours.metadata)  # of the first run each
    assert set(left) == set(right)
    for task, told in left.items():
        assert told == right[task], task


def test_it_leaves_the_same_objects(theirs, ours):
    found = records.files(theirs.objects)
    assert found == records.files(ours.objects)
    assert any(one.endswith("Trainer/model/Format-Serving/saved_model.pb") for one in found)


def test_it_pushes_the_same_weights(theirs, ours):
    left, right = (one.version() / "variables" / "variables.data-00000-of-00001" for one in (theirs, ours))
    assert left.read_bytes() == right.read_bytes()


def test_a_second_run_takes_from_kubeflows_cache_what_another_bound_does_not_change(theirs):
    states = {name: one["state"] for name, one in theirs.runs[1].items()}
    assert {states[name] for name in ("ExampleGen", "StatisticsGen", "Transform", "Trainer")} == {"cached"}
    assert {states[name] for name in ("Start", "Evaluator", "Gate")} == {"done"}


def test_what_a_gate_refuses_is_not_pushed_by_kubeflow_either(theirs):
    tasks = theirs.runs[1]
    assert tasks["condition-Gate"]["state"] == "skipped"
    assert tasks["Gate"]["output"]["parameterValues"]["passed"] == 0
    assert "Pusher" not in tasks
    assert theirs.version()  # one, that of the first run
