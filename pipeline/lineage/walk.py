"""The graph round an artifact or an execution: upstream what it came from, downstream what came of it.

Breadth first, a frontier at a time, so that a store is asked a few times whatever the graph's size. ML Metadata's own
`get_lineage_subgraph` silently cuts its starting nodes at 100; nothing is cut here without being said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event, Tell
from graduate.pipeline.lineage.stores import matching

MOST = 50_000  # executions and artifacts in one graph; more is said to be cut
_FEW = 200  # executions that a store is told to leave out of an answer


@dataclass
class Graph:
    """A part of the lineage.

    Attributes:
        artifacts: by number.
        executions: by number; those that only took their outputs from the cache are left out, see `cached`.
        events: between these artifacts and executions, in order of time.
        cached: of an execution, the runs that took its outputs from the cache.
        start: what the walk began with: numbers of artifacts, numbers of executions.
        cut: how many things lie beyond the depth or the limit that were seen and not followed.
    """

    artifacts: dict[int, Artifact] = field(default_factory=dict)
    executions: dict[int, Execution] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    cached: dict[int, list[str]] = field(default_factory=dict)
    start: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    cut: int = 0

    def makers(self, artifact: int) -> list[int]:
        """Executions that gave an artifact."""
        return [event.execution for event in self.events if event.artifact == artifact and event.output]

    def takers(self, artifact: int) -> list[int]:
        """Executions that took it."""
        return [event.execution for event in self.events if event.artifact == artifact and not event.output]


def around(
    records: Records,
    *,
    artifacts: Iterable[int] = (),
    executions: Iterable[int] = (),
    upstream: bool = True,
    downstream: bool = True,
    depth: int | None = None,
    only: Collection[str] | None = (),
    most: int = MOST,
) -> Graph:
    """Walk from artifacts and executions.

    Args:
        records: the store.
        artifacts: numbers of artifacts to start from.
        executions: numbers of executions to start from.
        upstream: follow what they came from.
        downstream: follow what came of them.
        depth: how many executions to go from the start in each direction; None is all.
        only: the properties to bring, as in `rows.Store`.
        most: executions and artifacts at most.
    """
    start = (frozenset(artifacts), frozenset(executions))
    walk = _Walk(records, start[1], most)
    for wanted, up in ((upstream, True), (downstream, False)):
        if wanted:
            walk.go(start, up, depth)
    return walk.graph(start, only)


class _Walk:
    """Numbers met so far. An execution that took its outputs from the cache is passed by: who made them is there."""

    _tell: Tell = "slots"  # of an artifact's events
    _tell_by: Tell = "slots"  # of an execution's
    _givers_alone = False  # whether of an artifact it only matters who gave it

    def __init__(self, records: Records, kept: Collection[int], most: int) -> None:
        self.records, self.kept, self.most = records, kept, most
        self.artifacts: set[int] = set()
        self.executions: set[int] = set()
        self.beyond: set[int] = set()
        self._states: dict[int, str] = {}
        self._of_artifact: dict[int, list[Event]] = {}
        self._of_execution: dict[int, list[Event]] = {}

    def go(self, start: tuple[frozenset[int], frozenset[int]], up: bool, depth: int | None) -> None:
        """One direction, breadth first; cycles end because nothing is visited twice."""
        artifacts, executions = set(start[0]), set(start[1])
        seen: tuple[set[int], set[int]] = (set(artifacts), set(executions))
        level = 0
        while artifacts or executions:
            found = self._beside(artifacts, up) - seen[1]
            full = len(self.artifacts | seen[0]) + len(self.executions | seen[1]) > self.most
            if full or (depth is not None and level >= depth):
                self.beyond |= found
                found = set()
            executions |= found
            seen[1].update(executions)
            level += bool(executions)
            artifacts = self._of(executions, up) - seen[0]
            seen[0].update(artifacts)
            executions = set()
        self.artifacts |= seen[0]
        self.executions |= seen[1]

    def _beside(self, artifacts: set[int], up: bool) -> set[int]:
        """Upstream the executions that made these artifacts, downstream those that took them."""
        if not artifacts:
            return set()
        by_artifact = [[event.execution for event in own if event.output == up] for own in self._events_of(artifacts)]
        self._learn({one for executions in by_artifact for one in executions})
        found: set[int] = set()
        for executions in by_artifact:
            worked = [one for one in executions if self._states[one] != "cached" or one in self.kept]
            # where who made it has been deleted, one that found it in the cache has to do
            found.update(worked or (executions[:1] if up else ()))
        return found

    def _events_of(self, artifacts: set[int]) -> list[list[Event]]:
        """The events of each artifact, in order of time; the store is asked once for each."""
        if unknown := artifacts - self._of_artifact.keys():
            self._learn_events(unknown)
        return [self._of_artifact[one] for one in artifacts]

    def _learn_events(self, artifacts: set[int]) -> None:
        # of a few executions all events are known, those of their thousands of artifacts among them
        few = len(self._of_execution) <= _FEW and self._tell_by == self._tell
        known = self._of_execution if few else {}
        output = True if self._givers_alone else None
        told: dict[int, list[Event]] = {one: [] for one in artifacts}
        for events in (*known.values(), self._ask(artifacts, output, known)):
            for event in events:
                if event.artifact in told and output in (None, event.output):
                    told[event.artifact].append(event)
        for own in told.values() if known else ():
            own.sort(key=matching.by_time)
        self._of_artifact |= told

    def _of(self, executions: set[int], up: bool) -> set[int]:
        """Upstream what these executions took, downstream what they gave."""
        return {event.artifact for event in self._events_by(executions) if event.output != up}

    def _events_by(self, executions: set[int]) -> Iterator[Event]:
        """What executions took and gave; the store is asked once for each."""
        if unknown := executions - self._of_execution.keys():
            self._of_execution |= {one: [] for one in unknown}
            for event in self.records.events(executions=unknown, tell=self._tell_by):
                self._of_execution[event.execution].append(event)
        return (event for one in executions for event in self._of_execution[one])

    def _ask(self, artifacts: set[int], output: bool | None, besides: Collection[int]) -> list[Event]:
        return self.records.events(artifacts=artifacts, output=output, besides=besides, tell=self._tell)

    def _learn(self, executions: set[int]) -> None:
        unknown = executions - self._states.keys()
        self._states |= dict.fromkeys(unknown, "unknown")
        self._states |= {row.id: row.state for row in self.records.store.executions(ids=unknown, only=())}

    def graph(self, start: tuple[frozenset[int], frozenset[int]], only: Collection[str] | None) -> Graph:
        """Everything that was met, and the events between."""
        executions = {one.id: one for one in self.records.executions(self.executions, only=only)}
        every = [event for own in self._events_of(self.artifacts) for event in own]
        self._learn({event.execution for event in every})
        return Graph(
            artifacts={one.id: one for one in self.records.artifacts(ids=self.artifacts, only=only)},
            executions=executions,
            events=sorted((one for one in every if one.execution in executions), key=matching.by_time),
            cached=self._cached(every, executions),
            start=start,
            cut=len(self.beyond - self.executions),
        )

    def _cached(self, events: Iterable[Event], executions: Collection[int]) -> dict[int, list[str]]:
        makers = {e.artifact: e.execution for e in events if e.output and e.execution in executions}
        by_execution: dict[int, int] = {}  # one that found its outputs in the cache -> the one that made them
        for event in events:
            if event.output and event.execution not in executions and self._states[event.execution] == "cached":
                by_execution[event.execution] = makers.get(event.artifact, 0)
        found: dict[int, list[str]] = {}
        for one in self.records.executions(by_execution, only=()):
            found.setdefault(by_execution[one.id], []).append(one.run)
        found.pop(0, None)
        return {maker: sorted(set(runs)) for maker, runs in found.items()}


class Sources(_Walk):
    """Where things came from, of many and whatever their number; what was read for one is not asked for again."""

    _tell, _tell_by = "times", "ends"
    _givers_alone = True

    def __init__(self, records: Records) -> None:
        super().__init__(records, (), 1 << 62)

    def upstream(self, artifacts: Iterable[int]) -> tuple[set[int], set[int]]:
        """Numbers of the artifacts and the executions that these came from, themselves among them."""
        self.artifacts, self.executions = set(), set()
        self.go((frozenset(artifacts), frozenset()), True, None)
        return self.artifacts, self.executions

    def beside(self, executions: Iterable[int]) -> set[int]:
        """Artifacts that executions took or gave."""
        return {event.artifact for event in self._events_by(set(executions))}

    def givers(self, artifacts: Iterable[int]) -> dict[int, list[int]]:
        """Of each artifact the executions that gave it or found it in the cache, in order of time."""
        wanted = set(artifacts)
        by_artifact = zip(wanted, self._events_of(wanted), strict=True)
        return {one: [event.execution for event in events] for one, events in by_artifact}
