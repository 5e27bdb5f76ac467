"""What the API server of Kubeflow says of a file that is uploaded, and the Argo Workflow that it makes of a run."""

import pytest

from tests.kubeflow import sdk_spec, specs

WORKFLOW, ARGUMENT = 1.5 * 2**20, 128 * 2**10  # bytes that Kubernetes and Linux take


def test_a_spec_of_the_sdk_is_taken(kubeflow):
    found = kubeflow.upload(specs.text(*sdk_spec.documents()))
    assert found.get("error") is None
    assert found["name"] == "by-the-sdk"
    assert found["placed"] == ["exec-ship"]
    templates = [one["name"] for one in found["workflow"]["spec"]["templates"]]
    assert "comp-condition-1" in templates


@pytest.mark.parametrize("name", specs.NAMES)
def test_every_example_is_taken_and_is_small_enough(kubeflow, name):
    spec = specs.example(name)
    found = kubeflow.upload(spec)
    assert found.get("error") is None
    pipeline = specs.documents(spec)[0]
    assert found["name"] == pipeline["pipelineInfo"]["name"]
    assert set(found["placed"]) >= {"exec-Pusher"}, "pushed versions lie on a volume"
    boxes = {task["componentRef"]["name"] for task in specs.tasks_of(pipeline).values() if "triggerPolicy" in task}
    assert boxes <= {one["name"] for one in found["workflow"]["spec"]["templates"]}
    assert found["bytes"] < WORKFLOW
    assert found["longest"] < ARGUMENT


def test_parameters_of_a_run_are_checked_by_their_types(kubeflow):
    spec = specs.example("digits.yaml")
    assert kubeflow.upload(spec, training_learning_rate=0.01).get("error") is None
    assert "training_learning_rate" in kubeflow.upload(spec, training_learning_rate="fast")["error"]
    assert "no_such_parameter" in kubeflow.upload(spec, no_such_parameter=1)["error"]


def _resolver(spec, platform):
    spec["deploymentSpec"]["executors"]["exec-judge"] = {"resolver": {"outputArtifactQueries": {}}}


def _older(spec, platform):
    spec["schemaVersion"] = "2.0.0"


def _no_component(spec, platform):
    del spec["components"]["comp-judge"]


def _no_executor(spec, platform):
    del spec["deploymentSpec"]["executors"]["exec-judge"]


def _unknown_field(spec, platform):
    spec["root"]["dag"]["tasks"]["judge"]["retries"] = 3


def _unknown_platform_field(spec, platform):
    executor = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-ship"]
    executor["nodeSelectors"] = executor.pop("nodeSelector")


def _no_name(spec, platform):
    spec["pipelineInfo"]["name"] = ""


BROKEN = {
    _resolver: "non-container and non-importer executor not implemented",
    _older: "2.0.0",
    _no_component: "comp-judge",
    _no_executor: "exec-judge",
    _unknown_field: "pipeline spec is invalid",
    _unknown_platform_field: "nodeSelectors",
    _no_name: "pipeline spec is invalid",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__.strip("_"))
def test_a_broken_spec_is_refused(kubeflow, broken):
    spec, platform = sdk_spec.documents()
    broken(spec, platform)
    assert BROKEN[broken] in kubeflow.upload(specs.text(spec, platform))["error"]
