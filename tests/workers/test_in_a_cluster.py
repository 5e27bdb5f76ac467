"""Workers in a small cluster: pods of a Job on machines of their own, where there may be such."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graduate.pipeline.workers import own_pod
from graduate.pipeline.workers.kubernetes_job import KubernetesJob
from tests.tensorflow import training_cases as cases
from tests.workers import network, step_pod
from tests.workers.cluster import Cluster, serve

ROOT = Path(__file__).resolve().parents[2]
OWN = own_pod.of_manifest(step_pod.manifest())
TEAM = KubernetesJob(None, None, OWN).name


class Step:
    """Runs steps in a cluster; `on` is what stands before a command on a machine, the step's own being 0."""

    def __init__(self, folder, on, gateway, address):
        self.folder = folder
        self.cluster = Cluster(lambda index: on(index + 1), {"PYTHONPATH": str(ROOT)})
        self._on, self._server = on, serve(self.cluster, gateway)
        self._api = f"http://{gateway}:{self._server.server_port}"
        pod = step_pod.manifest()
        pod["status"]["podIP"] = address
        self.cluster.objects["pods"][pod["metadata"]["name"]] = pod

    def run(self, command, told, workers, **patience):
        given = {"command": command, "told": told, "workers": workers, "scratch": "/scratch", "patience": patience}
        mounts = {"/scratch": str(self.folder / "volume"), "/minio": str(self.folder / "minio")}
        environment = {**os.environ, "GRADUATE_MOUNTS": json.dumps(mounts), "TF_CPP_MIN_LOG_LEVEL": "2"}
        words = [sys.executable, "-m", "tests.workers.cluster_step", self._api, json.dumps(given)]
        return subprocess.run(
            [*self._on(0), *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )

    def close(self):
        self._server.shutdown()
        self.cluster.close()


@pytest.fixture
def here(tmp_path):
    """Steps whose pods all run on this machine."""
    step = Step(tmp_path, lambda number: [], "127.0.0.1", "127.0.0.1")
    yield step
    step.close()


def beating(*parts):
    named = json.dumps({str(number): actions for number, actions in enumerate(parts)})
    return [sys.executable, "-m", "tests.workers.beating_member", named]


def test_the_job_is_made_anew_where_a_pod_fails_and_nothing_is_left(here):
    done = here.run(beating(["start 0", "sleep 60"], ["sleep 60"], ["sleep 1", "exit 3"]), {}, 3, restarts=1, pause_s=0)
    assert done.returncode == 1
    assert f"worker 2 ended with status 3 (pod {TEAM}-g2-1-abcde); another try did not get further" in done.stderr
    assert here.cluster.made == [TEAM, f"{TEAM}-g1", f"{TEAM}-g2"]
    assert not here.cluster.objects["jobs"]
    assert not here.cluster.objects["services"]
    assert len(here.cluster.objects["pods"]) == 1, "the step's own"


def test_what_the_service_account_may_not_do_is_said(here):
    here.cluster.forbidden.add("POST jobs")
    done = here.run(beating(["exit 0"], ["exit 0"]), {}, 2)
    assert done.returncode == 1
    assert "error: kubeflow.workers: making the workers' Job failed: cannot POST jobs" in done.stderr
    assert "hint: the step's service account needs a role that may create, get, list and delete jobs" in done.stderr
    assert not here.cluster.objects["services"]


@pytest.mark.slow
def test_a_training_goes_on_from_its_checkpoint_where_a_pod_is_killed(tmp_path, monkeypatch):
    """With which weights it ends is for `test_training_together.py`."""
    names = {f"{TEAM}-g{generation}-0.{TEAM}.kubeflow.svc": 1 for generation in (1, 2)}
    with network.machines(2, names) as found:
        if found is None:
            pytest.skip("this machine may have no network namespaces")
        step = Step(tmp_path, found.on, found.gateway, found.address(0))
        monkeypatch.setenv("DEATHS", str(tmp_path))
        try:
            uri = "minio://mlpipeline/v2/model"
            rows = tmp_path / "minio" / "mlpipeline" / "v2" / "rows"
            rows.mkdir(parents=True)
            (rows / "some").write_text("rows")
            told = {
                "inputs": {"artifacts": {"rows": {"artifacts": [{"uri": "minio://mlpipeline/v2/rows"}]}}},
                "outputs": {"artifacts": {"model": {"artifacts": [{"uri": uri}]}}},
            }
            command = [sys.executable, "-m", "tests.workers.training_member", json.dumps(told)]
            done = step.run([*command, json.dumps({"kill": [[1, 20]]})], told, 2, pause_s=0)
        finally:
            step.close()
        assert done.returncode == 0, done.stderr
        assert "worker 1 was killed by signal 9 (pod" in done.stderr
        assert len(step.cluster.made) == 3
        _, figures = cases.read(tmp_path / "minio" / "mlpipeline" / "v2" / "model" / "weights.npz")
        assert figures["resumed_from"] >= 12
