"""`graduate lineage`: the graph round a thing: what it was made from, what came of it, with short facts.

The walk is `walk.around`; here each node gets its facts, and each edge says whether an artifact was taken to be worked
on or only looked at by a condition (TFX names such slots `_NODE.key`): without the verdict the node would not have run,
but nothing of the verdict went into what it made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from graduate.pipeline.lineage import pushes, tree_facts, walk
from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.walk import Graph
from graduate.pipeline.lineage.words import Subject

UPSTREAM, DOWNSTREAM = "upstream", "downstream"


class Edge(NamedTuple):
    """Between an artifact and an execution; `slots` are all the names under which it was taken or given.

    `condition` where it was looked at by conditions alone.
    """

    artifact: int
    execution: int
    output: bool
    slots: tuple[str, ...]
    condition: bool


@dataclass(frozen=True)
class Lineage:
    """The graph round a subject.

    Attributes:
        subject: what was asked about.
        graph: what the walk found.
        directions: `upstream`, `downstream` or both.
        depth: executions in each direction at most; None is all.
        own: of a run its executions; empty otherwise.
        serving: numbers of the PushedModels that serve.
        metrics: by the number of a ModelEvaluation, those of the run that made it.
    """

    subject: Subject
    graph: Graph
    directions: tuple[str, ...]
    depth: int | None
    own: tuple[int, ...] = ()
    serving: frozenset[int] = frozenset()
    metrics: Mapping[int, Mapping[str, float]] = field(default_factory=dict)

    @cached_property
    def edges(self) -> list[Edge]:
        """One for each artifact and execution and direction, in order of time."""
        slots: dict[tuple[int, int, bool], tuple[str, ...]] = {}
        for event in self.graph.events:
            if event.artifact in self.graph.artifacts:
                way = (event.artifact, event.execution, event.output)
                slots[way] = (*slots[way], event.key) if way in slots else (event.key,)
        return [Edge._make((*way, _ordered(keys), _conditions_alone(keys))) for way, keys in slots.items()]

    def facts(self, artifact: Artifact) -> list[str]:
        """Few words about an artifact."""
        return tree_facts.of_artifact(artifact, artifact.id in self.serving, self.metrics.get(artifact.id, {}))

    def execution_facts(self, execution: Execution, run: str = "") -> list[str]:
        """Few words about an execution; its run where that is another one than `run`."""
        return tree_facts.of_execution(execution, self.graph.cached.get(execution.id, ()), run)

    def to_json(self) -> dict[str, Any]:
        """Nodes and edges, each edge in the direction in which things were made."""
        graph = self.graph
        return {
            "subject": {
                "label": self.subject.label,
                "run": self.subject.run.id if self.subject.run else None,
                "nodes": [
                    *(f"artifact:{one}" for one in sorted(graph.start[0])),
                    *(f"execution:{one}" for one in sorted(graph.start[1])),
                ],
            },
            "directions": list(self.directions),
            "depth": self.depth,
            "cut": graph.cut,
            "nodes": [
                *(self._artifact_json(one) for one in graph.artifacts.values()),
                *(self._execution_json(one) for one in graph.executions.values()),
            ],
            "edges": [
                {
                    "from": f"execution:{edge.execution}" if edge.output else f"artifact:{edge.artifact}",
                    "to": f"artifact:{edge.artifact}" if edge.output else f"execution:{edge.execution}",
                    "slots": list(edge.slots),
                    "condition": edge.condition,
                }
                for edge in self.edges
            ],
        }

    def _artifact_json(self, artifact: Artifact) -> dict[str, Any]:
        present = artifact.present
        return {
            "id": f"artifact:{artifact.id}",
            "node": "artifact",
            "kind": artifact.kind,
            "uri": artifact.uri,
            "name": artifact.name,
            "state": artifact.state,
            "created": artifact.created,
            "gone": None if present is None else not present,
            "serves": artifact.id in self.serving,
            "facts": self.facts(artifact),
            "metrics": dict(self.metrics.get(artifact.id, {})),
        }

    def _execution_json(self, execution: Execution) -> dict[str, Any]:
        return {
            "id": f"execution:{execution.id}",
            "node": "execution",
            "kind": execution.node,
            "type": execution.type,
            "state": execution.state,
            "run": execution.run or None,
            "pipeline": execution.pipeline or None,
            "started": execution.started,
            "ended": None if execution.state == "running" else execution.ended,
            "by_hand": tree_facts.deed(execution) or None,
            "cached_by": list(self.graph.cached.get(execution.id, ())),
        }


def _ordered(slots: tuple[str, ...]) -> tuple[str, ...]:
    """Conditions last."""
    return slots if len(slots) == 1 else tuple(sorted(set(slots), key=lambda key: (is_condition(key), key)))


def _conditions_alone(slots: tuple[str, ...]) -> bool:
    return is_condition(slots[0]) if len(slots) == 1 else all(map(is_condition, slots))


def is_condition(slot: str) -> bool:
    """Whether a slot's name says that only a condition looked at it."""
    return slot.startswith("_")


def lineage(
    records: Records,
    subject: Subject,
    *,
    upstream: bool = True,
    downstream: bool = True,
    depth: int | None = None,
    most: int = walk.MOST,
) -> Lineage:
    """The graph round a subject.

    Args:
        records: the store.
        subject: what was asked about.
        upstream: what it was made from.
        downstream: what came of it.
        depth: how many executions to go in each direction; None is all.
        most: executions and artifacts at most; more is said to be cut.
    """
    own: tuple[int, ...] = ()
    if subject.artifact is None and subject.execution is None and subject.run is not None:
        # what somebody did to the run's model later came of the run
        nodes = records.executions_of(subject.run, only=())
        own = tuple(one.id for one in nodes if one.type not in (pushes.ROLLBACK, pushes.OVERRIDE))
    executions = own or ((subject.execution.id,) if subject.artifact is None and subject.execution else ())
    artifacts = (subject.artifact.id,) if subject.artifact else ()
    graph = walk.around(
        records,
        artifacts=artifacts,
        executions=executions,
        upstream=upstream,
        downstream=downstream,
        depth=depth,
        only=tree_facts.PROPERTIES,
        most=most,
    )
    return Lineage(
        subject=subject,
        graph=graph,
        directions=tuple(name for name, wanted in ((UPSTREAM, upstream), (DOWNSTREAM, downstream)) if wanted),
        depth=depth,
        own=own,
        serving=_serving(records, graph),
        metrics=_metrics(records, graph),
    )


def _serving(records: Records, graph: Graph) -> frozenset[int]:
    if not any(artifact.kind == "PushedModel" for artifact in graph.artifacts.values()):
        return frozenset()
    return frozenset(push.artifact.id for push in pushes.serving(pushes.pushed(records)))


def _metrics(records: Records, graph: Graph) -> dict[int, Mapping[str, float]]:
    """Metrics lie on the run that an evaluation was made in."""
    makers = {
        event.artifact: graph.executions[event.execution].run
        for event in graph.events
        if event.output and (made := graph.artifacts.get(event.artifact)) and made.kind == "ModelEvaluation"
    }
    runs = {run.id: run.metrics for run in records.runs(ids=set(makers.values()) - {""})} if makers else {}
    return {artifact: runs[run] for artifact, run in makers.items() if run in runs}
