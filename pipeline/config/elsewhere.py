"""The groups of a config that say where its work is done: on Kubeflow, and by which engine Beam computes.

No node obeys them: the same data, code and settings give the same model wherever they are run.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from graduate.pipeline.config.groups import Group, Positive, Switch


class SecretConfig(Group):
    """A Kubernetes secret, as environment variables or as files. Only its name and its keys are ever written down."""

    name: str = Field(description="the secret's name")
    env: dict[str, str] = Field(default_factory=dict, description="{key of the secret: environment variable}")
    mount: str | None = Field(default=None, description="a folder of the container in which its keys are files")


class VolumeConfig(Group):
    """A persistent volume claim, mounted into containers."""

    claim: str = Field(description="the claim's name")
    mount: str = Field(pattern="^/", description="a folder of the container", examples=["/models"])


class TolerationConfig(Group):
    """A toleration of Kubernetes."""

    key: str | None = Field(default=None, description="the taint's key; all of them if left out")
    operator: Literal["Equal", "Exists"] = Field(default="Equal", description="how key and value are compared")
    value: str | None = Field(default=None, description="the taint's value")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="the taint's effect; all of them if left out"
    )


class AcceleratorConfig(Group):
    """Accelerators of a container."""

    type: str = Field(default="nvidia.com/gpu", description="the resource's name in Kubernetes")
    count: Positive = Field(default=1, description="how many")


class StepConfig(Group):
    """What the container of a node gets from the cluster. What is not given is the cluster's default."""

    cpu: Annotated[float, Field(gt=0)] | None = Field(default=None, description="CPU cores: request and limit")
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(M|G|T|Mi|Gi|Ti)$")] | None = Field(
        default=None, description="memory: request and limit", examples=["4Gi"]
    )
    accelerator: AcceleratorConfig | None = Field(default=None, description="GPUs and the like")
    node_selector: dict[str, str] = Field(default_factory=dict, description="labels a cluster node must have")
    tolerations: list[TolerationConfig] = Field(default_factory=list, description="taints that are tolerated")
    secrets: list[SecretConfig] = Field(default_factory=list, description="secrets, by name")
    volumes: list[VolumeConfig] = Field(default_factory=list, description="persistent volume claims")
    env: dict[str, str] = Field(
        default_factory=dict, description="environment variables; they are written in the spec: no secrets"
    )
    retries: Annotated[int, Field(ge=0, le=20)] | None = Field(default=None, description="times a failed step is tried")
    cache: Switch | None = Field(default=None, description="whether an equal step of an earlier run is taken instead")


class KServeConfig(Group):
    """A KServe InferenceService that serves what is pushed."""

    name: Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")] | None = Field(
        default=None, description="the InferenceService's name; default: the pipeline's"
    )
    namespace: str | None = Field(default=None, description="its namespace; default: the one of the run")
    apply: Switch = Field(
        default=False,
        description="the Pusher applies the manifest and waits until the new version answers; otherwise it is written "
        "beside the model",
    )
    timeout_s: Positive = Field(default=600, description="seconds that a roll-out may take")
    service_account: str | None = Field(default=None, description="which reads the models from an object store")
    min_replicas: Annotated[int, Field(ge=0)] = Field(default=1, description="replicas at least")
    cpu: Annotated[float, Field(gt=0)] | None = Field(default=None, description="CPU cores of a replica")
    memory: str | None = Field(default=None, description="memory of a replica", examples=["2Gi"])


class KubeflowConfig(StepConfig):
    """How `graduate compile` and `graduate deploy` run this pipeline on Kubeflow. What is said of a container here
    holds for every node; `nodes` says it of one."""

    image: str | None = Field(default=None, description="the container image that runs every node", examples=["me/g:1"])
    root: str | None = Field(
        default=None,
        description="where artifacts lie: s3://, minio:// or gs://bucket/folder; a local folder for simulation alone",
        examples=["minio://mlpipeline/v2/artifacts"],
    )
    project: str = Field(
        default="/project",
        pattern="^/",
        description="where the image holds the folder of this config, with the Python files and the data it names",
    )
    carries: list[str] = Field(
        default_factory=list,
        description="data on this machine that the image holds too, at the same place below the config's folder",
        examples=[["pets"]],
    )
    push_to: str | None = Field(
        default=None,
        description="folder of pushed versions: on a mounted volume, and absolute; default /models/NAME",
        examples=["/models/digits"],
    )
    nodes: dict[str, StepConfig] = Field(
        default_factory=dict,
        description="node to what its container gets instead",
        examples=[{"Trainer": {"memory": "16Gi", "accelerator": {"count": 1}}}],
    )
    parameters: list[str] = Field(
        default_factory=list,
        description="keys of this config that Kubeflow's page lets people change, besides the learning rate, the "
        "data's place and the bounds",
        examples=[["training.steps", "training.batch_size"]],
    )
    scratch: str = Field(
        default="/tmp/graduate",
        pattern="^/",
        description="a folder of the container for checkpoints and caches; on a mounted volume, a step that is tried "
        "again goes on where it was, which several workers need",
    )
    workers: Positive = Field(default=1, description="machines that the Trainer trains on together")
    kserve: KServeConfig | None = Field(default=None, description="serve what is pushed by KServe")


class BeamConfig(Group):
    """Which engine computes what Beam computes: rows read, statistics, Transform, the evaluation."""

    runner: Literal["direct", "flink", "spark", "dataflow", "portable"] = Field(
        default="direct",
        description="direct: this machine; flink, spark: their clusters by Beam's portable runners; dataflow: "
        "Google's; portable: any job server",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Beam's pipeline options, by their names without dashes",
        examples=[{"flink_master": "localhost:8081", "parallelism": 2}],
    )
