"""Where the nodes of a graph stand: layers from top to bottom, by fast-sugiyama (Sugiyama, Tagawa and Toda 1981).

It is handed what it takes: whole numbers from 0, no arrow twice, no cycle (its process aborts on an arrow from a node
to itself).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 176, 46  # of a node, in pixels
COLUMN, ROW = 200, 104  # from the middle of a node to the next
CLOSE = 84  # a row where arrows bear no words
_UNIT = 100.0  # what the layout calls the distance of two nodes
_BEND = 12.0  # the room of a passing line, in those units
_WIDEST = 16  # nodes without arrows in a row

Point = tuple[float, float]


@dataclass
class Layout:
    """Where everything is, in pixels.

    Attributes:
        at: the middle of each node.
        routes: the points that a line passes, from its source's middle to its target's.
        width, height: of the whole.
    """

    at: dict[Hashable, Point] = field(default_factory=dict)
    routes: dict[tuple[Hashable, Hashable], list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def layered(nodes: Sequence[Hashable], edges: Iterable[tuple[Hashable, Hashable]], row: float = ROW) -> Layout:
    """Lay out a graph; parts that hang together stand beside each other, lone nodes below.

    Args:
        nodes: every node; their order decides ties.
        edges: source and target of each arrow; what is not between nodes is left out.
        row: from the middle of a node to that of the next below, in pixels.
    """
    known = set(nodes)
    wanted = list(dict.fromkeys((s, t) for s, t in edges if s != t and s in known and t in known))
    found = Layout()
    left = 0.0
    for members, own in _parts(nodes, wanted):
        left = _place(found, members, own, left, row) + COLUMN - WIDTH / 2
    below = max((y for _, y in found.at.values()), default=HEIGHT / 2 - row)
    lone = [node for node in nodes if node not in found.at]
    for at, node in enumerate(lone):
        found.at[node] = (WIDTH / 2 + COLUMN * (at % _WIDEST), below + row * (1 + at // _WIDEST))
    found.at = {node: found.at[node] for node in nodes}
    found.width = max((x for x, _ in found.at.values()), default=0.0) + WIDTH / 2
    found.height = max((y for _, y in found.at.values()), default=0.0) + HEIGHT / 2
    return found


def _parts(
    nodes: Sequence[Hashable], edges: Sequence[tuple[Hashable, Hashable]]
) -> Iterable[tuple[list[Hashable], list[tuple[Hashable, Hashable]]]]:
    """What hangs together, with its arrows; nodes without any are left out."""
    beside: dict[Hashable, list[Hashable]] = {}
    for source, target in edges:
        beside.setdefault(source, []).append(target)
        beside.setdefault(target, []).append(source)
    part: dict[Hashable, int] = {}
    for root in nodes:
        stack = [root] if root in beside and root not in part else []
        part |= dict.fromkeys(stack, len(part))
        while stack:
            for other in beside[stack.pop()]:
                if other not in part:
                    part[other] = part[root]
                    stack.append(other)
    for number in dict.fromkeys(part.values()):
        members = [node for node in nodes if part.get(node) == number]
        yield members, [edge for edge in edges if part[edge[0]] == number]


def _place(
    found: Layout, nodes: Sequence[Hashable], edges: Sequence[tuple[Hashable, Hashable]], left: float, row: float
) -> float:
    """Lay out one part from `left` on, and say where it ends; of several parts at once the library mixes up numbers."""
    from fast_sugiyama import from_edges

    number = {node: at for at, node in enumerate(nodes)}
    backward = _backward(nodes, edges)
    forward = dict.fromkeys((t, s) if (s, t) in backward else (s, t) for s, t in edges)
    given = [(number[s], number[t]) for s, t in forward]
    ((laid, _, tall, lines),) = from_edges(
        given, vertex_spacing=_UNIT, dummy_vertices=True, dummy_size=_BEND, check_layout=False
    )
    least = min(x for _, (x, _) in laid)
    points = {
        int(one): (left + (x - least) / _UNIT * COLUMN + WIDTH / 2, (tall - y) / _UNIT * row + HEIGHT / 2)
        for one, (x, y) in laid
    }
    found.at |= {node: points[at] for at, node in enumerate(nodes)}
    routes = {
        (nodes[route[0]], nodes[route[-1]]): [points[one] for one in route]
        for route in _routes([(int(source), int(target)) for source, target in lines or ()], len(nodes))
    }
    for pair in edges:  # what closes a cycle runs against the layers
        found.routes[pair] = routes[pair] if pair in routes else routes[pair[::-1]][::-1]
    return max(x for x, _ in points.values())


def _routes(pairs: Sequence[tuple[int, int]], nodes: int) -> Iterable[list[int]]:
    """Chains from node to node through the bends between; a bend is numbered above every node."""
    after = {source: target for source, target in pairs if source >= nodes}
    for source, target in pairs:
        if source < nodes:
            route = [source, target]
            while route[-1] >= nodes:
                route.append(after[route[-1]])
            yield route


def _backward(nodes: Sequence[Hashable], edges: Sequence[tuple[Hashable, Hashable]]) -> set[tuple[Hashable, Hashable]]:
    """The arrows that close a cycle, by a depth-first search without recursion."""
    after: dict[Hashable, list[Hashable]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    done: set[Hashable] = set()
    found: set[tuple[Hashable, Hashable]] = set()
    for root in nodes:
        if root in done:
            continue
        open_, stack = {root}, [(root, iter(after.get(root, ())))]
        done.add(root)
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                open_.discard(node)
                stack.pop()
            elif target in open_:
                found.add((node, target))
            elif target not in done:
                done.add(target)
                open_.add(target)
                stack.append((target, iter(after.get(target, ()))))
    return found
