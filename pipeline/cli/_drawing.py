"""A DAG as a picture of characters: boxes in layers, arrows down; a node without inputs stands beside its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graduate.pipeline.graph import NodeSpec

_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_LINES = dict(enumerate(" ╵╶└╷│┌├╴┘─┴┐┤┬┼"))  # by the directions that a cell leads to
_ASCII = str.maketrans(
    dict.fromkeys("└┌┐┘├┤┬┴┼╥", "+")
    | dict.fromkeys("│║╵╷", "|")
    | dict.fromkeys("─╶╴–", "-")
    | {"→": "->", "▼": "v", "◄": "<", "≥": ">=", "≤": "<=", "×": "x", "·": "-", "…": "..."}
)
_LEFT, _GAP = 2, 4


@dataclass(frozen=True)
class Edge:
    """An arrow of the picture; `verdict`: the target runs only if the source's verdict passed."""

    source: str
    target: str
    verdict: bool


def edges(found: Sequence[NodeSpec]) -> list[Edge]:
    """The arrows that a picture needs: those that follow from others are left out."""
    known = {node.id for node in found}
    direct = {node.id: known & {*node.inputs, node.guard} for node in found}
    above: dict[str, set[str]] = {}
    for node in found:  # in topological order
        above[node.id] = direct[node.id].union(*(above[source] for source in direct[node.id]))
    kept = []
    for node in found:
        for source in [other.id for other in found if other.id in direct[node.id]]:
            if not any(source in above[other] for other in direct[node.id] - {source}):
                kept.append(Edge(source, node.id, source == node.guard))
    return kept


def picture(found: Sequence[NodeSpec]) -> str:
    """The picture, without a line end at its end."""
    beside = _beside(found)
    down = edges([node for node in found if node.id not in beside])
    layers = _layers(found, down, beside)
    centres = _centres(layers)
    canvas = _Canvas()
    for number, layer in enumerate(layers):
        if number:
            canvas.connect(_between(layers[number - 1], layer, down), centres)
        canvas.boxes(layer, centres, beside, {edge.source for edge in down}, {edge.target for edge in down})
    return canvas.text()


def ascii_only(text: str) -> str:
    """The same for a terminal that has no Unicode."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def _beside(found: Sequence[NodeSpec]) -> dict[str, str]:
    """Nodes, but for the first, that take no artifact and have one reader: drawn beside it, by its id."""
    readers = {node.id: [other.id for other in found if node.id in other.inputs] for node in found}
    return {node.id: readers[node.id][0] for node in found[1:] if not node.inputs and len(readers[node.id]) == 1}


def _layers(found: Sequence[NodeSpec], down: Sequence[Edge], beside: dict[str, str]) -> list[list[str]]:
    """Boxes by their distance from the start. `source>target` is an arrow that passes a layer."""
    depth: dict[str, int] = {}
    for node in found:
        depth[node.id] = max((depth[edge.source] + 1 for edge in down if edge.target == node.id), default=0)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in found:
        if node.id not in beside:
            layers[depth[node.id]] += [node.id, *(side for side, reader in beside.items() if reader == node.id)]
    for edge in down:
        for between in range(depth[edge.source] + 1, depth[edge.target]):
            layers[between].append(f"{edge.source}>{edge.target}")
    return layers


def _width(box: str) -> int:
    return 1 if ">" in box else len(box) + 4


def _centres(layers: Sequence[Sequence[str]]) -> dict[str, int]:
    """The column of each box's middle; the first box of every layer stands on one axis."""
    axis = _LEFT + max(_width(layer[0]) for layer in layers) // 2
    centres: dict[str, int] = {}
    for layer in layers:
        right = axis + (_width(layer[0]) + 1) // 2
        centres[layer[0]] = axis
        for box in layer[1:]:
            centres[box] = right + _GAP + _width(box) // 2
            right = right + _GAP + _width(box)
    return centres


def _between(upper: Sequence[str], lower: Sequence[str], down: Sequence[Edge]) -> list[tuple[str, str, bool]]:
    """The arrows from one layer to the next, pieces of longer ones included."""
    found = []
    for edge in down:
        through = f"{edge.source}>{edge.target}"
        source = edge.source if edge.source in upper else through
        target = edge.target if edge.target in lower else through
        if source in upper and target in lower:
            found.append((source, target, edge.verdict))
    return found


class _Canvas:
    def __init__(self) -> None:
        self.rows: list[dict[int, str]] = []

    def boxes(
        self,
        layer: Sequence[str],
        centres: dict[str, int],
        beside: dict[str, str],
        leaving: set[str],
        entered: set[str],
    ) -> None:
        """Three rows: the boxes of a layer, an arrow's head in the upper edge of each that is entered from above."""
        top: dict[int, str] = {}
        middle: dict[int, str] = {}
        bottom: dict[int, str] = {}
        for box in layer:
            centre = centres[box]
            if ">" in box:
                for row in (top, middle, bottom):
                    row[centre] = "│"
                continue
            left, right = centre - _width(box) // 2, centre - _width(box) // 2 + _width(box) - 1
            for column in range(left, right + 1):
                top[column] = bottom[column] = "─"
            top[left], top[right], bottom[left], bottom[right] = "┌┐└┘"
            middle[left] = middle[right] = "│"
            middle.update(enumerate(box, left + 2))
            if box in beside:
                middle[left] = "┤"
                middle.update((column, "─") for column in range(left - _GAP, left))
                middle[left - _GAP] = "◄"
            if box in entered:
                top[centre] = "▼"
            if box in leaving:
                bottom[centre] = "┬"
        self.rows += [top, middle, bottom]

    def connect(self, arrows: Sequence[tuple[str, str, bool]], centres: dict[str, int]) -> None:
        """A row between two layers where an arrow bends, or where a verdict decides."""
        verdicts = [source for source, _, verdict in arrows if verdict]
        if not verdicts and all(centres[source] == centres[target] for source, target, _ in arrows) and len(arrows) < 2:
            return
        cells: dict[int, int] = {}
        for source, target, _ in arrows:
            start, end = centres[source], centres[target]
            cells[start] = cells.get(start, 0) | _NORTH
            cells[end] = cells.get(end, 0) | _SOUTH
            for column in range(min(start, end), max(start, end)):
                cells[column] = cells.get(column, 0) | _EAST
                cells[column + 1] = cells.get(column + 1, 0) | _WEST
        row = {column: _LINES[bits] for column, bits in cells.items()}
        for source in dict.fromkeys(verdicts):
            self.rows[-1][centres[source]] = "╥"
            row[centres[source]] = "║" if row[centres[source]] == "│" else row[centres[source]]
            row.update(enumerate(f" if {source} passed, else it ends", max(row) + 1))
        self.rows.append(row)

    def text(self) -> str:
        return "\n".join("".join(row.get(at, " ") for at in range(max(row) + 1)) for row in self.rows)
