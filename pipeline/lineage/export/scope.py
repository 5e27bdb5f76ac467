"""Which part of the lineage a document covers.

A run: its executions. A model or another artifact: everything upstream, in whichever runs it was made.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graduate.pipeline.lineage import pushes, walk
from graduate.pipeline.lineage.export import stable
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.rows import Event
from graduate.pipeline.lineage.words import Subject

BY_HAND = frozenset([pushes.ROLLBACK, pushes.OVERRIDE])  # what a person did to a model later; no part of its run


@dataclass(frozen=True)
class Scope:
    """A part of the lineage.

    Attributes:
        store: the store's id.
        executions: in order of time.
        artifacts: by number.
        events: between these, in order of time.
        runs: those that these executions belong to, by id, with all their facts.
    """

    store: uuid.UUID
    executions: Sequence[Execution]
    artifacts: Mapping[int, Artifact]
    events: Sequence[Event]
    runs: Mapping[str, Run]

    @cached_property
    def _by_execution(self) -> Mapping[int, Sequence[Event]]:
        found: dict[int, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.execution, []).append(event)
        return found

    def inputs(self, execution: Execution) -> list[tuple[str, Artifact]]:
        """What it took, each once, by slot: of a slot for data and one for a condition the first is told."""
        return self._beside(execution, output=False)

    def outputs(self, execution: Execution) -> list[tuple[str, Artifact]]:
        """What it gave."""
        return self._beside(execution, output=True)

    def _beside(self, execution: Execution, *, output: bool) -> list[tuple[str, Artifact]]:
        found: dict[int, str] = {}
        for event in self._by_execution.get(execution.id, ()):
            if event.output is output and event.artifact in self.artifacts:
                known = found.get(event.artifact)
                if known is None or known.startswith("_"):  # TFX names the slot of a condition `_NODE.verdict`
                    found[event.artifact] = event.key
        return [(key, self.artifacts[number]) for number, key in found.items()]


def of(records: Records, subject: Subject, *, makers: bool = False) -> Scope:
    """The scope of a subject.

    Args:
        records: the store.
        subject: what was asked for.
        makers: of a run also what is upstream of its executions: whoever made what it found in the cache.
    """
    if subject.artifact is not None:
        graph = walk.around(records, artifacts=[subject.artifact.id], downstream=False, only=None)
    elif subject.execution is not None:
        graph = walk.around(records, executions=[subject.execution.id], downstream=False, only=None)
    elif subject.run is not None:
        own = [one.id for one in records.executions_of(subject.run, only=()) if one.type not in BY_HAND]
        if not makers:
            return _of_executions(records, subject.run, own)
        graph = walk.around(records, executions=own, downstream=False, only=None)
    else:
        graph = walk.Graph()
    events = _with_outputs(records, graph)
    return _scope(records, list(graph.executions.values()), graph.artifacts, events, subject.run)


def _with_outputs(records: Records, graph: walk.Graph) -> Sequence[Event]:
    """Brings what the executions gave besides what was walked through: a verdict, a manifest."""
    events = records.events(executions=graph.executions) if graph.executions else []
    missing = {event.artifact for event in events} - graph.artifacts.keys()
    if missing:
        graph.artifacts |= {one.id: one for one in records.artifacts(ids=missing)}
    return events


def _of_executions(records: Records, run: Run, ids: Sequence[int]) -> Scope:
    events = records.events(executions=ids) if ids else []
    named = {event.artifact for event in events}
    artifacts = {one.id: one for one in records.artifacts(ids=named)} if named else {}
    return _scope(records, records.executions(ids), artifacts, events, run)


def _scope(
    records: Records,
    executions: Sequence[Execution],
    artifacts: Mapping[int, Artifact],
    events: Sequence[Event],
    own: Run | None,
) -> Scope:
    names = {execution.run for execution in executions if execution.run} | ({own.id} if own else set())
    runs = records.runs(ids=names, only=None) if names else []
    return Scope(
        store=stable.store_id(records),
        executions=sorted(executions, key=lambda one: (one.started, one.id)),
        artifacts=artifacts,
        events=events,
        runs={run.id: run for run in runs},
    )
