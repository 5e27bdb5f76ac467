"""Runs that Graduate's own command did not write down: their status and metrics come from what their nodes did.

On Kubeflow all runs are such, Graduate's too: `vocabulary.kubeflow` tells how a run's facts are carried there. ML
Metadata does not hold everything that Kubeflow knows: a pod that was killed leaves its execution RUNNING, a driver that
failed leaves none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.lineage import outcomes, vocabulary
from graduate.pipeline.lineage import records as told
from graduate.pipeline.lineage.records import Artifact, Run
from graduate.pipeline.lineage.rows import ContextRow, Event, ExecutionRow
from graduate.pipeline.lineage.stores import matching
from graduate.pipeline.lineage.vocabulary import kubeflow, tfx

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records

_METRIC = "metric_"
_PARENT, _BOUNDS = "parent_dag_id", ("iteration_count", "total_dag_tasks")
_ASKED = (tfx.REASON, kubeflow.OUTPUTS, *kubeflow.NAMING)  # of executions: their parameters may be ten kilobytes each
_MEASURED, _LOGGED = ("Metrics", "ModelEvaluation"), "system.Metrics"
_RESOLVER = "tfx.dsl.components.common.resolver.Resolver"
_BY_HAND = ("graduate.Rollback", "graduate.Override")  # in the run whose model it was
_WORST = ("failed", "interrupted", "running")  # states, in this order, that tell how a run is


def runs(records: Records, rows: Sequence[ContextRow]) -> dict[int, Run]:
    """Runs by their context's number; the store is asked as often for a thousand runs as for one."""
    batch = _Batch(records, rows)
    return {row.id: _run(batch, row) for row in rows}


class _Batch:
    """What the store holds of several runs."""

    def __init__(self, records: Records, rows: Sequence[ContextRow]) -> None:
        self.records, self.rows = records, rows
        self.owned = records.store.executions_of_contexts([row.id for row in rows])
        every = {one for owned in self.owned.values() for one in owned}
        found = records.store.executions(ids=every, only=_ASKED) if every else []
        self.executions = {row.id: row for row in found if row.type not in _BY_HAND}

    def nodes_of(self, row: ContextRow) -> list[ExecutionRow]:
        """A run's executions of nodes, in order of time; what was done by hand afterwards is none."""
        found = [self.executions[one] for one in self.owned.get(row.id, ()) if one in self.executions]
        return [one for one in found if one.type != kubeflow.BRACKET]

    @cached_property
    def made(self) -> dict[int, list[Artifact]]:
        """By execution what it gave, of the kinds that tell how a run ended; what a Resolver found is another run's."""
        makers = {one for one, row in self.executions.items() if row.type not in (_RESOLVER, kubeflow.BRACKET)}
        if not makers:
            return {}
        kinds = (*outcomes.KINDS, *_MEASURED)
        given = self.records.events(executions=makers, kinds=kinds, output=True, tell="times")
        ids = {event.artifact for event in given}
        judged = self.records.artifacts(ids=ids, kinds=outcomes.KINDS, only=outcomes.PROPERTIES) if ids else []
        measured = self.records.artifacts(ids=ids, kinds=_MEASURED) if ids else []
        events, brought = self.brought
        artifacts = {one.id: one for one in (*judged, *measured, *brought)}
        found: dict[int, list[Artifact]] = {}
        for event in sorted((*given, *(one for one in events if one.execution in makers)), key=matching.by_time):
            found.setdefault(event.execution, []).append(artifacts[event.artifact])
        return found

    @cached_property
    def brought(self) -> tuple[list[Event], list[Artifact]]:
        """The Examples that tell a run's span, and who gave them; there may be hundreds of others for each run."""
        makers = [one for one, row in self.executions.items() if self.node(row) == outcomes.EXAMPLE_GEN]
        kinds = (outcomes.EXAMPLES,)
        events = self.records.events(executions=makers, kinds=kinds, output=True, tell="times") if makers else []
        ids = {event.artifact for event in events}
        return events, self.records.artifacts(ids=ids, only=outcomes.PROPERTIES) if ids else []

    @cached_property
    def around(self) -> dict[int, list[ContextRow]]:
        """By execution the contexts that name its node and its pipeline."""
        kinds = (tfx.NODE_KIND, *vocabulary.PIPELINE_KINDS)
        around = self.records.contexts_around(self.executions)
        return {one: [context for context in contexts if context.type in kinds] for one, contexts in around.items()}

    def node(self, row: ExecutionRow) -> str:
        """The name of an execution's node."""
        return vocabulary.of(row.type).node(row, self.around.get(row.id, ()))

    def pipeline(self, nodes: Iterable[ExecutionRow]) -> str:
        """The name of the pipeline that executions belong to; "" of none."""
        contexts = (context for one in nodes for context in self.around.get(one.id, ()))
        return next((one.name for one in contexts if one.type in vocabulary.PIPELINE_KINDS), "")

    @cached_property
    def brackets(self) -> dict[int, list[ExecutionRow]]:
        """By run its DAGExecutions, with what is told of their extent and what the run was started with."""
        ids = [one for one, row in self.executions.items() if row.type == kubeflow.BRACKET]
        found = self.records.store.executions(ids=ids, only=(_PARENT, *_BOUNDS, kubeflow.INPUTS)) if ids else []
        by_id = {row.id: row for row in found}
        return {run: [by_id[one] for one in owned if one in by_id] for run, owned in self.owned.items()}

    def started_with(self, row: ContextRow) -> dict[str, Any]:
        """The parameters that a run was started with."""
        roots = (one for one in self.brackets.get(row.id, ()) if _PARENT not in one.properties)
        return next((kubeflow.taken(one) for one in roots), {})

    @cached_property
    def awaited(self) -> set[int]:
        """Runs in which a sub-DAG is under way and has tasks that are still to start: between two pods nothing runs."""
        under_way = {
            run: {one.id: _extent(one) for one in brackets if one.state == "running" and _extent(one)}
            for run, brackets in self.brackets.items()
        }
        ids = {one for run, dags in under_way.items() if dags for one in self.owned[run]}
        found = self.records.store.executions(ids=ids, only=(_PARENT,)) if ids else []
        below = Counter(one.properties.get(_PARENT) for one in found)
        return {run for run, dags in under_way.items() if any(below[dag] < number for dag, number in dags.items())}


def _extent(dag: ExecutionRow) -> int:
    """How many tasks, or turns of a loop, a DAG has; 0 where it is not told, as of a run itself."""
    told = (dag.properties.get(name) for name in _BOUNDS)
    return next((number for number in told if isinstance(number, int)), 0)


def _run(batch: _Batch, row: ContextRow) -> Run:
    rows = batch.nodes_of(row)
    names = {one.id: batch.node(one) for one in rows}
    made = [(names[one.id], artifact) for one in rows for artifact in batch.made.get(one.id, ())]
    nodes: dict[str, str] = {}
    for one in rows:  # a node of a loop has several executions: the worst tells
        states = (nodes.get(names[one.id]), vocabulary.of(one.type).state(one))
        nodes[names[one.id]] = next((state for state in _WORST if state in states), states[1])
    said = _said(batch, row, rows)
    metrics = {name.removeprefix(_METRIC): value for name, value in said.items() if name.startswith(_METRIC)}
    facts = {name: value for name, value in said.items() if not name.startswith(_METRIC)}
    status = str(facts.get("status") or _status(nodes, made, row.id in batch.awaited, "name" in facts))
    return Run(
        id=row.name,
        pipeline=batch.pipeline(rows) or batch.records.pipeline_of(row.id) or str(facts.get("name") or ""),
        status=status,
        started=min([row.created, *(one.created for one in rows)]),
        ended=None if status == "running" else max((one.updated for one in rows), default=row.updated),
        metrics=dict(sorted((metrics or _measured(made)).items())),
        context=row.id,
        vocabulary=vocabulary.of(row.type).NAME,
        facts={**outcomes.facts(nodes, made), **facts},
    )


def _said(batch: _Batch, row: ContextRow, nodes: Iterable[ExecutionRow]) -> dict[str, Any]:
    """What Graduate said of a run, without its prefix; `parameters` are the others that the run was started with."""
    start = batch.started_with(row)
    outputs = (kubeflow.given(node) for node in nodes if node.properties.get(kubeflow.OUTPUTS))
    found: dict[str, Any] = {}
    for properties in (start, *outputs, row.properties):
        found |= told.facts(properties)
        found |= {
            name.removeprefix(kubeflow.GRADUATE): float(value)
            for name, value in properties.items()
            if name.startswith(f"{kubeflow.GRADUATE}{_METRIC}") and isinstance(value, int | float)
        }
    others = {name: value for name, value in start.items() if not name.startswith(kubeflow.GRADUATE)}
    if kubeflow.CHANGEABLE in found and "config" in found:
        found["config"] = _changed(found["config"], found[kubeflow.CHANGEABLE], others)
    return {**found, "parameters": others} if others else found


def _changed(config: Any, keys: Any, parameters: Mapping[str, Any]) -> Any:
    """The config with the values that the run was started with; as it was where it cannot be read."""
    try:
        values, names = json.loads(config), json.loads(keys)
        for name, key in names.items():
            if name in parameters:
                *path, last = key.split(".")
                at = values
                for part in path:
                    at = at[part]
                at[last] = parameters[name]
    except (ValueError, TypeError, KeyError, AttributeError):
        return config
    return json.dumps(values, sort_keys=True)


def _status(nodes: Mapping[str, str], made: outcomes.Made, awaited: bool, ours: bool) -> str:
    """What became of a run. One of Graduate's pipelines that neither pushed nor refused is still on its way."""
    for state in _WORST:
        if state in nodes.values():
            return state
    if awaited:
        return "running"
    ended = "running" if ours else "complete" if nodes else "unknown"
    return outcomes.status(made) or ended


def _measured(made: outcomes.Made) -> dict[str, float]:
    """Metrics that a Kubeflow task logged, or that Graduate's Evaluator wrote where its files are on this machine."""
    found: dict[str, float] = {}
    for _, artifact in made:
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
