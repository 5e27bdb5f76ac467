"""Specs as Kubeflow's SDK and the published definitions of both documents read them."""

import copy

import pytest
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes
from kfp.pipeline_spec import pipeline_spec_pb2 as published

from tests.kubeflow import specs


@pytest.mark.parametrize("name", specs.NAMES)
def test_every_example_is_read_by_the_sdk(name):
    spec, platform = specs.documents(specs.example(name))
    loaded = components.load_component_from_text(specs.text(spec))
    assert loaded.pipeline_spec.pipeline_info.name == spec["pipelineInfo"]["name"]
    assert set(loaded.component_spec.inputs) == set(spec["root"]["inputDefinitions"]["parameters"])
    read = json_format.ParseDict(spec, published.PipelineSpec())
    json_format.ParseDict(spec["deploymentSpec"], published.PipelineDeploymentConfig())
    assert read.schema_version == "2.1.0"
    for executor in executors(platform).values():
        json_format.ParseDict(executor, kubernetes.KubernetesExecutorConfig())


def executors(platform):
    return platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


ALL = (
    "kubeflow.node_selector={disk: fast}",
    "kubeflow.tolerations=[{key: gpu, operator: Exists, effect: NoSchedule}]",
    "kubeflow.secrets=[{name: store, env: {key: STORE_KEY}, mount: /secrets}]",
    "kubeflow.volumes=[{claim: rows, mount: /rows}]",
    "kubeflow.retries=2",
    "kubeflow.memory=4Gi",
    "kubeflow.cpu=2",
    "kubeflow.nodes={Trainer: {accelerator: {count: 1}}}",
)


def test_so_is_everything_that_a_config_can_ask_of_a_cluster():
    spec, platform = specs.documents(specs.example("digits.yaml", *ALL))
    components.load_component_from_text(specs.text(spec))
    deployed = json_format.ParseDict(spec["deploymentSpec"], published.PipelineDeploymentConfig())
    trainer = deployed.executors["exec-Trainer"].container.resources
    assert (trainer.accelerator.type, trainer.accelerator.count) == ("nvidia.com/gpu", 1)
    assert trainer.cpu_limit == 2
    read = json_format.ParseDict(executors(platform)["exec-Trainer"], kubernetes.KubernetesExecutorConfig())
    assert dict(read.node_selector.labels) == {"disk": "fast"}
    assert [one.operator for one in read.tolerations] == ["Exists"]
    assert read.secret_as_env[0].key_to_env[0].env_var == "STORE_KEY"
    assert read.secret_as_volume[0].mount_path == "/secrets"
    assert [one.constant for one in read.pvc_mount] == ["rows"]


def test_an_unknown_field_of_a_cluster_is_refused():
    _, platform = specs.documents(specs.example("digits.yaml", *ALL))
    executor = copy.deepcopy(executors(platform)["exec-Trainer"])
    executor["tolerations"][0]["keys"] = "gpu"
    with pytest.raises(json_format.ParseError, match="keys"):
        json_format.ParseDict(executor, kubernetes.KubernetesExecutorConfig())
