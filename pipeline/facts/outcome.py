"""What a run's artifacts tell of it once it has ended, as properties that can be asked for; however it ended.

Read from the artifacts of the run's executions, made or taken from the cache, so that a run that was killed tells as
far as it came. What cannot be read is left out: the artifacts are still there for whoever looks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    from graduate.pipeline.result import NodeReport, RunResult

LONGEST = 200  # characters of a reason
_SPLITS = ("train", "eval", "test")


@dataclass(frozen=True)
class Made:
    """An output of one of the run's executions."""

    node: str
    kind: str
    artifact: mlmd.Artifact

    @property
    def folder(self) -> Path:
        return Path(self.artifact.uri)

    def told(self, name: str) -> Any:
        """A property, declared or custom; None where it has none of that name."""
        for properties in (self.artifact.properties, self.artifact.custom_properties):
            if name in properties:
                value = properties[name]
                return getattr(value, value.WhichOneof("value") or "string_value")
        return None


def facts(store: MetadataStore, context: int, result: RunResult | None = None) -> dict[str, Any]:
    """The properties of a run that has ended, without the prefix `graduate_`.

    Args:
        store: where its artifacts are.
        context: the number of the run's context.
        result: what it came to; None where it was killed.
    """
    told = _parts(list(outputs(store, context)), (_rows, _training, _findings, _verdicts_of))
    return {**told, **(_of_result(result) if result else _nodes_of(store, context))}


def of_artifacts(made: Sequence[Made]) -> dict[str, Any]:
    """What the outputs of one node tell, on a cluster where there is nobody to ask for a whole run's."""
    evaluation = _last(made, "ModelEvaluation")
    measured = metrics(evaluation.folder) if evaluation is not None else {}
    return {**_parts(made, (_rows, _training, _findings)), **{f"metric_{name}": one for name, one in measured.items()}}


def metrics(folder: Path) -> dict[str, float]:
    """The candidate's metrics over all rows, from an evaluation's files."""
    measured = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {
        name: value
        for name, value in measured.get("candidate", measured)["overall"].items()
        if isinstance(value, int | float)
    }


def _parts(made: Sequence[Made], parts: Sequence[Callable[[Sequence[Made]], dict[str, Any]]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for part in parts:
        try:
            told |= part(made)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # files that are gone, or of another version
            continue
    return told


def _nodes_of(store: MetadataStore, context: int) -> dict[str, Any]:
    """`nodes` of a run that was killed, from its executions; who closes its record says why they did not end."""
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    ended = {mlmd.Execution.COMPLETE: "ran", mlmd.Execution.CACHED: "cached"}
    kinds = {kind.id: kind.name.rpartition(".")[2] for kind in store.get_execution_types()}
    states: dict[str, str] = {}
    for one in sorted(store.get_executions_by_context(context), key=lambda one: one.id):
        reason = one.custom_properties["graduate_reason"].string_value
        states[kinds[one.type_id]] = ended.get(one.last_known_state, reason or "failed")
    return {"nodes": json.dumps(states)} if states else {}


def outputs(store: MetadataStore, context: int) -> Iterator[Made]:
    """The outputs of a run's executions, in order of their numbers."""
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    nodes = {kind.id: kind.name.rpartition(".")[2] for kind in store.get_execution_types()}
    executions = {one.id: nodes[one.type_id] for one in store.get_executions_by_context(context)}
    if not executions:
        return
    makers = {
        event.artifact_id: executions[event.execution_id]
        for event in store.get_events_by_execution_ids(list(executions))
        if event.type in (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)
    }
    kinds = {kind.id: kind.name for kind in store.get_artifact_types()}
    for artifact in sorted(store.get_artifacts_by_id(list(makers)), key=lambda one: one.id) if makers else ():
        yield Made(makers[artifact.id], kinds[artifact.type_id], artifact)


def _last(made: Sequence[Made], kind: str, node: str | None = None) -> Made | None:
    found = [one for one in made if one.kind == kind and node in (None, one.node)]
    return found[-1] if found else None


def _rows(made: Sequence[Made]) -> dict[str, Any]:
    """`rows`, `rows_train`, … and `span`, where ExampleGen has one."""
    told: dict[str, Any] = {}
    examples = _last(made, "Examples", "ExampleGen")
    if examples is not None and isinstance(examples.told("span"), int):
        told["span"] = examples.told("span")
    manifest = _last(made, "graduate.Manifest")
    if manifest is not None and isinstance(manifest.told("rows"), int):
        told["rows"] = manifest.told("rows")
    statistics = _last(made, "ExampleStatistics", "StatisticsGen")
    if statistics is not None:
        counts = {name: _counted(statistics.folder / f"Split-{name}" / "FeatureStats.pb") for name in _SPLITS}
        told |= {f"rows_{name}": number for name, number in counts.items() if number is not None}
    return told


def _counted(path: Path) -> int | None:
    if not path.is_file():
        return None
    from tensorflow_metadata.proto.v0 import statistics_pb2

    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
    return int(found.datasets[0].num_examples) if found.datasets else None


def _training(made: Sequence[Made]) -> dict[str, Any]:
    """`device`, `strategy`, `steps`, `training_seconds`: those of the training whose model this run has."""
    run = _last(made, "ModelRun", "Trainer")
    if run is None:
        return {}
    told = json.loads((run.folder / "training.json").read_text(encoding="utf-8"))
    names = {"device": "device", "strategy": "strategy", "steps": "training_steps", "seconds": "training_seconds"}
    return {name: told[key] for key, name in names.items() if told.get(key) is not None}


def _findings(made: Sequence[Made]) -> dict[str, Any]:
    """`findings` (those that no other explains), `faults`, `worst`, `cured_faults`, `cures`."""
    verdict = next((one for one in reversed(made) if one.told("source") == "GradientDiagnostics"), None)
    told: dict[str, Any] = {}
    if verdict is not None:
        names = ("faults", "worst", "cured_faults", "cures")
        told = {name: str(verdict.told(name)) for name in names if verdict.told(name)}
    found = _last(made, "graduate.Findings")
    path = found.folder / "findings.json" if found is not None else None
    if path is not None and path.is_file():
        roots = [one for one in json.loads(path.read_text(encoding="utf-8"))["findings"] if not one.get("caused_by")]
        told["findings"] = json.dumps([_brief(one) for one in roots])
    return told


def _brief(finding: Mapping[str, Any]) -> dict[str, Any]:
    names = ("fault", "severity", "steps", "cured_at")
    told = {name: finding[name] for name in names if finding.get(name) is not None}
    return {**told, **({"layers": list(finding["layers"])[:3]} if finding.get("layers") else {})}


def _verdicts_of(made: Sequence[Made]) -> dict[str, Any]:
    """`verdict_<source>`: `passed`, or `refused: …` with the first reason in short."""
    told: dict[str, Any] = {}
    for one in made:
        if one.kind == "graduate.Verdict" and one.told("source"):
            reasons = json.loads(one.told("reasons") or "[]")
            told[f"verdict_{one.told('source')}"] = _verdict(bool(one.told("passed")), reasons)
    return told


def _verdict(passed: bool, reasons: Sequence[str]) -> str:
    return "passed" if passed else shortened(f"refused: {reasons[0]}" if reasons else "refused")


def _of_result(result: RunResult) -> dict[str, Any]:
    """`nodes`, `refused_by` and `refusal`, `failed_node`, `pushed_to` and `pushed_version`."""
    told: dict[str, Any] = {}
    if result.nodes:
        told["nodes"] = json.dumps({node.node: _state(node) for node in result.nodes})
    for verdict in result.verdicts:
        told[f"verdict_{verdict.source}"] = _verdict(verdict.passed, verdict.reasons)
    refusing = [verdict for verdict in result.verdicts if not verdict.passed]
    if refusing:
        told |= {"refused_by": refusing[0].source, "refusal": shortened(refusing[0].reasons[0])}
    failed = [node.node for node in result.nodes if _state(node) == "failed"]
    if failed:
        told["failed_node"] = failed[0]
    if result.pushed_to:
        told |= {"pushed_to": result.pushed_to, "pushed_version": Path(result.pushed_to).name}
    return told


def _state(node: NodeReport) -> str:
    """A node that ran when somebody stopped the run did not fail itself."""
    return "interrupted" if node.state == "failed" and node.reason == "interrupted" else node.state


def shortened(text: str) -> str:
    """At most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
