"""The DAG: a config becomes a TFX pipeline. Reads from top to bottom like the picture that `graduate show` draws."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfx.components import ExampleValidator, Trainer
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.experimental.conditionals.conditional import Cond
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.proto import trainer_pb2, transform_pb2

from graduate.components.cross_validation import CrossValidation
from graduate.components.data_guard import DataGuard
from graduate.components.evaluator import Evaluator
from graduate.components.gate import Gate
from graduate.components.gradient_diagnostics import GradientDiagnostics
from graduate.components.last_graduate import LastGraduate
from graduate.components.preflight import Preflight
from graduate.components.pusher import Pusher
from graduate.components.schema import Schema
from graduate.components.serving_check import ServingCheck
from graduate.components.tuner import Tuner
from graduate.pipeline.config import tuning
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.data.example_gen import ExampleGen
from graduate.pipeline.data.statistics import StatisticsGen
from graduate.pipeline.obeys.nodes import labels_of, tried, watching
from graduate.pipeline.transform import Transform
from graduate.pipeline.workspace import Workspace

# The older, simpler direct runner has a second less of set-up than the portable one; an image label makes TFX
# not build a source package for every node.
BEAM_ARGS = ("--runner=BundleBasedDirectRunner", "--sdk_container_image=local")


@dataclass(frozen=True)
class Given:
    """What a DAG is built from besides the config.

    Attributes:
        obeys: per node, what its cache key covers.
        fingerprint: identifies the training, so that a killed one finds its checkpoints.
        data: the resolved source of rows, as ExampleGen takes it.
        schema: parameters of the Schema node.
        serving_version: the version that serves now, or "".
        cache: whether finished nodes are taken from the cache.
        tuning: identifies what a trial obeys besides its settings, so that those that ended are found again.
        kserve: how what is pushed is served by KServe, or "".
    """

    obeys: Mapping[str, Mapping[str, Any]]
    fingerprint: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    serving_version: str = ""
    cache: bool = True
    tuning: str = ""
    kserve: str = ""
    beam_args: Sequence[str] = field(default=BEAM_ARGS)


def build(config: PipelineConfig, workspace: Workspace, given: Given) -> tfx_pipeline.Pipeline:
    """Build the pipeline. Every node is in it whatever the verdicts will be: TFX skips by condition."""
    values = config.to_json()
    splits = list(given.data["splits"])

    example_gen = ExampleGen(**{key: value for key, value in given.data.items() if key != "splits"})
    statistics_gen = StatisticsGen(examples=example_gen.outputs["examples"])
    schema = Schema(statistics=statistics_gen.outputs["statistics"], **given.schema)
    validator = ExampleValidator(
        statistics=statistics_gen.outputs["statistics"],
        schema=schema.outputs["schema"],
    )
    data_guard = DataGuard(
        statistics=statistics_gen.outputs["statistics"],
        schema=schema.outputs["schema"],
        anomalies=validator.outputs["anomalies"],
        manifest=example_gen.outputs["manifest"],
        leakage=json.dumps(values["leakage"], sort_keys=True),
        rows=json.dumps({"task": config.task, "target": config.data.target}, sort_keys=True),
    )
    nodes: list[BaseComponent] = [example_gen, statistics_gen, schema, validator, data_guard]

    judges: dict[str, BaseComponent] = {"data_guard": data_guard}
    with contextlib.ExitStack() as conditions:  # each within the one before: TFX skips what is below a refusal
        conditions.enter_context(Cond(_passed(data_guard)))
        transform = Transform(
            examples=example_gen.outputs["examples"],
            schema=schema.outputs["schema"],
            preprocessing_fn=f"graduate.pipeline.tasks.{config.task}.preprocessing_fn",
            custom_config={
                **values["transform"],
                "task": config.task,
                "target": config.data.target,
                **({"module": _module(config, "transform")} if config.transform.module else {}),
            },
            splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=splits),
            disable_statistics=not config.transform.statistics,
            disable_analyzer_cache=True,  # nothing reads it: a node whose inputs are the same is cached whole
        )
        transformed: dict[str, Any] = {
            "examples": transform.outputs["transformed_examples"],
            "transform_graph": transform.outputs["transform_graph"],
        }
        nodes.append(transform)
        if config.preflight:
            judges["preflight"] = Preflight(
                **transformed, subject="graduate.pipeline.subject.of_config", **_network(config)
            )
            nodes.append(judges["preflight"])
            conditions.enter_context(Cond(_passed(judges["preflight"])))
        best: dict[str, Any] = {}
        if config.tuning:
            judges["tuner"] = tuner = Tuner(**transformed, **_tuning(config, workspace, given))
            best["hyperparameters"] = tuner.outputs["best_hyperparameters"]
            nodes.append(tuner)
            conditions.enter_context(Cond(_passed(tuner)))
        trainer = Trainer(
            **transformed,
            **best,
            schema=schema.outputs["schema"],
            run_fn="graduate.pipeline.trainer.run_fn",
            train_args=trainer_pb2.TrainArgs(splits=["train"]),
            eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
            custom_config=_training_config(config, workspace, given),
        )
        nodes.append(trainer)
        if config.diagnostics.during_training != "off":
            judges["diagnostics"] = GradientDiagnostics(
                model_run=trainer.outputs["model_run"], diagnostics=_judging_config(config)
            )
            nodes.append(judges["diagnostics"])
            conditions.enter_context(Cond(_passed(judges["diagnostics"])))
        last_graduate = LastGraduate(serving_version=given.serving_version)
        evaluator = Evaluator(
            examples=example_gen.outputs["examples"],
            model=trainer.outputs["model"],
            baseline=last_graduate.outputs["model"],
            evaluation=_evaluation_config(config),
        )
        judges["evaluator"] = evaluator
        nodes += [last_graduate, evaluator]
        if config.serving.check:
            judges["serving_check"] = ServingCheck(
                examples=example_gen.outputs["examples"],
                model=trainer.outputs["model"],
                model_run=trainer.outputs["model_run"],
                tolerance=config.serving.tolerance,
                max_latency_ms=config.serving.max_latency_ms,
            )
            nodes.append(judges["serving_check"])
        told: dict[str, Any] = {}
        if config.evaluation.folds:
            folds = CrossValidation(
                **transformed,
                **best,
                manifest=example_gen.outputs["manifest"],
                folds=config.evaluation.folds,
                measure="graduate.pipeline.folds.measure",
                **_network(config),
            )
            told["cross_validation"] = folds.outputs["cross_validation"]
            nodes.append(folds)
        verdicts = {name: node.outputs["verdict"] for name, node in judges.items()}
        gate = Gate(model=trainer.outputs["model"], verdicts=verdicts)
        nodes.append(gate)
        conditions.enter_context(Cond(_passed(gate)))
        if given.kserve:
            told |= {"kserve": given.kserve, "examples": example_gen.outputs["examples"]}
        pusher = Pusher(
            model=trainer.outputs["model"],
            blessing=gate.outputs["blessing"],
            evaluation=evaluator.outputs["evaluation"],
            manifest=example_gen.outputs["manifest"],
            schema=schema.outputs["schema"],
            model_run=trainer.outputs["model_run"],
            verdicts=verdicts,
            **told,
            push_to=str(workspace.push_to(config.name, config.push.to)),
            keep=config.push.keep,
            card=_card(values),
        )
        nodes.append(pusher)

    for node in nodes:
        node.exec_properties["obeys"] = json.dumps(given.obeys[node.id], sort_keys=True)
    return tfx_pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(workspace.artifacts(config.name)),
        components=nodes,
        enable_cache=given.cache,
        metadata_connection_config=sqlite_metadata_connection_config(str(workspace.store)),
        beam_pipeline_args=list(given.beam_args),
    )


def _passed(node: BaseComponent) -> Any:
    return node.outputs["verdict"].future()[0].property("passed") == 1


def _training_config(config: PipelineConfig, workspace: Workspace, given: Given) -> dict[str, Any]:
    """What `run_fn` needs: the groups it obeys and no other, since all of this is part of its cache key."""
    values = config.to_json()
    return {
        "config": {
            **{key: values[key] for key in ("name", "task", "transform", "model", "training")},
            "data": labels_of(values),
            "diagnostics": watching(values["diagnostics"]),
        },
        "base_dir": str(config.base_dir),
        "checkpoints": str(workspace.checkpoints(config.name)),
        "fingerprint": given.fingerprint,
    }


def _network(config: PipelineConfig) -> dict[str, Any]:
    """What makes the config's network and trains it, for nodes that are handed a function of ours by its name."""
    values = config.to_json()
    groups = {key: values[key] for key in ("task", "transform", "model", "training")} | {"data": labels_of(values)}
    return {"config": json.dumps(groups, sort_keys=True), "base_dir": str(config.base_dir)}


def _tuning(config: PipelineConfig, workspace: Workspace, given: Given) -> dict[str, Any]:
    """What the Tuner needs: the network with its training, how it is watched, and what may be tried."""
    values = config.to_json()
    groups = {key: values[key] for key in ("task", "transform", "model", "training", "tuning")}
    watched = watching(tried(values["diagnostics"]))
    return {
        "search": "graduate.pipeline.tuning.search",
        "config": json.dumps({**groups, "data": labels_of(values), "diagnostics": watched}, sort_keys=True),
        "space": json.dumps([one.to_json() for one in tuning.space(config)], sort_keys=True),
        "base_dir": str(config.base_dir),
        "memory": str(workspace.trials(config.name) / given.tuning),
    }


def _evaluation_config(config: PipelineConfig) -> str:
    """What the Evaluator judges by: the folds are another node's. Bounds of a slice are all laid side by side."""
    asked = {key: one for key, one in config.to_json()["evaluation"].items() if key != "folds"}
    asked["slices"] = [{**part.pop("bounds"), **part} for part in asked["slices"]]
    target, module = config.data.target, _module(config, "evaluation")
    return json.dumps({**asked, "target": target, "module": module}, sort_keys=True)


def _judging_config(config: PipelineConfig) -> str:
    """What GradientDiagnostics needs."""
    values = config.to_json()["diagnostics"]
    judging = {key: values[key] for key in ("rules", "ignore", "refuse_on")}
    return json.dumps({**judging, "module": _module(config, "diagnostics"), "name": config.name}, sort_keys=True)


def _module(config: PipelineConfig, group: str) -> str | None:
    """The absolute path of the user's file that a group names."""
    file = config.user_modules.get(group)
    return None if file is None else str(file)


def _card(values: Mapping[str, Any]) -> str:
    """What the model card tells besides the artifacts."""
    config = {key: value for key, value in values.items() if key != "beam"}  # a changed engine pushes nothing again
    return json.dumps({"name": values["name"], "task": values["task"], "config": config}, sort_keys=True)
