"""What only ML Metadata tells, read when the run has ended."""

import json

import pytest

from tests.deploy_api.running import QUICK
from tests.lineage.cluster import Cluster


@pytest.fixture
def started(server, deploy, spec):
    """The id of a run that has been started."""
    return deploy(spec, "--host", server.host, "--json").json["run_id"]


def written(path, run_id, *, passed):
    """What launchers wrote of that run: the Gate's verdict, metrics, and a pushed version if it passed."""
    cluster = Cluster.at(path)
    run = cluster.run("small", run_id)
    cluster.publish(run, cluster.container(run, "Evaluator"), parameters={"graduate_metric_accuracy": 0.97})
    gate = cluster.container(run, "Gate")
    reasons = json.dumps([f"accuracy 0.97 is {'within' if passed else 'below'} its bound."])
    told = {"source": "Gate", "passed": int(passed), "reasons": reasons}
    cluster.publish(run, gate, {"verdict": [cluster.artifact("graduate.Verdict", "s3://b/gate", "verdict", told)]})
    if passed:
        pusher = cluster.container(run, "Pusher")
        pushed = {"pushed": 1, "pushed_destination": "/models/small/7", "pushed_version": "7"}
        model = cluster.artifact("tfx.PushedModel", "s3://b/pushed", "pushed_model", pushed)
        cluster.publish(run, pusher, {"pushed_model": [model]})
    return str(path)


def test_metrics_verdicts_and_the_pushed_version(server, deploy, started, tmp_path):
    store = written(tmp_path / "metadata.sqlite", started, passed=True)
    done = deploy("--follow", started, "--host", server.host, "--store", store, "--json", *QUICK)
    assert (done.code, done.json["status"]) == (0, "pushed"), done.err
    assert done.json["metrics"]["accuracy"] == 0.97
    assert done.json["pushed_to"] == "/models/small/7"
    assert done.json["verdicts"][0]["reasons"] == ["accuracy 0.97 is within its bound."]


def test_why_a_model_was_refused(server, deploy, tmp_path, spec):
    server.steer(outcome="refused")
    run_id = deploy(spec, "--host", server.host, "--json").json["run_id"]
    store = written(tmp_path / "metadata.sqlite", run_id, passed=False)
    done = deploy("--follow", run_id, "--host", server.host, "--store", store, *QUICK)
    assert done.code == 3
    assert "Gate: accuracy 0.97 is below its bound." in done.out


@pytest.mark.parametrize("store", ["/no/such/store.sqlite", "grpc://localhost:1"])
def test_a_store_that_cannot_be_read_changes_no_outcome(server, deploy, started, store):
    done = deploy("--follow", started, "--host", server.host, "--store", store, "--json", *QUICK)
    assert (done.code, done.json["status"], done.json["metrics"]) == (0, "pushed", {})
    assert "metrics and verdicts are not known" in done.err


def test_another_kubeflows_store(server, deploy, started, tmp_path):
    store = written(tmp_path / "metadata.sqlite", "somebody-elses", passed=True)
    done = deploy("--follow", started, "--host", server.host, "--store", store, "--json", *QUICK)
    assert (done.code, done.json["pushed_to"]) == (0, None)
    assert f"has no run {started}" in done.err
