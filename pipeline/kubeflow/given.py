"""The DAG of a config as it runs on Kubeflow: TFX's own, with what a laptop knows beforehand told by a first step.

On a laptop the command lists and hashes the data, and looks which version serves, before the DAG is built. Here the
task `Start` does both in the cluster, on every run: what it gives are parameters of the tasks after it, and so in their
cache keys. Without it changed data at the same place would be taken from Kubeflow's cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate.components.schema_text import read_text
from graduate.pipeline import dag, engines
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.data import demo, schema_files
from graduate.pipeline.kubeflow import from_tfx, kserve, places
from graduate.pipeline.kubeflow.asked import DATA, DATA_KEY, START, push_to, source_of
from graduate.pipeline.kubeflow.tasks import Source, Task
from graduate.pipeline.obeys import node_obeys
from graduate.pipeline.obeys.code import CodeDigests
from graduate.pipeline.workspace import Workspace

INLINE = "inline:"  # a file whose content stands in the spec
_NOWHERE = Path("/graduate")  # of no file: nothing is read of it


def tasks_of(config: PipelineConfig, obeyed: Mapping[str, Mapping[str, Any]]) -> list[Task]:
    """The nodes of a config as they run on Kubeflow, in an order in which they can run.

    Args:
        config: checked, with its group `kubeflow`.
        obeyed: as `obeyed_by` gives it.
    """
    assert config.kubeflow is not None
    obeys = {node: _condensed(one) for node, one in obeyed.items()}
    schema = schema_files.schema_params(config, Workspace(_NOWHERE))
    if schema["curated"]:
        schema["curated"] = INLINE + read_text(Path(schema["curated"]))
    there, workspace = in_container(config), Workspace(Path(config.kubeflow.scratch))
    schema["kept"] = str(workspace.schema(config.name))
    data = {**config.data.model_dump(mode="json"), "kind": "images", "needs": [], "splits": ["train", "eval"]}
    given = dag.Given(
        obeys=obeys,
        fingerprint="",
        data={"data": json.dumps(data), "input_path": "", "digest": "", "cache": "", "splits": ["train", "eval"]},
        schema=schema,
        kserve=kserve.settings(config),
        beam_args=engines.beam_args(config),
    )
    found = from_tfx.of_pipeline(dag.build(there, workspace, given))
    for task in found:
        _fit(task, config)
    return [_start(config), *found]


def obeyed_by(config: PipelineConfig) -> dict[str, dict[str, Any]]:
    """What every node obeys, but for the data, which are hashed in the cluster."""
    content = {"data": "", "schema": schema_files.schema_digest(config, Workspace(_NOWHERE))}
    code = CodeDigests()
    found = node_obeys(config, code, content)
    code.save()
    return found


def in_container(config: PipelineConfig) -> PipelineConfig:
    """The config as it lies in the image: its folder is the project's there."""
    assert config.kubeflow is not None
    moved = config.model_copy()
    moved._source = f"{config.kubeflow.project}/{Path(config.source).name}"
    moved._base_dir = Path(config.kubeflow.project)
    moved.__dict__["push"] = config.push.model_copy(update={"to": push_to(config)})
    return moved


def _fit(task: Task, config: PipelineConfig) -> None:
    """What of a node is otherwise on Kubeflow than on a laptop."""
    if task.id == "ExampleGen":
        task.executor = ""  # by what the data turn out to be
        task.parameters = {key: value for key, value in task.parameters.items() if key == "obeys"}
        task.parameters["data"] = json.dumps(data_parameters(config), sort_keys=True)
        task.taken["digest"] = Source(START, "digest", "STRING")
        _bring_data(task, config)
    elif task.id == "Transform":
        task.parameters.pop("splits_config")  # which splits there are is known when the rows are
    elif task.id == "LastGraduate":
        del task.parameters["serving_version"]
        task.taken["serving_version"] = Source(START, "serving_version", "STRING")
    elif task.id == "Pusher":
        del task.parameters["once"]  # not cached, here by Kubeflow's own switch
        task.cache = False
        task.given["run_id"] = "{{$.pipeline_job_uuid}}"


def _start(config: PipelineConfig) -> Task:
    parameters = {"data": json.dumps(data_parameters(config), sort_keys=True), "push_to": push_to(config)}
    task = Task(START, "", parameters=parameters, gives={"digest": "STRING", "serving_version": "STRING"}, cache=False)
    _bring_data(task, config)
    return task


def _bring_data(task: Task, config: PipelineConfig) -> None:
    if places.in_object_store(source_of(config)[1]):
        task.inputs[DATA_KEY] = Source(DATA, DATA_KEY, "system.Dataset")


def data_parameters(config: PipelineConfig) -> dict[str, Any]:
    """What ExampleGen and `Start` need to find the rows; a URI is the importer's, and no part of it."""
    data = config.data.model_dump(mode="json")
    key, named = source_of(config)
    if places.in_object_store(named):
        data[key] = ""
        if data["labels"] and places.in_object_store(data["labels"]):
            data["labels"] = data["labels"].removeprefix(named.rstrip("/") + "/")
    elif demo.KINDS.get(named) == key:
        data["demo"] = named
    needs = list(dict.fromkeys(("train", "eval", config.evaluation.split)))
    told = {"data": data, "source": key, "needs": needs, "task": config.task}
    assert config.kubeflow is not None
    return {
        **told,
        "rate": config.transform.rate,
        "project": config.kubeflow.project,
        "scratch": config.kubeflow.scratch,
    }


def _condensed(obeyed: Mapping[str, Any]) -> dict[str, Any]:
    """Graduate's own code as one digest: a parameter of hundreds of modules would outgrow what Kubeflow takes."""
    own = {key: value for key, value in obeyed.items() if key.startswith("code:graduate")}
    if not own:
        return dict(obeyed)
    digest = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]
    return {**{key: value for key, value in obeyed.items() if key not in own}, "code:graduate": digest}
