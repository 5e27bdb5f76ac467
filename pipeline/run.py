"""One run inside the worker: the DAG compiled, given to a runner, and what came of it read back from ML Metadata."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx.dsl.compiler import compiler, constants
from tfx.orchestration.portable import runtime_parameter_utils

from graduate import publish
from graduate.components.artifacts import CrossValidation, Verdict
from graduate.pipeline import dag, engines, events, graph, record, recording
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.data import schema_files, source
from graduate.pipeline.facts import outcome
from graduate.pipeline.result import REFUSALS, RunResult, Status
from graduate.pipeline.runners import beam, local
from graduate.pipeline.runners.observed import NodeError, Observer
from graduate.pipeline.workspace import Workspace
from graduate.training import cluster
from graduate.training.strategy import prepare
from graduate.verdict import VerdictRecord

if TYPE_CHECKING:
    from tfx.proto.orchestration import pipeline_pb2

_RUNNERS = {"local": local.run, "beam": beam.run}


def execute(request: Mapping[str, Any]) -> RunResult:
    """Run the DAG of a request.

    Raises:
        NodeError: a node raised; its exception is chained.
    """
    config = PipelineConfig.model_validate(request["config"]).located(request["source"])
    recording.said.update({key: request["config"]["diagnostics"][key] for key in ("rules", "ignore", "module")})
    prepare(config.training.strategy, lambda told: events.emit("note", node="Trainer", text=told))
    workspace = Workspace(Path(request["workdir"]))
    store = record.open_store(workspace, create=True)
    assert store is not None
    observer = Observer(store, config.name, request["run_id"], request["obeys"])
    if not request["cache"] and request.get("tuning_fingerprint"):
        shutil.rmtree(workspace.trials(config.name) / request["tuning_fingerprint"], ignore_errors=True)
    beam_args = engines.beam_args(config)
    pipeline = compile_pipeline(config, workspace, request)
    with engines.running(beam_args):
        _RUNNERS[request["runner"]](pipeline, observer)
    return _result(store, config, workspace, request, observer)


def compile_pipeline(config: PipelineConfig, workspace: Workspace, request: Mapping[str, Any]) -> pipeline_pb2.Pipeline:
    """TFX's intermediate representation of the run, its id filled in, what lies beyond `until` marked to be skipped."""
    given = dag.Given(
        obeys=_obeys(config, request),
        fingerprint=request["training_fingerprint"],
        data=source.example_gen_parameters(config, workspace, request["content"]["data"]),
        schema=schema_files.schema_params(config, workspace),
        serving_version=_serving_version(workspace.push_to(config.name, config.push.to)),
        cache=request["cache"],
        tuning=request.get("tuning_fingerprint", ""),
    )
    pipeline = compiler.Compiler().compile(dag.build(config, workspace, given))
    runtime_parameter_utils.substitute_runtime_parameter(
        pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: request["run_id"]}
    )
    if request.get("until"):
        _stop_after(pipeline, request["until"])
    return pipeline


def _obeys(config: PipelineConfig, request: Mapping[str, Any]) -> dict[str, Any]:
    """A worker that is not the chief trains whenever the chief does: its own Trainer is never taken from the cache."""
    together = cluster.described(config.training.strategy)
    if together is None or together.is_chief:
        return dict(request["obeys"])
    return {**request["obeys"], "Trainer": {**request["obeys"]["Trainer"], "run": request["run_id"]}}


def _serving_version(place: Path) -> str:
    version = publish.serving(place)
    return str(version.folder) if version else ""


def _stop_after(pipeline: pipeline_pb2.Pipeline, until: str) -> None:
    upstream = {node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes) for node in pipeline.nodes}
    wanted, waiting = set(), [until]
    while waiting:
        node = waiting.pop()
        if node not in wanted:
            wanted.add(node)
            waiting += upstream[node]
    for node in pipeline.nodes:
        if node.pipeline_node.node_info.id not in wanted:
            node.pipeline_node.execution_options.skip.SetInParent()


def _result(
    store: Any, config: PipelineConfig, workspace: Workspace, request: Mapping[str, Any], observer: Observer
) -> RunResult:
    outputs = _outputs(store, request["run_id"])
    verdicts = _verdicts(outputs, [node.id for node in graph.nodes(config)])
    pushed = outputs.get("PushedModel", ())
    evaluations = outputs.get("ModelEvaluation", ())
    return RunResult(
        run_id=request["run_id"],
        status=_status(verdicts, bool(pushed), request.get("until")),
        nodes=tuple(observer.reports),
        verdicts=verdicts,
        pushed_to=pushed[-1].custom_properties["pushed_destination"].string_value if pushed else None,
        metrics={**(outcome.metrics(Path(evaluations[-1].uri)) if evaluations else {}), **_of_folds(outputs)},
    )


def _status(verdicts: Sequence[VerdictRecord], pushed: bool, until: str | None) -> Status:
    """From the first verdict that refuses: data, then sick, then refused."""
    refused = {verdict.source for verdict in verdicts if not verdict.passed}
    for judge, status in REFUSALS.items():
        if judge in refused:
            return status
    if refused:
        return "refused"
    return "pushed" if pushed else "stopped"


def _outputs(store: Any, run_id: str) -> dict[str, list[Any]]:
    """The artifacts that this run made or took from the cache, by type name, in the order they came."""
    context = store.get_context_by_type_and_name(record.RUN_TYPE, run_id)
    artifacts = store.get_artifacts_by_context(context.id)
    types = {kind.id: kind.name for kind in store.get_artifact_types()}
    found: dict[str, list[Any]] = {}
    for artifact in sorted(artifacts, key=lambda artifact: artifact.id):
        found.setdefault(types[artifact.type_id], []).append(artifact)
    return found


def _verdicts(outputs: Mapping[str, Sequence[Any]], order: Sequence[str]) -> tuple[VerdictRecord, ...]:
    """In the order of the nodes: BeamDagRunner runs what does not wait for each other in any."""
    found = []
    for artifact in outputs.get(Verdict.TYPE_NAME, ()):
        found.append(
            VerdictRecord.from_json(json.loads((Path(artifact.uri) / "verdict.json").read_text(encoding="utf-8")))
        )
    return tuple(sorted(found, key=lambda verdict: order.index(verdict.source)))


def _of_folds(outputs: Mapping[str, Sequence[Any]]) -> dict[str, float]:
    """`folds`, `folds_accuracy_mean`, `folds_accuracy_spread`, … of a cross-validation."""
    found = outputs.get(CrossValidation.TYPE_NAME, ())
    if not found:
        return {}
    told = json.loads((Path(found[-1].uri) / "folds.json").read_text(encoding="utf-8"))
    parts = {f"folds_{name}_{kind}": value for kind in ("mean", "spread") for name, value in told[kind].items()}
    return {"folds": len(told["folds"]), **parts}


__all__ = ["NodeError", "execute"]
