"""Which branch of a lineage graph is drawn where: the order of a tree, without its words.

A graph is no tree. A node is drawn where it is met first, with what is behind it; elsewhere stands a reference. So
there are no more lines than edges, cycles end, and thousands of alike neighbours are folded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graduate.pipeline.lineage.tree import Edge, Lineage

FOLD = 8  # neighbours of one kind that are drawn; the rest are counted
DEEPEST = 54  # columns of branches; what is deeper is asked for from there
# What a model is made of comes first, what was only looked at last.
_ORDER = (
    *("PushedModel", "Model", "Examples", "TransformGraph", "Schema", "ExampleStatistics", "graduate.Manifest"),
    *("", "ModelRun", "graduate.Findings", "ModelEvaluation", "ModelBlessing", "graduate.Verdict"),
)
Key = tuple[bool, int]  # whether it is an artifact; its number


@dataclass(frozen=True)
class Branch:
    """One line of the tree.

    Attributes:
        above: the branches that go on to its left.
        last: whether it is the last of its siblings.
        edge: by which the node was met; None where the line is about several.
        to_artifact: whether the node is the edge's artifact rather than its execution.
        up: whether the line stands in what the subject was made from.
        run: the run that the line above belongs to.
        opens: whether lines hang below it.
        drawn: edges to nodes that are drawn elsewhere: those behind this one, or, without an edge, beside the others.
        conditions: edges by which something was only looked at, or only let run.
        folded: how many alike are left out, and of what kind.
    """

    above: str
    last: bool = False
    edge: Edge | None = None
    to_artifact: bool = False
    up: bool = True
    run: str = ""
    opens: bool = False
    drawn: tuple[Edge, ...] = ()
    conditions: tuple[Edge, ...] = ()
    folded: tuple[int, str] | None = None


@dataclass
class _Siblings:
    """Neighbours of one node that wait to be drawn."""

    above: str
    to_artifact: bool
    run: str
    edges: deque[Edge]
    notes: list[Branch]
    drawn: list[Edge] = field(default_factory=list)


class Branches:
    """The branches of one direction.

    Args:
        told: the answer.
        up: what it was made from, rather than what it gave.
        fold: neighbours of one kind that are drawn; None is all.
    """

    def __init__(self, told: Lineage, up: bool, fold: int | None) -> None:
        self._told, self._up, self._fold = told, up, fold
        self.of_artifact: dict[int, list[Edge]] = {}
        self.of_execution: dict[int, list[Edge]] = {}
        for edge in told.edges:
            self.of_artifact.setdefault(edge.artifact, []).append(edge)
            self.of_execution.setdefault(edge.execution, []).append(edge)
        self._weights = {one: self._weight(edges) for one, edges in self.of_execution.items()}
        self._own = set(told.own)
        self._drawn = self._starts()
        self._plain = self._reached()
        self.folded = self.deeper = 0

    def draw(self) -> Iterator[Branch]:
        """The branches from top to bottom."""
        waiting = [found for found in self._roots() if found.edges or found.notes]
        while waiting:
            siblings = waiting[-1]
            while siblings.edges and self._far(siblings.edges[0], siblings.to_artifact) in self._drawn:
                siblings.drawn.append(siblings.edges.popleft())
            if not siblings.edges:
                waiting.pop()
                yield from self._rest(siblings)
                continue
            edge = siblings.edges.popleft()
            last = not (siblings.edges or siblings.drawn or siblings.notes)
            key = self._far(edge, siblings.to_artifact)
            self._drawn.add(key)
            below = siblings.above + ("   " if last else "│  ")
            behind = self._behind(key, below, siblings.run)
            referred = self._all_drawn(behind)
            if referred:
                behind = None
            if behind and len(below) > DEEPEST:
                self.deeper += 1
                behind = None
            yield Branch(
                siblings.above, last, edge, siblings.to_artifact, self._up, siblings.run, behind is not None, referred
            )
            if behind:
                waiting.append(behind)

    def _all_drawn(self, behind: _Siblings | None) -> tuple[Edge, ...]:
        """The edges, if every one leads to what is drawn already: then one line is enough."""
        if behind is None or behind.notes:
            return ()
        drawn = all(self._far(edge, behind.to_artifact) in self._drawn for edge in behind.edges)
        return tuple(behind.edges) if drawn else ()

    def given(self, execution: int) -> list[Edge]:
        """What an execution gave, the weightiest first."""
        return sorted((edge for edge in self.of_execution.get(execution, ()) if edge.output), key=self._rank)

    def _rest(self, siblings: _Siblings) -> Iterator[Branch]:
        """The lines below the last sibling that was drawn."""
        above, to_artifact = siblings.above, siblings.to_artifact
        drawn = tuple(siblings.drawn)
        lines = [Branch(above, to_artifact=to_artifact, up=self._up, drawn=drawn)] if drawn else []
        lines += siblings.notes
        for at, line in enumerate(lines):
            yield Branch(**{**line.__dict__, "last": at == len(lines) - 1})

    def _starts(self) -> set[Key]:
        artifacts, executions = self._told.graph.start
        own = {(True, edge.artifact) for one in self._own for edge in self.of_execution.get(one, ()) if edge.output}
        return {(True, one) for one in artifacts} | {(False, one) for one in executions} | own

    def _roots(self) -> list[_Siblings]:
        """Round an artifact who gave or took it, round an execution what it took or gave, round a run what crosses."""
        artifacts, executions = self._told.graph.start
        if self._own:
            run = self._told.subject.run
            return [self._siblings("", self._crossing(), self._up, run.id if run else "")]
        edges = [edge for one in artifacts for edge in self.of_artifact.get(one, ())]
        if edges or artifacts:
            return [self._siblings("", edges, False, "")]
        edges = [edge for one in executions for edge in self.of_execution.get(one, ())]
        run_id = next(
            (self._told.graph.executions[one].run for one in executions if one in self._told.graph.executions), ""
        )
        return [self._siblings("", edges, True, run_id)]

    def _crossing(self) -> list[Edge]:
        """Of a run: what it took and had not made or found in the cache; who else took what it made."""
        executions = self._told.graph.executions
        given: set[int] = set()
        made: set[int] = set()
        for one in self._own & executions.keys():
            outputs = {edge.artifact for edge in self.of_execution.get(one, ()) if edge.output}
            given |= outputs
            made |= outputs if executions[one].state != "cached" else set()
        if self._up:
            edges = [edge for one in self._own for edge in self.of_execution.get(one, ()) if edge.artifact not in given]
            return list({edge.artifact: edge for edge in edges if not edge.output}.values())
        edges = [edge for one in made for edge in self.of_artifact.get(one, ()) if edge.execution not in self._own]
        return list({edge.execution: edge for edge in edges if not edge.output}.values())

    def _behind(self, key: Key, above: str, run: str) -> _Siblings | None:
        is_artifact, number = key
        edges = (self.of_artifact if is_artifact else self.of_execution).get(number, ())
        run = run if is_artifact else self._told.graph.executions[number].run
        found = self._siblings(above, edges, not is_artifact, run)
        return found if found.edges or found.notes else None

    def _siblings(self, above: str, edges: Iterable[Edge], to_artifact: bool, run: str) -> _Siblings:
        """Neighbours in this direction: alike ones folded, conditions told apart."""
        # going up, an execution leads to what it took and an artifact to who gave it; going down the other way round
        ahead = sorted((edge for edge in edges if self._leads(edge, to_artifact)), key=self._rank)
        named = {edge for edge in ahead if edge.condition and self._only_named(edge, to_artifact)}
        by_kind: dict[str, list[Edge]] = {}
        for edge in ahead:
            if edge not in named:
                by_kind.setdefault(self._kind(edge, to_artifact), []).append(edge)
        shown: deque[Edge] = deque()
        notes = []
        for kind, alike in by_kind.items():
            most = len(alike) if self._fold is None or len(alike) <= self._fold + 1 else self._fold
            shown += alike[:most]
            if len(alike) > most:
                self.folded += len(alike) - most
                notes.append(Branch(above, folded=(len(alike) - most, kind)))
        if named:
            notes.append(
                Branch(above, to_artifact=to_artifact, up=self._up, conditions=tuple(e for e in ahead if e in named))
            )
        return _Siblings(above, to_artifact, run, shown, notes)

    def _only_named(self, edge: Edge, to_artifact: bool) -> bool:
        """Upstream a condition's verdict is drawn unless it is drawn elsewhere; downstream nothing came of it."""
        return not self._up or self._far(edge, to_artifact) in self._plain

    def _leads(self, edge: Edge, to_artifact: bool) -> bool:
        return edge.output != (self._up == to_artifact)

    def _far(self, edge: Edge, to_artifact: bool) -> Key:
        return (True, edge.artifact) if to_artifact else (False, edge.execution)

    def _reached(self) -> set[Key]:
        """What is met without going through a condition."""
        waiting = list(self._starts())
        found = set(waiting)
        while waiting:
            is_artifact, number = waiting.pop()
            for edge in (self.of_artifact if is_artifact else self.of_execution).get(number, ()):
                far = self._far(edge, not is_artifact)
                if not edge.condition and self._leads(edge, not is_artifact) and far not in found:
                    found.add(far)
                    waiting.append(far)
        return found

    def _kind(self, edge: Edge, to_artifact: bool) -> str:
        if to_artifact:
            return self._told.graph.artifacts[edge.artifact].kind
        return f"executions of {self._told.graph.executions[edge.execution].node}"

    def _rank(self, edge: Edge) -> tuple[bool, int, int, bool, int, int]:
        # of who took an artifact, those come first that made the weightiest of it
        weight = 0 if edge.output or self._up else self._weights[edge.execution]
        return edge.condition, weight, self._order(edge), "baseline" in edge.slots, edge.artifact, edge.execution

    def _order(self, edge: Edge) -> int:
        kind = self._told.graph.artifacts[edge.artifact].kind
        return _ORDER.index(kind if kind in _ORDER else "")

    def _weight(self, edges: Sequence[Edge]) -> int:
        return min((self._order(edge) for edge in edges if edge.output), default=len(_ORDER))
