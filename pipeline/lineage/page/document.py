"""The graph round something as one file: it needs no network, runs from the disk, and can be printed."""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
from pathlib import Path

from graduate import files
from graduate.page.shell import text
from graduate.pipeline.lineage.page import drawing, figure, telling
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.walk import Graph
from graduate.pipeline.lineage.words import Subject


def write(records: Records, subject: Subject, graph: Graph, file: str | os.PathLike[str]) -> None:
    """Write the page, whole or not at all.

    Args:
        records: the store that the graph is of; properties are read from it.
        subject: what the page is about.
        graph: from `walk.around`.
        file: where to.

    Raises:
        UserError: the store stops answering.
        OSError: the folder cannot be written.
    """
    files.write_bytes(Path(file), render(records, subject, graph).encode("utf-8", errors="replace"))


def render(records: Records, subject: Subject, graph: Graph) -> str:
    """The page's markup."""
    drawn = drawing.of_graph(records, graph)
    details = details_of(records, graph, drawn)
    style, script = figure.style(), figure.script()
    title = f"Lineage of {subject.label}"
    lead = (
        f"{telling.count(len(graph.executions), 'execution')}, {telling.count(len(graph.artifacts), 'artifact')} · "
        f"{records.store.where} · {datetime.datetime.now().astimezone():%Y-%m-%d %H:%M}"
    )
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    return (
        '<!doctype html>\n<html lang="en" class="alone">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{text(title)}</h1>\n<p class="lead">{text(lead)}</p>\n'
        f"{figure.figure(drawn, details, title, tallest=2000)}\n{figure.table(drawn, details)}\n"
        f"</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def details_of(records: Records, graph: Graph, drawn: drawing.Drawing) -> dict[str, figure.Detail]:
    """What the panel says of every node, with all its properties."""
    numbers = {kind: [int(key[1:]) for key in drawn.nodes if key[0] == kind] for kind in "ae"}
    found = {f"a{one.id}": figure.of_artifact(one) for one in records.artifacts(ids=numbers["a"])}
    for execution in records.executions(numbers["e"]):
        told = figure.of_execution(execution)
        if runs := graph.cached.get(execution.id):
            told["rows"].append(("also used, from the cache, by", "\n".join(runs)))
        found[f"e{execution.id}"] = told
    return found


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
