"""A part of the lineage as something to draw: nodes with a shape, a word and a tone, arrows with their slots."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.walk import Graph

MOST = 300  # nodes in a picture that somebody can still read
_HUB = 8  # things beside one artifact before the rest of a kind are drawn as one
_FEW = 3
VERDICT = "graduate.Verdict"
# What a node of the picture tells of an artifact
BRIEF = ("passed", "source", "pushed", "pushed_version", "blessed", "verdict", "none", "span", "state")


@dataclass(frozen=True)
class Node:
    """A node of the picture.

    Attributes:
        key: `a15` or `e8`; of several drawn as one `m` and a number.
        label: its first line.
        told: its second line: sign, words, tone.
        shape: `execution`, `artifact`, `verdict`, `model` or `more`.
        gone: its files are not there.
        start: the picture is about it.
    """

    key: str
    label: str
    told: telling.Told
    shape: str
    gone: bool = False
    start: bool = False


@dataclass(frozen=True)
class Edge:
    """An arrow; `verdict` where it carries a verdict alone."""

    source: str
    target: str
    slots: tuple[str, ...]
    verdict: bool = False


@dataclass
class Drawing:
    """A picture.

    Attributes:
        nodes: by key.
        edges: between them.
        left_out: how many things of the graph are not in it, since nobody could read it.
        beyond: how many were seen and lie further away than somebody asked for.
        quiet: slots are told of arrows that light up alone.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    left_out: int = 0
    beyond: int = 0
    quiet: bool = False


def of_graph(records: Records, graph: Graph, most: int = MOST) -> Drawing:
    """Executions and artifacts as nodes, slots as arrows.

    A graph with more than `most` things is drawn around its start: of many alike beside one artifact the newest three,
    the others as one node; and the nearest of the rest.
    """
    links = [
        (f"e{e.execution}", f"a{e.artifact}", e.key) if e.output else (f"a{e.artifact}", f"e{e.execution}", e.key)
        for e in graph.events
    ]
    keys = [f"a{one}" for one in sorted(graph.artifacts)] + [f"e{one}" for one in sorted(graph.executions)]
    start = [f"a{one}" for one in sorted(graph.start[0])] + [f"e{one}" for one in sorted(graph.start[1])]
    drawn, folded = set(keys), dict[str, tuple[str, str, int]]()
    if len(keys) > most:
        drawn, folded = _nearest(keys, links, start, graph, most)
    picture = Drawing(left_out=len(keys) - len(drawn), beyond=graph.cut)
    wanted = [one for one in graph.artifacts if f"a{one}" in drawn]
    verdicts = set[str]()
    for artifact in records.artifacts(ids=wanted, only=BRIEF):
        key = f"a{artifact.id}"
        picture.nodes[key] = artifact_node(artifact, start=artifact.id in graph.start[0])
        verdicts |= {key} if artifact.kind == VERDICT else set()
    for execution in graph.executions.values():
        if f"e{execution.id}" in drawn:
            node = execution_node(execution, start=execution.id in graph.start[1])
            picture.nodes[node.key] = node
    for key, (beside, label, many) in folded.items():
        picture.nodes[key] = Node(key, f"{many:,} more", telling.Told("⋯", label, "dim"), "more")
        picture.edges.append(Edge(beside, key, ()))
    picture.edges = _telling([*picture.edges, *_edges(links, picture.nodes, lambda key: key in verdicts)])
    return picture


def of_run(records: Records, graph: Graph) -> Drawing:
    """Executions alone as nodes; an arrow is what one took of what the other gave."""
    picture = Drawing(beyond=graph.cut, quiet=True)
    makers: dict[int, list[int]] = {}
    for event in graph.events:
        if event.output:
            makers.setdefault(event.artifact, []).append(event.execution)
    for execution in graph.executions.values():
        node = execution_node(execution, start=execution.id in graph.start[1])
        picture.nodes[node.key] = node
    taken = {event.artifact for event in graph.events if not event.output}
    kinds = {one.id: one.kind for one in graph.artifacts.values() if one.id in taken}
    links = [
        (f"e{maker}", f"e{event.execution}", event.key, event.artifact)
        for event in graph.events
        if not event.output
        for maker in makers.get(event.artifact, ())
    ]
    judged: dict[tuple[str, str], bool] = {}
    for source, target, _, artifact in links:
        judged[source, target] = judged.get((source, target), True) and kinds.get(artifact) == VERDICT
    edges = _edges([link[:3] for link in links], picture.nodes, lambda _: False)
    picture.edges = _telling([Edge(one.source, one.target, one.slots, judged[one.source, one.target]) for one in edges])
    return picture


def execution_node(execution: Execution, *, start: bool = False) -> Node:
    """An execution: its state, and how long it took where it did something."""
    told = telling.execution_state(execution.state)
    if execution.state in ("ran", "failed"):
        told = told._replace(word=f"{told.word} · {telling.lasted(execution.ended - execution.started)}")
    return Node(f"e{execution.id}", execution.node, told, "execution", start=start)


def artifact_node(artifact: Artifact, *, start: bool = False) -> Node:
    """An artifact: what it says, or that its files are gone."""
    label, told, shape = _artifact(artifact)
    gone = artifact.present is False and not artifact.properties.get("none")
    if gone or artifact.state in ("deleted", "marked_for_deletion", "abandoned"):
        told = telling.Told(told.sign, f"{told.word}, files gone", "warn" if told.tone == "dim" else told.tone)
    return Node(f"a{artifact.id}", label, told, shape, gone=gone, start=start)


def _artifact(artifact: Artifact) -> tuple[str, telling.Told, str]:
    known, name = artifact.properties, artifact.kind.removeprefix("graduate.")
    if artifact.kind == VERDICT:
        return f"{known.get('source') or ''} verdict".strip(), telling.verdict(known.get("passed")), "verdict"
    if artifact.kind == "ModelBlessing":
        blessed = known.get("blessed")
        told = telling.Told("✓", "blessed", "good") if blessed else telling.Told("✕", "not blessed", "bad")
        return name, told, "artifact"
    if name == "Findings" and known.get("verdict"):
        sick = known["verdict"] == "sick"
        return name, telling.Told("!" if sick else "✓", str(known["verdict"]), "bad" if sick else "good"), "artifact"
    if artifact.kind == "PushedModel":
        version = known.get("pushed_version")
        return name, telling.Told("★", f"version {version}" if version else str(artifact.id), "calm"), "model"
    if known.get("none"):
        return name, telling.Told("∅", "none yet", "dim"), "artifact"
    return name, telling.Told("", f"artifact {artifact.id}", "dim"), "model" if name == "Model" else "artifact"


def _edges(
    links: Iterable[tuple[str, str, str]], nodes: Collection[str], judged: Callable[[str], bool]
) -> Iterable[Edge]:
    slots: dict[tuple[str, str], list[str]] = {}
    for source, target, slot in links:
        if source in nodes and target in nodes:
            named = slots.setdefault((source, target), [])
            if slot and slot not in named:
                named.append(slot)
    for (source, target), named in slots.items():
        yield Edge(source, target, tuple(named), judged(source) or judged(target))


def _telling(edges: list[Edge]) -> list[Edge]:
    """Without the arrows of conditions that others imply: a verdict lets all that follows through, and so is taken by
    every later node. What is upstream and downstream of what stays the same."""
    after: dict[str, dict[str, None]] = {}
    for edge in edges:
        after.setdefault(edge.source, {})[edge.target] = None
    kept = []
    for edge in edges:
        if edge.verdict and edge.slots and all(slot.startswith("_") for slot in edge.slots):
            del after[edge.source][edge.target]
            if _reaches(after, edge.source, edge.target):
                continue
            after[edge.source][edge.target] = None
        kept.append(edge)
    return kept


def _reaches(after: Mapping[str, Collection[str]], source: str, target: str) -> bool:
    seen, stack = {source}, [source]
    while stack:
        for one in after.get(stack.pop(), ()):
            if one == target:
                return True
            if one not in seen:
                seen.add(one)
                stack.append(one)
    return False


def _nearest(
    keys: Collection[str],
    links: Collection[tuple[str, str, str]],
    start: Collection[str],
    graph: Graph,
    most: int,
) -> tuple[set[str], dict[str, tuple[str, str, int]]]:
    """The things to draw, and what stands for the others: key, what it stands beside, words, how many."""
    kinds = {f"a{one.id}": one.kind for one in graph.artifacts.values()}
    kinds |= {f"e{one.id}": one.node for one in graph.executions.values()}
    beside: dict[str, list[str]] = {}
    for source, target, _ in links:
        beside.setdefault(source, []).append(target)
        beside.setdefault(target, []).append(source)
    drawn, folded = dict.fromkeys(one for one in start if one in kinds), dict[str, tuple[str, str, int]]()
    queue = deque(drawn)
    while queue and len(drawn) < most:
        key = queue.popleft()
        fresh = [one for one in dict.fromkeys(beside.get(key, ())) if one not in drawn and one in kinds]
        kept = _folded(key, fresh, kinds, folded)
        for one in kept[: most - len(drawn)]:
            drawn[one] = None
            queue.append(one)
    return set(drawn), folded


def _folded(
    key: str, fresh: Collection[str], kinds: Mapping[str, str], folded: dict[str, tuple[str, str, int]]
) -> list[str]:
    by_kind: dict[str, list[str]] = {}
    for one in fresh:
        by_kind.setdefault(kinds[one], []).append(one)
    kept: list[str] = []
    for kind, alike in by_kind.items():
        if len(alike) <= _HUB:
            kept += alike
            continue
        kept += sorted(alike, key=lambda one: int(one[1:]))[-_FEW:]
        folded[f"m{len(folded)}"] = (key, kind.removeprefix("graduate."), len(alike) - _FEW)
    return kept
