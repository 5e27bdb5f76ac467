"""A compiled pipeline, run to a pushed model by Kubeflow's own driver and launcher; and `graduate simulate` beside it.

What is not Kubeflow's: the order of tasks (on a cluster Argo's) and the object store, which is in memory.
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
    """What one of the two left: its tasks' answers, its metadata, its objects, its pushed versions."""

    tasks: dict[str, dict]
    metadata: Path
    objects: Path
    models: Path

    def version(self) -> Path:
        (found,) = (one for one in self.models.iterdir() if one.name.isdecimal())
        return found


def by_kubeflow(kubeflow, folder, spec):
    places = {name: folder / name for name in ("root", "models", "objects")}
    for place in places.values():
        place.mkdir(parents=True)
    with metadata_server.double(folder / "metadata.sqlite") as server:
        question = {"spec": spec, "root": specs.WHERE["root"], "kept": "/kept", "metadata": f"127.0.0.1:{server.port}"}
        mounts = {"/project": specs.EXAMPLES, "/models": places["models"], "/kept": places["objects"]}
        found = pods.run(kubeflow, question, places["root"], mounts)
    assert "error" not in found, f"{found['error']}\n{found['said'][-3000:]}"
    tasks = {one["task"]: one for one in found["tasks"]}
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
    return Ran({}, work / "metadata.sqlite", work / "objects" / "minio", models)


@pytest.fixture(scope="module")
def theirs(kubeflow, tmp_path_factory):
    return by_kubeflow(kubeflow, tmp_path_factory.mktemp("kubeflow"), specs.example(NAME))


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    return simulated(tmp_path_factory.mktemp("simulated") / "here", specs.example(NAME))


@pytest.mark.timeout(1800)
def test_it_ends_pushed(theirs):
    assert {one["state"] for one in theirs.tasks.values()} == {"done"}
    assert set(theirs.tasks) == set(specs.tasks_of(specs.documents(specs.example(NAME))[0]))
    assert (theirs.version() / "saved_model.pb").is_file()


@pytest.mark.timeout(1800)
def test_a_simulation_leaves_the_same_records_in_metadata(theirs, ours):
    left, right = records.of(theirs.metadata), records.of(ours.metadata)
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


@pytest.mark.timeout(1800)
def test_what_a_gate_refuses_is_not_pushed_by_kubeflow_either(kubeflow, tmp_path):
    ran = by_kubeflow(kubeflow, tmp_path / "run", specs.example(NAME, "evaluation.bounds.mae.at_most=0.0"))
    assert ran.tasks["condition-Gate"]["state"] == "skipped"
    assert ran.tasks["Gate"]["output"]["parameterValues"]["passed"] == 0
    assert "Pusher" not in ran.tasks
    assert not ran.models.exists()
