"""A config compiled for Kubeflow: the same bytes for the same input, and nothing of this machine in it."""

import json
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from graduate.pipeline.config import load
from graduate.pipeline.kubeflow import compile_config

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ASKED = ["kubeflow.image=me/graduate:1", "kubeflow.root=minio://mlpipeline/v2/artifacts"]
GUARDS = ["DataGuard", "Preflight", "GradientDiagnostics", "Gate"]


def compiled(name, *more):
    return compile_config(load(EXAMPLES / name, [*ASKED, *more]))


@pytest.fixture(scope="module")
def text():
    return compiled("digits.yaml")


@pytest.fixture(scope="module")
def spec(text):
    return next(yaml.safe_load_all(text))


def test_the_same_input_gives_the_same_bytes(text):
    assert compiled("digits.yaml") == text


def test_nothing_of_this_machine_is_in_it(text):
    for folder in (EXAMPLES.parent, Path.home(), Path.cwd()):
        assert len(folder.parts) < 2 or str(folder) + "/" not in text


def test_it_is_a_spec_by_kubeflows_own_definition(spec):
    parsed = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert parsed.schema_version == "2.1.0"
    assert parsed.default_pipeline_root == "minio://mlpipeline/v2/artifacts"
    assert len(parsed.deployment_spec["executors"]) == 15
    assert {one["container"]["image"] for one in spec["deploymentSpec"]["executors"].values()} == {"me/graduate:1"}


def test_each_verdict_guards_what_comes_after_it(spec):
    tasks = spec["root"]["dag"]["tasks"]
    for guard in GUARDS:
        name = f"condition-{guard}"
        assert guard in tasks
        assert f"{guard}-passed" in tasks[name]["triggerPolicy"]["condition"]
        tasks = spec["components"][f"comp-{name}"]["dag"]["tasks"]
    assert list(tasks) == ["Pusher"]


def test_every_input_of_a_task_is_declared_and_comes_from_somewhere(spec):
    components = spec["components"]
    for dag in (spec["root"], *(one for one in components.values() if "dag" in one)):
        tasks, outside = dag["dag"]["tasks"], dag.get("inputDefinitions", {})
        for task in tasks.values():
            declared = components[task["componentRef"]["name"]].get("inputDefinitions", {})
            for kind in ("artifacts", "parameters"):
                given = task.get("inputs", {}).get(kind, {})
                assert set(given) == set(declared.get(kind, {}))
                for way in given.values():
                    for by in ("componentInputArtifact", "componentInputParameter"):
                        assert by not in way or way[by] in outside[kind]
                    for by in ("taskOutputArtifact", "taskOutputParameter"):
                        assert by not in way or way[by]["producerTask"] in task["dependentTasks"]


def test_no_parameter_is_longer_than_kubeflow_takes(spec):
    for name, one in spec["root"]["inputDefinitions"]["parameters"].items():
        assert len(str(one["defaultValue"])) <= 10_000, name


def test_a_run_finds_out_in_the_cluster_what_may_have_changed(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks["Start"]["cachingOptions"] == {}
    digest = {"taskOutputParameter": {"outputParameterKey": "digest", "producerTask": "Start"}}
    assert tasks["ExampleGen"]["inputs"]["parameters"]["digest"] == digest


def test_data_in_an_object_store_are_imported_by_a_parameter():
    text = compiled("digits.yaml", "data.images=s3://bucket/digits", "schema=null")
    spec = next(yaml.safe_load_all(text))
    assert spec["root"]["inputDefinitions"]["parameters"]["data_uri"]["defaultValue"] == "s3://bucket/digits"
    assert "s3://bucket/digits" not in json.dumps(spec["deploymentSpec"]["executors"]["exec-ExampleGen"])
    for task in ("Start", "ExampleGen"):
        made = spec["root"]["dag"]["tasks"][task]["inputs"]["artifacts"]["data"]
        assert made == {"taskOutputArtifact": {"outputArtifactKey": "data", "producerTask": "Data"}}


def test_what_people_may_change_is_no_part_of_what_others_obey(spec):
    takers = [
        name
        for name, one in spec["components"].items()
        if "set_training_learning_rate" in one.get("inputDefinitions", {}).get("parameters", {})
    ]
    assert sorted(takers) == ["comp-Preflight", "comp-Pusher", "comp-Trainer"]
    facts = [name for name in spec["root"]["inputDefinitions"]["parameters"] if name.startswith("graduate_")]
    assert {"graduate_config", "graduate_name", "graduate_version", "graduate_changeable"} <= set(facts)
    taken = json.dumps(spec["root"]["dag"]["tasks"]) + json.dumps(spec["components"])
    assert not [name for name in facts if f'"componentInputParameter": "{name}"' in taken]
