"""What changes the key under which Kubeflow keeps a task's results: the data, not the run that found them."""

import copy

import pytest

from tests.kubeflow import specs

DIGESTS = {"digest": "8f14e45f", "other": "c9f0f895"}


def task_of(spec, name):
    """A task's container, and the inputs and outputs that it would get in a run."""
    task, component = specs.tasks_of(spec)[name], spec["components"][f"comp-{name}"]
    root = spec["root"]["inputDefinitions"]["parameters"]
    values = {}
    for key, source in task["inputs"].get("parameters", {}).items():
        if "runtimeValue" in source:
            values[key] = source["runtimeValue"]["constant"]
        elif source.get("componentInputParameter") in root:
            values[key] = root[source["componentInputParameter"]]["defaultValue"]
        else:
            values[key] = DIGESTS.get(key, "")
    artifacts = {
        key: {"artifacts": [{"name": f"uri-digest-of-{key}", "type": told["artifactType"]}]}
        for key, told in component["inputDefinitions"].get("artifacts", {}).items()
    }
    made = {
        key: {"artifacts": [{"uri": f"minio://bucket/{key}", "type": told["artifactType"]}]}
        for key, told in component["outputDefinitions"].get("artifacts", {}).items()
    }
    container = spec["deploymentSpec"]["executors"][f"exec-{name}"]["container"]
    return container, {"parameterValues": values, "artifacts": artifacts}, {"artifacts": made}


@pytest.fixture(scope="module")
def spec():
    return specs.documents(specs.example("digits.yaml"))[0]


def test_other_data_at_the_same_place_have_another_key(kubeflow, spec):
    container, inputs, outputs = task_of(spec, "ExampleGen")
    assert inputs["parameterValues"]["digest"] == DIGESTS["digest"]
    first = kubeflow.cache_key(container, inputs, outputs)
    assert kubeflow.cache_key(container, inputs, outputs) == first
    inputs["parameterValues"]["digest"] = DIGESTS["other"]
    assert kubeflow.cache_key(container, inputs, outputs) != first


def test_the_task_that_looks_at_the_data_is_never_taken_from_a_cache(spec):
    producer = specs.tasks_of(spec)["ExampleGen"]["inputs"]["parameters"]["digest"]["taskOutputParameter"]
    assert not (specs.tasks_of(spec)[producer["producerTask"]].get("cachingOptions") or {}).get("enableCache")


def test_a_fact_about_the_run_changes_no_key(kubeflow, spec):
    told = copy.deepcopy(spec)
    facts = told["root"]["inputDefinitions"]["parameters"]
    recorded = [name for name in facts if name.startswith("graduate_") and name != "graduate_facts"]
    assert recorded
    for name in recorded:
        facts[name]["defaultValue"] = "something else"
    cached = [
        name for name, one in specs.tasks_of(spec).items() if (one.get("cachingOptions") or {}).get("enableCache")
    ]
    assert set(cached) >= {"ExampleGen", "Transform", "Trainer", "Evaluator"}
    for name in cached:
        assert kubeflow.cache_key(*task_of(told, name)) == kubeflow.cache_key(*task_of(spec, name)), name


def test_another_learning_rate_is_another_training_and_the_same_transformation(kubeflow, spec):
    told = copy.deepcopy(spec)
    told["root"]["inputDefinitions"]["parameters"]["training_learning_rate"]["defaultValue"] = 0.01
    assert kubeflow.cache_key(*task_of(told, "Trainer")) != kubeflow.cache_key(*task_of(spec, "Trainer"))
    assert kubeflow.cache_key(*task_of(told, "Transform")) == kubeflow.cache_key(*task_of(spec, "Transform"))
