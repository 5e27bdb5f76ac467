"""A picture as SVG: it can be read and printed as it is, and graph.js makes it move."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from graduate.page.shell import text
from graduate.pipeline.lineage.page import layout, telling
from graduate.pipeline.lineage.page.drawing import Drawing, Edge, Node

_MARGIN = 16.0
_LETTERS = 22  # of a label that fits into a node
_TALLEST = 620  # pixels of the picture inside a page


def picture(drawing: Drawing, label: str, *, tallest: int = _TALLEST) -> str:
    """The picture as markup, named `label` for who cannot see it."""
    edges = [(edge.source, edge.target) for edge in drawing.edges]
    row = layout.CLOSE if drawing.quiet else layout.ROW
    placed = layout.layered(list(drawing.nodes), edges, row)
    wide, tall = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    told = set[tuple[str, tuple[str, ...]]]()
    arrows = "".join(_arrow(at, edge, placed, told) for at, edge in enumerate(drawing.edges))
    nodes = "".join(_node(node, placed.at[key]) for key, node in drawing.nodes.items())
    box = f"{-_MARGIN:g} {-_MARGIN:g} {wide:g} {tall:g}"
    return (
        f'<svg class="picture{" quiet" if drawing.quiet else ""}" viewBox="{box}" data-box="{box}" width="100%"'
        f' height="{min(tallest, max(180, tall)):.0f}" role="group" aria-label="{text(label)}">'
        f'{_HEADS}<g class="edges">{arrows}</g><g class="nodes">{nodes}</g></svg>'
    )


def _head(name: str) -> str:
    return (
        f'<marker id="head-{name}" class="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto-start-reverse"><path d="M0 0.6 8 4 0 7.4z"/></marker>'
    )


_HEADS = f"<defs>{''.join(map(_head, ('plain', 'judged', 'lit')))}</defs>"


def _arrow(number: int, edge: Edge, placed: layout.Layout, told: set[tuple[str, tuple[str, ...]]]) -> str:
    """An arrow with the names of its slots; those that its artifact has told already are seen when it lights up."""
    points = placed.routes[edge.source, edge.target]
    kind = "edge verdict" if edge.verdict else "edge"
    drawn = f'<path d="{_curve(points)}"/>'
    slots = ", ".join(edge.slots)
    if slots:
        between = edge.source[0] == edge.target[0]  # executions: the artifact is not drawn
        x, y = _halfway(points) if between else _beside(points, near_start=edge.source[0] == "a")
        pair = (edge.source if edge.source[0] == "a" else edge.target, edge.slots)
        again = ' class="again"' if pair in told else ""
        told.add(pair)
        drawn += f'<text{again} x="{x:.0f}" y="{y:.0f}">{text(telling.shortened(slots, 28))}</text>'
    said = f"<title>{text(slots)}</title>" if slots else ""
    return f'<g class="{kind}" data-edge="{number}">{said}{drawn}</g>'


def _curve(points: Sequence[layout.Point]) -> str:
    """Through all points with vertical tangents, from the edge of one node to that of the other."""
    down = 1 if points[-1][1] >= points[0][1] else -1
    half = layout.HEIGHT / 2 * down
    (x, y), (last_x, last_y) = points[0], points[-1]
    ends = [(x, y + half), *points[1:-1], (last_x, last_y - half - 2 * down)]
    drawn = [f"M{ends[0][0]:.1f} {ends[0][1]:.1f}"]
    for (from_x, from_y), (to_x, to_y) in itertools.pairwise(ends):
        reach = (to_y - from_y) / 2
        drawn.append(f"C{from_x:.1f} {from_y + reach:.1f} {to_x:.1f} {to_y - reach:.1f} {to_x:.1f} {to_y:.1f}")
    return "".join(drawn)


def _halfway(points: Sequence[layout.Point]) -> layout.Point:
    """The middle of a route."""
    (x, y), (u, v) = points[(len(points) - 1) // 2], points[len(points) // 2]
    return (x + u) / 2, (y + v) / 2 + 3


def _beside(points: Sequence[layout.Point], *, near_start: bool) -> layout.Point:
    """Where the slot's name stands: near the artifact, a third of the way."""
    one, other = (points[0], points[1]) if near_start else (points[-1], points[-2])
    down = 1 if other[1] > one[1] else -1
    share = 0.3
    eased = share * share * (3 - 2 * share)  # the curve leaves a node upright
    gap = abs(other[1] - one[1]) - layout.HEIGHT
    return one[0] + eased * (other[0] - one[0]), one[1] + down * (layout.HEIGHT / 2 + share * gap) + 3


def _node(node: Node, at: layout.Point) -> str:
    x, y = at[0] - layout.WIDTH / 2, at[1] - layout.HEIGHT / 2
    marks = [node.shape, node.told.tone, *(["gone"] if node.gone else []), *(["start"] if node.start else [])]
    said = f"{node.label}, {node.told.word}"
    left = 34 if node.told.sign else 14
    sign = (
        f'<circle cx="19" cy="23" r="9"/><text class="sign" x="19" y="27">{text(node.told.sign)}</text>'
        if node.told.sign
        else ""
    )
    letters = _LETTERS - (3 if node.told.sign else 0)
    return (
        f'<g class="node {" ".join(marks)}" data-key="{text(node.key)}" transform="translate({x:.1f} {y:.1f})"'
        f' tabindex="-1" role="button" aria-label="{text(said)}"><title>{text(said)}</title>{_SHAPES[node.shape]}{sign}'
        f'<text class="label" x="{left}" y="20">{text(telling.shortened(node.label, letters))}</text>'
        f'<text class="word" x="{left}" y="36">{text(telling.shortened(node.told.word, letters + 4))}</text></g>'
    )


_W, _H = layout.WIDTH, layout.HEIGHT
_SHAPES = {
    "execution": f'<rect class="body" width="{_W}" height="{_H}" rx="9"/>',
    # a sheet with a folded corner
    "artifact": f'<path class="body" d="M2 0H{_W - 12}L{_W} 12V{_H - 2}q0 2-2 2H2q-2 0-2-2V2q0-2 2-2z"/>'
    f'<path class="fold" d="M{_W - 12} 0v12h12"/>',
    # a seal: six corners
    "verdict": f'<path class="body" d="M12 0H{_W - 12}L{_W} {_H / 2}L{_W - 12} {_H}H12L0 {_H / 2}z"/>',
    # what can be served: round ends
    "model": f'<rect class="body" width="{_W}" height="{_H}" rx="{_H / 2}"/>',
    # several behind each other
    "more": f'<path class="fold" d="M6 -4H{_W + 4}V{_H - 6}"/><rect class="body" width="{_W}" height="{_H}" rx="3"/>',
}
LEGEND = (
    '<ul class="legend" aria-label="Shapes">'
    '<li><svg viewBox="0 0 26 14"><rect x="1" y="1" width="24" height="12" rx="4"/></svg>execution</li>'
    '<li><svg viewBox="0 0 26 14"><path d="M1 1H20L25 6V13H1z"/></svg>artifact</li>'
    '<li><svg viewBox="0 0 26 14"><rect x="1" y="1" width="24" height="12" rx="6"/></svg>model</li>'
    '<li><svg viewBox="0 0 26 14"><path d="M5 1H21L25 7L21 13H5L1 7z"/></svg>verdict</li>'
    '<li><svg viewBox="0 0 26 14"><path class="judged" d="M1 7H25"/></svg>what a verdict lets through</li></ul>'
)
