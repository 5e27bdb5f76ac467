"""A picture with what moves it: search, zoom, and a panel that tells of the node that was chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate.page import shell
from graduate.page.shell import text
from graduate.pipeline.lineage.page import svg, telling
from graduate.pipeline.lineage.page.drawing import Drawing
from graduate.pipeline.lineage.records import Artifact, Execution

_HERE = Path(__file__).parent
Detail = dict[str, Any]  # of a node: title, state, rows of name and value, and where there is a page of it `href`


def style() -> str:
    """The style of a page with pictures."""
    return shell.PALETTE + "".join((_HERE / name).read_text(encoding="utf-8") for name in ("base.css", "graph.css"))


def script() -> str:
    """What moves pictures."""
    return (_HERE / "graph.js").read_text(encoding="utf-8")


def figure(drawing: Drawing, details: Mapping[str, Detail], label: str, *, tallest: int = 620) -> str:
    """The whole figure.

    Args:
        drawing: the picture.
        details: of each node what its panel says.
        label: the picture's name.
        tallest: pixels of the picture at most.
    """
    if not drawing.nodes:
        return '<p class="empty">Nothing to draw: no execution or artifact here.</p>'
    told = {"nodes": {key: details.get(key, {}) for key in drawing.nodes}}
    told["edges"] = [[edge.source, edge.target, ", ".join(edge.slots)] for edge in drawing.edges]  # type: ignore[assignment]
    cut = ""
    if drawing.left_out:
        many = telling.count(drawing.left_out, "thing")
        cut = f'<p class="note" role="status">{many} more than a picture can hold are left out.</p>'
    if drawing.beyond:
        cut += f'<p class="dim">{telling.count(drawing.beyond, "execution")} further away: not drawn.</p>'
    return (
        f'<figure class="graph">{cut}<div class="tools"><label class="find">'
        '<span class="unseen">Find in the picture</span>'
        '<input type="search" placeholder="Find a node, a URI, a value" autocomplete="off" spellcheck="false"></label>'
        '<output class="found" aria-live="polite"></output><span class="zoom">'
        '<button type="button" data-do="out" aria-label="Zoom out">−</button>'
        '<button type="button" data-do="in" aria-label="Zoom in">+</button>'
        '<button type="button" data-do="fit">Fit</button></span></div>'
        f'<div class="stage"><div class="canvas">{svg.picture(drawing, label, tallest=tallest)}</div>'
        '<aside class="panel" aria-live="polite" hidden></aside></div>'
        f'<figcaption>{svg.LEGEND}<span class="how">Click a node, or focus one and use the arrow keys: what it came '
        "from and what came of it light up. Escape lets go.</span></figcaption>"
        f'<script type="application/json">{_inert(told)}</script></figure>'
    )


def _inert(value: Any) -> str:
    """JSON that no reader of markup can take for markup: it holds no tag, no entity and no attribute."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&=\u2028\u2029":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written


def of_artifact(artifact: Artifact, **more: Any) -> Detail:
    """What the panel says of an artifact."""
    present = {True: "", False: "gone", None: "elsewhere, not looked at"}[artifact.present]
    rows = [
        ("artifact", str(artifact.id)),
        ("name", artifact.name),
        ("state", artifact.state.replace("_", " ")),
        ("made", telling.moment(artifact.created)),
        ("URI", artifact.uri),
        ("files", present),
    ]
    rows += [(name, telling.value_of(value)) for name, value in sorted(artifact.properties.items())]
    return {"title": artifact.kind, "rows": [row for row in rows if row[1]], **more}


def of_execution(execution: Execution, **more: Any) -> Detail:
    """What the panel says of an execution."""
    rows = [
        ("execution", str(execution.id)),
        ("state", telling.execution_state(execution.state).word),
        ("started", telling.moment(execution.started)),
        ("took", "" if execution.state == "running" else telling.lasted(execution.ended - execution.started)),
        ("run", execution.run),
        ("pipeline", execution.pipeline),
        ("type", execution.type),
    ]
    rows += [(name, telling.value_of(value)) for name, value in sorted(execution.parameters.items())]
    return {"title": execution.node, "rows": [row for row in rows if row[1]], **more}


def table(drawing: Drawing, details: Mapping[str, Detail]) -> str:
    """The picture in words: for who cannot see it, and for paper."""
    before: dict[str, list[str]] = {}
    for edge in drawing.edges:
        if edge.target in drawing.nodes and edge.source in drawing.nodes:
            before.setdefault(edge.target, []).append(drawing.nodes[edge.source].label)
    rows = "".join(
        f"<tr><th scope=row>{text(node.label)}</th><td>{text(node.told.word)}</td>"
        f"<td>{text(dict(details.get(key, {}).get('rows', ())).get('URI', ''))}</td>"
        f"<td>{text(', '.join(dict.fromkeys(before.get(key, ()))))}</td></tr>"
        for key, node in drawing.nodes.items()
    )
    return (
        '<details class="words"><summary>The picture in words</summary><div class="scroll"><table><thead><tr>'
        "<th scope=col>what</th><th scope=col>state</th><th scope=col>URI</th><th scope=col>from</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )
