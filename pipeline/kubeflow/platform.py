"""What a container gets from the cluster: resources in the spec itself, the rest in its second document.

Kubeflow's spec knows no node selectors, tolerations, secrets and volumes; a document `platforms.kubernetes` beside it
does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduate.pipeline.config.elsewhere import KubeflowConfig, SecretConfig, StepConfig, TolerationConfig, VolumeConfig

MODELS = VolumeConfig(claim="graduate-models", mount="/models")
_KEEPING = ("Start", "LastGraduate", "Pusher")  # tasks that read or write pushed versions
_GIGABYTES = {"M": 1e6 / 1e9, "G": 1.0, "T": 1e3, "Mi": 2**20 / 1e9, "Gi": 2**30 / 1e9, "Ti": 2**40 / 1e9}


def step_of(config: KubeflowConfig, node: str) -> StepConfig:
    """What the config says of one node's container: its own over what holds for all, key by key."""
    general = {name: getattr(config, name) for name in StepConfig.model_fields}
    own = config.nodes.get(node)
    if own is not None:
        general |= {name: getattr(own, name) for name in own.model_fields_set}
    return StepConfig(**general)


def resources(step: StepConfig) -> dict[str, Any]:
    """CPU, memory and accelerators, as a container's spec has them; requested and no more than that."""
    found: dict[str, Any] = {}
    if step.cpu is not None:
        found |= {"cpuLimit": step.cpu, "cpuRequest": step.cpu}
        found |= {"resourceCpuLimit": f"{step.cpu:g}", "resourceCpuRequest": f"{step.cpu:g}"}
    if step.memory is not None:
        amount = gigabytes(step.memory)
        found |= {"memoryLimit": amount, "memoryRequest": amount}
        found |= {"resourceMemoryLimit": step.memory, "resourceMemoryRequest": step.memory}
    if step.accelerator is not None:
        kind, count = step.accelerator.type, str(step.accelerator.count)
        found["accelerator"] = {"count": count, "type": kind, "resourceCount": count, "resourceType": kind}
    return found


def gigabytes(memory: str) -> float:
    """`4Gi` in units of 10⁹ bytes, which the spec's older fields have."""
    unit = memory.lstrip("0123456789.")
    return float(memory.removesuffix(unit)) * _GIGABYTES[unit]


def executor(config: KubeflowConfig, node: str, push_to: str) -> dict[str, Any]:
    """The entry of a node's executor in the platform document; {} where there is nothing to say."""
    step = step_of(config, node)
    found: dict[str, Any] = {}
    if step.node_selector:
        found["nodeSelector"] = {"labels": dict(sorted(step.node_selector.items()))}
    if step.tolerations:
        found["tolerations"] = [_toleration(one) for one in step.tolerations]
    if as_env := [_as_env(one) for one in step.secrets if one.env]:
        found["secretAsEnv"] = as_env
    if as_files := [{"mountPath": one.mount, "secretName": one.name} for one in step.secrets if one.mount]:
        found["secretAsVolume"] = as_files
    if volumes := volumes_of(config, node, push_to):
        found["pvcMount"] = [{"constant": one.claim, "mountPath": one.mount} for one in volumes]
    return found


def volumes_of(config: KubeflowConfig, node: str, push_to: str) -> list[VolumeConfig]:
    """A node's volumes. Pushed versions have the claim that `deploy/kustomize` makes, unless another is said."""
    given = list(step_of(config, node).volumes)
    keeping = node in _KEEPING and not any(covers(one, push_to) for one in given) and covers(MODELS, push_to)
    return [*given, MODELS] if keeping else given


def covers(volume: VolumeConfig, path: str) -> bool:
    """Whether a path lies on a volume."""
    return path == volume.mount or path.startswith(volume.mount.rstrip("/") + "/")


def _toleration(one: TolerationConfig) -> dict[str, Any]:
    return {key: value for key, value in one.model_dump().items() if value is not None}


def _as_env(secret: SecretConfig) -> dict[str, Any]:
    pairs: Mapping[str, str] = secret.env
    keys = [{"envVar": variable, "secretKey": key} for key, variable in sorted(pairs.items())]
    return {"keyToEnv": keys, "secretName": secret.name}
