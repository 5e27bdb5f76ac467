"""A pod as a step finds it: folders where a container has mounts, an environment of its own, a command without gaps.

A step of Graduate's is told by GRADUATE_MOUNTS where its container's folders lie on this machine, and sees besides what
it sees on a cluster. Any other program cannot know of that variable: it is handed the paths on this machine instead.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.pipeline.kubeflow import places
from graduate.pipeline.simulate import driver, values
from graduate.pipeline.simulate.spec import Component, Spec

WORKERS = "GRADUATE_WORKERS"
STEP = "graduate.pipeline.runners.kubeflow_step"
PROJECT, MODELS, SCRATCH = "/project", "/models", "/tmp/graduate"
_STORES = ("/minio", "/s3", "/gcs")
_OWN = (driver.LOCAL_OUTPUTS, "/tmp/kfp")  # of the launcher
# Of the machine, not of the person: where programs and the GPU's libraries are
_OF_THE_MACHINE = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "TZ")
_OF_THE_PROCESSOR = ("OPENBLAS_", "OMP_", "MKL_")


@dataclass(frozen=True)
class Places:
    """What all pods of a simulation share.

    Attributes:
        project: the folder that the image holds at `kubeflow.project`.
        volumes: that has a folder for each persistent volume claim.
        secrets: that has a folder for each secret, with a file for each key.
    """

    project: Path
    volumes: Path
    secrets: Path


@dataclass
class Pod:
    """One try of one container.

    Attributes:
        folder: its own folder, empty at first.
        mounts: {path in the container: path on this machine}.
        is_step: whether its program reads GRADUATE_MOUNTS.
        environment: all of it.
    """

    folder: Path
    mounts: dict[str, str]
    is_step: bool
    environment: dict[str, str]
    name: str
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def local(self, path: str) -> Path:
        """Where a path of the container lies on this machine."""
        return Path(places.Mounts(self.mounts).local(path))

    def command(self, component: Component, executor_input: Mapping[str, Any]) -> list[str]:
        """The container's command and arguments as the launcher fills them in.

        Args:
            component: with the container.
            executor_input: as the driver made it, without defaults.
        """
        told = self._told(_with_defaults(executor_input, component))
        whole = values.dumps(told)
        fillings = dict(self._fillings(told))
        first, *rest = _words(component)
        words = [first.replace("{{$}}", whole), *(_filled(word, whole, fillings) for word in rest)]
        if words[0] in ("python", "python3"):
            words[0] = sys.executable
        return words

    def prepare(self, executor_input: Mapping[str, Any]) -> None:
        """Make the folders that the launcher makes: those that outputs lie in, not the outputs themselves."""
        for path in (self.folder / "tmp", self.folder / "home", self.folder / "work"):
            path.mkdir(parents=True, exist_ok=True)
        given = executor_input.get("outputs") or {}
        for told in (given.get("parameters") or {}).values():
            self.local(told["outputFile"]).parent.mkdir(parents=True, exist_ok=True)
        for told in (given.get("artifacts") or {}).values():
            self.local(told["artifacts"][0]["uri"]).parent.mkdir(parents=True, exist_ok=True)
        self.local(given["outputFile"]).parent.mkdir(parents=True, exist_ok=True)

    def _told(self, executor_input: Mapping[str, Any]) -> dict[str, Any]:
        """The input with paths that the program can use."""
        if self.is_step:
            return dict(executor_input)
        outputs = dict(executor_input["outputs"])
        outputs["outputFile"] = str(self.local(outputs["outputFile"]))
        if "parameters" in outputs:
            outputs["parameters"] = {
                name: {"outputFile": str(self.local(told["outputFile"]))}
                for name, told in outputs["parameters"].items()
            }
        return {**executor_input, "outputs": outputs}

    def _fillings(self, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        inputs, outputs = told.get("inputs") or {}, told["outputs"]
        for side, given in (("inputs", inputs), ("outputs", outputs)):
            for name, found in (given.get("artifacts") or {}).items():
                if found["artifacts"]:
                    uri = found["artifacts"][0].get("uri", "")
                    yield f"{{{{$.{side}.artifacts['{name}'].uri}}}}", uri
                    yield f"{{{{$.{side}.artifacts['{name}'].path}}}}", self._path(uri)
        for name, value in (inputs.get("parameterValues") or {}).items():
            yield f"{{{{$.inputs.parameters['{name}']}}}}", values.text(value)
        for name, found in (outputs.get("parameters") or {}).items():
            yield f"{{{{$.outputs.parameters['{name}'].output_file}}}}", found["outputFile"]

    def _path(self, uri: str) -> str:
        return places.in_container(uri) if self.is_step else str(self.local(uri))


def make(spec: Spec, component: Component, shared: Places, folder: Path, name: str) -> Pod:
    """A pod for one try of a component's container.

    Args:
        spec: of the pipeline.
        component: with the container.
        shared: what the pods share.
        folder: the pod's own, which is not there yet.
        name: of the pod.
    """
    container = component.container or {}
    is_step = STEP in _words(component)
    mounts = _mounts(spec, component, shared, folder)
    pod = Pod(folder, mounts, is_step, {}, name)
    pod.environment |= {
        **_of_the_machine(),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "HOSTNAME": name,
        "KFP_POD_NAME": name,
        "KFP_POD_UID": pod.uid,
        **{one["name"]: one.get("value", "") for one in container.get("env") or ()},
        **_secrets_in_environment(component.kubernetes),
        **_fields_in_environment(component.kubernetes, pod),
    }
    if is_step:
        pod.environment[places.ENVIRONMENT_VARIABLE] = json.dumps(mounts)
        pod.environment[WORKERS] = "local"  # those of a Trainer are processes beside it
    return pod


def claims(component: Component) -> list[str]:
    """The persistent volume claims that a component's container mounts."""
    return [claim for claim, _ in _volumes(component.kubernetes)]


def _mounts(spec: Spec, component: Component, shared: Places, folder: Path) -> dict[str, str]:
    told = spec.config.get("kubeflow") or {}
    scratch, project = told.get("scratch") or SCRATCH, told.get("project") or PROJECT
    pushed = "/" + (told.get("push_to") or MODELS).strip("/").partition("/")[0]
    mounts = {path: str(folder / path.strip("/")) for path in (*_STORES, *_OWN, scratch)}
    mounts |= {pushed: str(shared.volumes / pushed.strip("/")), project: str(shared.project)}
    mounts |= {path: str(shared.volumes / claim) for claim, path in _volumes(component.kubernetes)}
    for secret in component.kubernetes.get("secretAsVolume") or ():
        mounts[secret["mountPath"]] = str(shared.secrets / _name(secret, "secretName", "secretNameParameter"))
    if not places.is_remote(spec.pipeline_root):
        mounts[spec.pipeline_root] = spec.pipeline_root  # also where it lies below one of the others
    for claim, _ in _volumes(component.kubernetes):
        (shared.volumes / claim).mkdir(parents=True, exist_ok=True)
    return mounts


def _volumes(kubernetes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (_name(one, "constant", "pvcNameParameter"), one["mountPath"].rstrip("/") or "/")
        for one in kubernetes.get("pvcMount") or ()
    ]


def _name(told: Mapping[str, Any], plain: str, parameter: str) -> str:
    """The name of a claim or a secret, as older and newer platform specs have it."""
    value = (told.get(parameter) or {}).get("runtimeValue", {}).get("constant")
    return str(value or told.get(plain) or "unnamed")


def _of_the_machine() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _OF_THE_MACHINE or name.startswith(_OF_THE_PROCESSOR)
    }


def _secrets_in_environment(kubernetes: Mapping[str, Any]) -> dict[str, str]:
    """Of secrets that stand in the environment of whoever simulates; their values are in no file."""
    names = [one["envVar"] for secret in kubernetes.get("secretAsEnv") or () for one in secret.get("keyToEnv") or ()]
    return {name: os.environ[name] for name in names if name in os.environ}


def _fields_in_environment(kubernetes: Mapping[str, Any], pod: Pod) -> dict[str, str]:
    fields = {"metadata.name": pod.name, "metadata.uid": pod.uid, "metadata.namespace": "kubeflow"}
    return {
        one["name"]: fields[one["fieldPath"]]
        for one in kubernetes.get("fieldPathAsEnv") or ()
        if one.get("fieldPath") in fields
    }


def _with_defaults(executor_input: Mapping[str, Any], component: Component) -> dict[str, Any]:
    """The launcher adds defaults of the component, not the driver: they are in no record and no cache key."""
    inputs = dict(executor_input.get("inputs") or {})
    given = dict(inputs.get("parameterValues") or {})
    for name, definition in component.parameters().items():
        if name not in given and definition.get("defaultValue") is not None:
            given[name] = values.doubles(definition["defaultValue"])
    if given:
        inputs["parameterValues"] = given
    return {**executor_input, "inputs": inputs}


def _words(component: Component) -> list[str]:
    container = component.container or {}
    return [*container.get("command", []), *container.get("args", [])]


def _filled(word: str, whole: str, fillings: Mapping[str, str]) -> str:
    filled = word.replace("{{$}}", whole)
    for gap, filling in fillings.items():
        filled = filled.replace(gap, filling)
    return filled
