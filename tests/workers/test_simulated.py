"""A whole pipeline whose Trainer is two workers, from its config to the pushed model; one of them is killed."""

import json
import os
import signal

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import wait_for

KUBEFLOW = {
    "image": "registry/tiny:1",
    "root": "minio://mlpipeline/v2/artifacts",
    "carries": ["images"],
    "workers": 2,
    "scratch": "/scratch",
    "volumes": [{"claim": "scratch", "mount": "/scratch"}],
}


@pytest.mark.slow
def test_a_simulated_pipeline_of_two_workers_of_which_one_is_killed_ends_pushed(tmp_path):
    with made(tmp_path / "project") as project:
        project.write_config(
            kubeflow=KUBEFLOW,
            training={"steps": 3000, "checkpoint_every": 200},
            diagnostics={"during_training": "off"},
            preflight=False,
            serving={"check": False},
        )
        compiled = project.graduate("compile", "tiny.yaml", "-o", "tiny.kubeflow.yaml")
        assert compiled.code == 0, compiled.err
        process = project.start("simulate", "tiny.kubeflow.yaml", "--json", "--workdir", "sim")
        started: list[int] = []

        def trains():
            for beat in (project.folder / "sim").glob("volumes/scratch/workers/*/beats/1/worker-1.json"):
                told = json.loads(beat.read_text())
                if told["state"] == "training" and told["step"] >= 400:
                    started.append(told["pid"])
            return bool(started)

        wait_for(trains, process)
        os.kill(started[0], signal.SIGKILL)
        out, err = process.communicate(timeout=400)
        assert process.returncode == 0, err
        result = json.loads(out.splitlines()[-1])
        assert result["status"] == "pushed"
        (told,) = (project.folder / "sim").rglob("training.json")
        training = json.loads(told.read_text())
        assert training["device"] == "2 workers of 1 × CPU"
        assert training["resumed_from"] >= 200
        assert [one["worker"] for one in training["workers"]] == [0, 1]
        assert not list((project.folder / "sim").glob("volumes/scratch/workers/*"))
