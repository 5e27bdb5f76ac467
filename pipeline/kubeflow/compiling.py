"""From a config to the text of a pipeline spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

import graduate
from graduate.pipeline import engines
from graduate.pipeline.config.elsewhere import KubeflowConfig
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.kubeflow import asked as of
from graduate.pipeline.kubeflow import checks, given, places, platform
from graduate.pipeline.kubeflow.facts import facts
from graduate.pipeline.kubeflow.parameters import DATA, Changeable, changeable
from graduate.pipeline.kubeflow.spec import SCHEMA_VERSION, Spec, definitions
from graduate.pipeline.kubeflow.tasks import Task, changeable_by

COMMAND = ("python", "-m", "graduate.pipeline.runners.kubeflow_step")


def compile_config(config: PipelineConfig) -> str:
    """As `graduate.pipeline.kubeflow.compile_config`."""
    documents = documents_of(config)
    return "---\n".join(_text(document) for document in documents if document)


def documents_of(config: PipelineConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """The spec, and the platform document; {} where a cluster's defaults are all that is wanted."""
    checks.check(config)
    asked = config.kubeflow
    assert asked is not None
    open_to_change = changeable(config)
    types = {one.name: one.type for one in open_to_change}
    spec = Spec({**types, DATA: "STRING"})
    remote = places.in_object_store(of.source_of(config)[1])
    if remote:
        spec.add_importer(Task(of.DATA, "", outputs={of.DATA_KEY: "system.Dataset"}), DATA)
    executors: dict[str, Any] = {}
    obeyed = given.obeyed_by(config)
    for task in given.tasks_of(config, obeyed):
        task.changeable = changeable_by(task, {one.name: one.key for one in open_to_change})
        step = platform.step_of(asked, task.id)
        task.cache = task.cache and step.cache is not False
        spec.add(task, _container(task, config, asked, types), step.retries)
        if entry := platform.executor(asked, task.id, of.push_to(config)):
            executors[f"exec-{task.id}"] = entry
    root = spec.root()
    document = {
        "components": spec.components,
        "defaultPipelineRoot": asked.root,
        "deploymentSpec": {"executors": spec.executors},
        "pipelineInfo": {"description": _description(config), "name": config.name.replace("_", "-")},
        "root": {"dag": root, "inputDefinitions": {"parameters": _inputs(config, open_to_change, remote, obeyed)}},
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": f"graduate-{graduate.__version__}",
    }
    told = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}} if executors else {}
    return document, told


def _container(task: Task, config: PipelineConfig, asked: KubeflowConfig, types: Mapping[str, str]) -> dict[str, Any]:
    args = ["--node", task.id]
    args += ["--executor", task.executor] if task.executor else []
    args += ["--spec", json.dumps(definitions(task, types), sort_keys=True)]
    args += ["--set", json.dumps(task.changeable, sort_keys=True)] if task.changeable else []
    args += ["--project", asked.project, "--scratch", asked.scratch]
    args += ["--workers", str(asked.workers)] if task.id == "Trainer" and asked.workers > 1 else []
    args += ["--executor-input", "{{$}}"]
    args += ["--beam", *engines.beam_args(config)] if task.beam or task.id == "ExampleGen" else []
    step = platform.step_of(asked, task.id)
    env = [{"name": name, "value": value} for name, value in sorted(step.env.items())]
    amounts = platform.resources(step)
    return {
        "args": args,
        "command": list(COMMAND),
        **({"env": env} if env else {}),
        "image": asked.image,
        **({"resources": amounts} if amounts else {}),
    }


def _inputs(
    config: PipelineConfig, open_to_change: list[Changeable], remote: bool, obeyed: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The pipeline's own parameters: what people may change, then what is only recorded."""
    found: dict[str, Any] = {}
    if remote:
        key, named = of.source_of(config)
        found[DATA] = _input("STRING", named, f"where the rows lie: data.{key}")
    for one in open_to_change:
        found[one.name] = _input(one.type, one.default, one.description)
    for name, value in facts(config, open_to_change, obeyed).items():
        found[name] = _input("STRING", value, "recorded with the run; changing it changes nothing")
    return found


def _input(kind: str, default: Any, description: str) -> dict[str, Any]:
    return {"defaultValue": default, "description": description, "isOptional": True, "parameterType": kind}


def _description(config: PipelineConfig) -> str:
    return f"{config.name}: {config.task} pipeline of Graduate {graduate.__version__}"


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, everything else on one line, no anchors: a spec is read by people too."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def _text(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=2**31)
