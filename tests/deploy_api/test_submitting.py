"""What is made on the server, and what is there already: nothing is made twice."""

import subprocess
import sys

import pytest

from tests.deploy_api import small
from tests.deploy_api.running import QUICK, environment


def made(server):
    """The names of the operations that made or changed something, in order."""
    reading = ("_list_", "_get_")
    return [one["operation"] for one in server.seen() if not any(word in one["operation"] for word in reading)]


FIRST = [
    "experiment_service_create_experiment",
    "pipeline_service_create_pipeline",
    "upload_pipeline_version",
    "run_service_create_run",
]


def test_the_same_bytes_are_uploaded_once(server, deploy, spec):
    first = deploy(spec, "--host", server.host, "--json")
    second = deploy(spec, "--host", server.host, "--json")
    assert made(server) == [*FIRST, "run_service_create_run"]
    assert (first.json["version_id"], first.json["uploaded"]) == (second.json["version_id"], True)
    assert second.json["uploaded"] is False
    assert first.json["run_id"] != second.json["run_id"]
    assert "which is there already" in second.err


def test_other_bytes_are_another_version_of_the_same_pipeline(server, deploy, spec, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(small.spec(note="changed"), encoding="utf-8")
    first, second = (deploy(path, "--host", server.host, "--json").json for path in (spec, str(other)))
    assert first["pipeline_id"] == second["pipeline_id"]
    assert first["version"] != second["version"]
    assert first["experiment_id"] == second["experiment_id"]


def test_whoever_was_quicker_made_it(server, deploy, spec):
    """Two at once: between looking and making somebody else makes it, and the server answers 409."""
    deploy(spec, "--host", server.host)
    empty = {"how": "answer", "status": 200, "body": {}}
    lists = ("experiment_service_list_experiments", "pipeline_service_list_pipelines")
    lists += ("pipeline_service_list_pipeline_versions",)
    server.steer(faults=[{"operation": operation, **empty} for operation in lists])
    done = deploy(spec, "--host", server.host, "--json")
    assert done.code == 0, done.err
    assert done.json["uploaded"] is False
    assert made(server).count("run_service_create_run") == 2


@pytest.mark.parametrize("operation", FIRST)
def test_a_request_that_was_heard_but_not_answered_makes_one_thing(server, deploy, spec, operation):
    server.steer(faults=[{"operation": operation, "how": "drop_after"}])
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK)
    assert (done.code, done.json["status"]) == (0, "pushed")
    assert made(server) == FIRST


@pytest.mark.parametrize("operation", FIRST)
def test_a_server_in_trouble_is_asked_again(server, deploy, spec, operation):
    server.steer(faults=[{"operation": operation, "how": "answer", "status": 503, "times": 2}])
    done = deploy(spec, "--host", server.host, "--json")
    assert done.code == 0, done.err
    assert made(server).count(operation) == 3
    assert "it answers 503: in trouble; again in 0.5 s" in done.err


def test_a_server_that_asks_for_a_while_gets_it(server, deploy, spec):
    busy = {"how": "answer", "status": 429, "headers": {"Retry-After": "1"}}
    server.steer(faults=[{"operation": "pipeline_service_list_pipelines", **busy}])
    done = deploy(spec, "--host", server.host)
    assert done.code == 0
    assert "it answers 429: in trouble; again in 1 s" in done.err


def test_a_server_that_stays_in_trouble_is_given_up(server, deploy, spec):
    server.steer(faults=[{"operation": "upload_pipeline_version", "how": "answer", "status": 500, "times": 99}])
    done = deploy(spec, "--host", server.host, "--json")
    assert done.code == 1
    assert "could not upload the pipeline small: it answers 500: in trouble" in done.err
    assert (done.json["status"], done.json["run_id"]) == ("failed", None)
    assert "it answers 500" in done.json["error"]["message"]


def test_a_spec_that_the_server_refuses_is_told_in_its_words(server, deploy, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(small.spec().replace("deploymentSpec:\n  executors:", "deploymentSpek:\n  executors:", 1))
    done = deploy(str(path), "--host", server.host)
    assert done.code == 1
    assert "refuses to upload the pipeline small: it answers 400: invalid pipeline spec" in done.err


def test_parameters_reach_the_run_in_their_types(server, deploy, spec):
    words = ("--param", "training.learning_rate=0.5", "--param", "training_steps=10")
    done = deploy(spec, "--host", server.host, "--json", *words)
    assert done.code == 0, done.err
    (created,) = [one for one in server.seen() if one["operation"] == "run_service_create_run"]
    assert created["body"]["runtime_config"]["parameters"] == {"training_learning_rate": 0.5, "training_steps": 10}


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ("training.learning_rat=1", "did you mean training_learning_rate?"),
        ("training.steps=1.5", "training.steps=1.5 is no whole number"),
        ("graduate_name=x", "it tells what was compiled, and is not for changing"),
        ("training.steps", "is no KEY=VALUE"),
    ],
)
def test_a_wrong_parameter_is_a_bad_command(server, deploy, spec, param, said):
    done = deploy(spec, "--host", server.host, "--param", param)
    assert done.code == 2
    assert said in done.err
    assert made(server) == []


def test_run_and_pods_are_as_the_options_say(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--experiment", "trials", "--service-account", "trainer", "--json")
    bodies = {one["operation"]: one.get("body") for one in server.seen()}
    assert bodies["experiment_service_create_experiment"]["display_name"] == "trials"
    run = bodies["run_service_create_run"]
    assert run["service_account"] == "trainer"
    assert run["pipeline_version_reference"] == {
        "pipeline_id": done.json["pipeline_id"],
        "pipeline_version_id": done.json["version_id"],
    }


def test_two_at_the_same_moment_share_everything_but_the_run(server, spec, tmp_path):
    words = [sys.executable, "-m", "graduate.pipeline.cli", "deploy", spec, "--host", server.host]
    both = [subprocess.Popen(words, env=environment(tmp_path), stderr=subprocess.PIPE) for _ in range(2)]
    assert [one.wait(timeout=90) for one in both] == [0, 0]
    for one in both:
        one.stderr.close()
    operations = [one["operation"] for one in server.seen() if one.get("status") == 200]
    assert [operations.count(operation) for operation in FIRST] == [1, 1, 1, 2]
