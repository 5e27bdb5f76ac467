"""Runs that Graduate's own command did not write down: their status and metrics come from what their nodes did.

On Kubeflow all runs are such, Graduate's too: `vocabulary.kubeflow` tells how a run's facts are carried there. ML Metadata does
not hold everything that Kubeflow knows: a pod that was killed leaves its execution RUNNING, a driver that failed leaves none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.lineage import records as told
from graduate.pipeline.lineage import vocabulary
from graduate.pipeline.lineage.records import Artifact, Run
from graduate.pipeline.lineage.rows import ContextRow, ExecutionRow
from graduate.pipeline.lineage.vocabulary import kubeflow, tfx

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records

_METRIC = "metric_"
_BOUNDS = ("parent_dag_id", "total_dag_tasks", "iteration_count")
_ASKED = (tfx.REASON, kubeflow.OUTPUTS, *_BOUNDS)  # of executions; `inputs` may be ten kilobytes each
_JUDGED = ("source", "passed", "pushed", "blessed", "blessing_status")  # of artifacts
_JUDGES = ("graduate.Verdict", "ModelBlessing", "InfraBlessing", "PushedModel")
_MEASURED, _LOGGED = ("Metrics", "ModelEvaluation"), "system.Metrics"
# Of these nodes' executions the outputs are another run's: found, or pushed by hand after the run.
_NOT_MADE = ("tfx.dsl.components.common.resolver.Resolver", "graduate.Rollback", "graduate.Override")
# The first source that refuses names the status; as a run of Graduate's own does.
_REFUSALS = (("DataGuard", "data_refused"), ("Preflight", "sick"), ("GradientDiagnostics", "sick"))


def runs(records: Records, rows: Sequence[ContextRow]) -> dict[int, Run]:
    """Runs by their context's number; the store is asked as often for a thousand runs as for one."""
    batch = _Batch(records, rows)
    return {row.id: _run(batch, row) for row in rows}


class _Batch:
    """What the store holds of several runs."""

    def __init__(self, records: Records, rows: Sequence[ContextRow]) -> None:
        self.records, self.rows = records, rows
        ids = [row.id for row in rows]
        self.owned = records.store.executions_of_contexts(ids)
        every = {one for owned in self.owned.values() for one in owned}
        self.executions = {row.id: row for row in records.store.executions(ids=every, only=_ASKED)} if every else {}

    def executions_of(self, row: ContextRow) -> list[ExecutionRow]:
        """In order of time; those made by hand after the run are left out."""
        found = [self.executions[one] for one in self.owned.get(row.id, ()) if one in self.executions]
        return [one for one in found if one.type not in _NOT_MADE[1:]]

    @cached_property
    def made(self) -> dict[int, list[Artifact]]:
        """By execution what it gave, of the types that tell how a run ended."""
        makers = {one for one, row in self.executions.items() if row.type not in _NOT_MADE}
        if not makers:
            return {}
        given = [event for event in self.records.events(executions=makers) if event.output]
        ids = {event.artifact for event in given}
        artifacts = {one.id: one for one in self.records.artifacts(ids=ids, kinds=_JUDGES, only=_JUDGED)}
        artifacts |= {one.id: one for one in self.records.artifacts(ids=ids, kinds=_MEASURED)}
        found: dict[int, list[Artifact]] = {}
        for event in given:
            if event.artifact in artifacts:
                found.setdefault(event.execution, []).append(artifacts[event.artifact])
        return found

    @cached_property
    def pipelines(self) -> dict[int, str]:
        """By run the pipeline's name: Kubeflow's run has it as its parent, TFX's shares its executions with it."""
        store = self.records.store
        parents = store.parents_of_contexts([row.id for row in self.rows])
        some = {row.id: self.owned[row.id][0] for row in self.rows if row.id not in parents and row.id in self.owned}
        beside = store.contexts_of_executions(some.values())
        around = {**{run: beside.get(one, []) for run, one in some.items()}, **parents}
        known = store.contexts(ids={one for ids in around.values() for one in ids}, only=())
        names = {row.id: row.name for row in known if row.type in vocabulary.PIPELINE_KINDS}
        return {run: next((names[one] for one in ids if one in names), "") for run, ids in around.items()}

    @cached_property
    def started_with(self) -> dict[int, dict[str, Any]]:
        """By run the parameters that it was started with: those of Kubeflow's root DAG."""
        roots = {
            one: row.id
            for row in self.rows
            for one in self.owned.get(row.id, ())
            if one in self.executions and _is_root(self.executions[one])
        }
        found = self.records.store.executions(ids=roots, only=(kubeflow.INPUTS,)) if roots else []
        return {roots[row.id]: kubeflow.taken(row) for row in found}


def _is_root(row: ExecutionRow) -> bool:
    return row.type == kubeflow.BRACKET and "parent_dag_id" not in row.properties


def _run(batch: _Batch, row: ContextRow) -> Run:
    executions = batch.executions_of(row)
    nodes = [one for one in executions if vocabulary.of(one.type).is_node(one)]
    made = [artifact for one in nodes for artifact in batch.made.get(one.id, ())]
    told = _told(batch, row, nodes)
    metrics = {name.removeprefix(_METRIC): value for name, value in told.items() if name.startswith(_METRIC)}
    facts = {name: value for name, value in told.items() if not name.startswith(_METRIC)}
    status = str(facts.get("status") or _status(executions, nodes, made, "name" in facts))
    return Run(
        id=row.name,
        pipeline=batch.pipelines.get(row.id) or str(facts.get("name") or ""),
        status=status,
        started=min([row.created, *(one.created for one in nodes)]),
        ended=None if status == "running" else max((one.updated for one in nodes), default=row.updated),
        metrics=dict(sorted((metrics or _measured(made)).items())),
        context=row.id,
        vocabulary=vocabulary.of(row.type).NAME,
        facts=facts,
    )


def _told(batch: _Batch, row: ContextRow, nodes: Iterable[ExecutionRow]) -> dict[str, Any]:
    """What Graduate said of a run, without its prefix; `parameters` are the others that the run was started with."""
    start = batch.started_with.get(row.id, {})
    found: dict[str, Any] = {}
    for properties in (start, *(kubeflow.given(node) for node in nodes), row.properties):
        found |= told.facts(properties)
        begun = f"{kubeflow.GRADUATE}{_METRIC}"
        found |= {
            name.removeprefix(kubeflow.GRADUATE): float(value)
            for name, value in properties.items()
            if name.startswith(begun) and isinstance(value, int | float)
        }
    others = {name: value for name, value in start.items() if not name.startswith(kubeflow.GRADUATE)}
    return {**found, "parameters": others} if others else found


def _status(
    executions: Sequence[ExecutionRow], nodes: Sequence[ExecutionRow], made: Sequence[Artifact], ours: bool
) -> str:
    """What became of a run. One of Graduate's pipelines that neither pushed nor refused is still on its way."""
    states = {vocabulary.of(one.type).state(one) for one in nodes}
    for state in ("failed", "interrupted", "running"):
        if state in states:
            return state
    if not nodes or _is_awaited(executions):
        return "running" if executions else "unknown"
    if any(artifact.kind == "PushedModel" and artifact.properties.get("pushed") for artifact in made):
        return "pushed"
    refused = {_source(artifact) for artifact in made if _refuses(artifact)}
    for source, status in _REFUSALS:
        if source in refused:
            return status
    if refused:
        return "refused"
    return "running" if ours else "complete"


def _is_awaited(executions: Sequence[ExecutionRow]) -> bool:
    """Whether a sub-DAG is under way in which tasks are still to start: between two pods nothing runs."""
    below = Counter(one.properties.get("parent_dag_id") for one in executions)
    for one in executions:
        of = [one.properties.get(name) for name in ("iteration_count", "total_dag_tasks")]
        expected = next((number for number in of if isinstance(number, int)), 0)
        if one.type == kubeflow.BRACKET and one.state == "running" and below[one.id] < expected:
            return True
    return False


def _refuses(artifact: Artifact) -> bool:
    told = artifact.properties
    if artifact.kind == "InfraBlessing":
        return told.get("blessing_status") == "INFRA_NOT_BLESSED"
    deciding = {"graduate.Verdict": "passed", "ModelBlessing": "blessed"}.get(artifact.kind)
    return deciding in told and not told[deciding]


def _source(artifact: Artifact) -> str:
    return str(artifact.properties.get("source") or artifact.kind)


def _measured(made: Sequence[Artifact]) -> dict[str, float]:
    """Metrics that a Kubeflow task logged, or that Graduate's Evaluator wrote where its files are on this machine."""
    found: dict[str, float] = {}
    for artifact in made:
        if artifact.type == _LOGGED:
            found |= _numbers(artifact.properties)
        elif artifact.kind == "ModelEvaluation" and artifact.folder is not None:
            found |= _numbers(_overall(artifact.folder / "metrics.json"))
    return found


def _numbers(told: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: value for name, value in told.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _overall(path: Path) -> Mapping[str, Any]:
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))
        found = measured.get("candidate", measured)["overall"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}
