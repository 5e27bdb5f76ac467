"""A config, from its YAML to a run: compiled on the way."""

from pathlib import Path

import pytest

from tests.deploy_api.running import QUICK

DIGITS = str(Path(__file__).parents[2] / "examples/digits.yaml")
WHERE = ("--image", "registry.example/g:1", "--root", "minio://mlpipeline/v2/artifacts")


@pytest.mark.slow
def test_an_example_is_compiled_uploaded_run_and_pushed(server, deploy):
    """KFP's own message types read what is uploaded; the order and the conditions are those of the DAG."""
    rate = ("--param", "training.learning_rate=0.002")
    done = deploy(DIGITS, "--host", server.host, *WHERE, *rate, "--wait", "--json", *QUICK, timeout=400)
    assert (done.code, done.json["status"]) == (0, "pushed"), done.err
    nodes = [node["node"] for node in done.json["nodes"]]
    assert nodes.index("ExampleGen") < nodes.index("Transform") < nodes.index("Trainer") < nodes.index("Gate")
    assert nodes[-1] == "Pusher"
    sources = [verdict["source"] for verdict in done.json["verdicts"]]
    assert sources == ["DataGuard", "Preflight", "GradientDiagnostics", "Gate"]
    assert "WARNING" not in done.err
    (created,) = [one["body"] for one in server.seen() if one["operation"] == "run_service_create_run"]
    assert created["runtime_config"]["parameters"] == {"training_learning_rate": 0.002}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "kubeflow.root is missing"),
        (["--image", "g:1", "--root", "/tmp/artifacts"], "kubeflow.root is /tmp/artifacts"),
        (["--root", "s3://b/k"], "kubeflow.image"),
        ([*WHERE, "--set", "training.stepz=1"], "training.stepz"),
    ],
)
def test_what_is_wrong_with_a_config_is_said_before_anybody_is_asked(deploy, words, said):
    done = deploy(DIGITS, "--host", "http://localhost:1", *words)
    assert done.code == 2
    assert said in done.err
    assert "contacting" not in done.err


def test_a_config_that_is_not_there(deploy):
    done = deploy("no-such.yaml", "--host", "http://localhost:1")
    assert (done.code, "no-such.yaml" in done.err) == (2, True)
