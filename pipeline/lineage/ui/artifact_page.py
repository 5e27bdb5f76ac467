"""One artifact: what it is, where it came from, what came of it, its files, and what they hold."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from graduate.page.shell import text
from graduate.pipeline.lineage import walk
from graduate.pipeline.lineage.page import drawing, figure, telling
from graduate.pipeline.lineage.records import Artifact
from graduate.pipeline.lineage.ui import artifact_files, frame, plots, response, run_page
from graduate.pipeline.lineage.ui.asked import Asked, whole
from graduate.pipeline.lineage.ui.response import SANDBOX, Response

_MOST = 1_000  # things a picture looks at
_WAYS = (("", "Both ways"), ("up", "What it came from"), ("down", "What came of it"))
_TEXTS = (".txt", ".json", ".jsonl", ".csv", ".md", ".yaml", ".yml", ".pbtxt", ".log", ".py", ".xml", ".html", ".htm")
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_PAGES = (".html", ".htm")


def find(asked: Asked, number: str) -> Artifact | None:
    """The artifact of a number."""
    one = whole(number)
    return next(iter(asked.records.artifacts(ids=[one])), None) if one is not None else None


def told(artifact: Artifact) -> figure.Detail:
    """What a picture's panel says of it."""
    return figure.of_artifact(artifact)


def page(asked: Asked, artifact: Artifact) -> Response:
    """The page."""
    folder = artifact_files.folder_of(artifact)
    body = [*_head(asked, artifact), *_inside(artifact, folder), *_picture(asked, artifact)]
    body.append(f"<h2>Properties</h2>{frame.properties(dict(sorted(artifact.properties.items())))}")
    body += [*_files(artifact, folder)]
    return frame.page(f"{artifact.kind} {artifact.id}", body, where=asked.where, at="Artifacts")


def _head(asked: Asked, artifact: Artifact) -> Iterator[str]:
    node = drawing.artifact_node(artifact)
    givers = [event.execution for event in asked.records.events(artifacts=[artifact.id]) if event.output]
    makers = sorted(asked.records.executions(givers, only=()), key=lambda one: (one.state == "cached", one.id))
    chip = f" {telling.chip(node.told)}" if node.told.sign else ""
    yield f'<p class="kind">Artifact {artifact.id}</p><h1>{text(artifact.kind)}{chip}</h1>'
    if artifact.present is False:
        yield '<p class="note">Its files are gone; its lineage is all here.</p>'
    made = makers[0] if makers else None
    yield frame.facts(
        {
            "name": text(artifact.name) if artifact.name else "",
            "URI": f'<span class="mono">{text(artifact.uri or "–")}</span>',
            "made": telling.time_of(artifact.created),
            "by": frame.link(f"/execution/{made.id}", made.node) if made else "",
            "in run": frame.run_link(made.run) if made and made.run else "",
            "from the cache in": telling.count(len(makers) - 1, "other run") if len(makers) > 1 else "",
            "state": text(artifact.state.replace("_", " ")),
        }
    )


def _inside(artifact: Artifact, folder: Path | None) -> Iterator[str]:
    """What its files hold, drawn."""
    if artifact.kind == "ModelEvaluation" and (drawn := plots.evaluation(folder)):
        yield from ("<h2>Metrics</h2>", *drawn)
    if artifact.kind == "ModelRun" and (drawn := plots.training(folder)):
        yield from ("<h2>Training</h2>", *drawn)
    for name, title in (("report.html", "Report"), ("model_card.html", "Model card")):
        if folder and artifact_files.read(folder, name) is not None:
            yield f'<h2>{title}</h2><p class="actions">{frame.link(_view_path(artifact.id, name), "Full page")}</p>'
            yield frame.framed(_file_path(artifact.id, name), title)


def _picture(asked: Asked, artifact: Artifact) -> Iterator[str]:
    way, depth = asked.one("way"), asked.number("depth")
    path = f"/artifact/{artifact.id}"
    tabs = "".join(
        f'<a href="{text(frame.address(path, way=one, depth=depth))}#graph"{_CURRENT if one == way else ""}>{said}</a>'
        for one, said in _WAYS
    )
    graph = walk.around(
        asked.records,
        artifacts=[artifact.id],
        upstream=way != "down",
        downstream=way != "up",
        depth=depth,
        most=_MOST,
    )
    depths = [("", "Any distance"), *((str(one), telling.count(one, "step")) for one in (1, 2, 3, 5))]
    way_field = f'<input type="hidden" name="way" value="{text(way)}">' if way else ""
    yield (
        f'<h2 id="graph">Lineage</h2><div class="tabs" role="group" aria-label="Which way">{tabs}'
        f'<form action="{path}#graph">{way_field}'
        f"{frame.select('depth', 'How far', depths, str(depth or ''))}<button>Show</button></form></div>"
    )
    drawn = drawing.of_graph(asked.records, graph)
    yield figure.figure(drawn, run_page.details(graph, drawn), f"Lineage of {artifact.kind} {artifact.id}")


_CURRENT = ' aria-current="true"'


def _files(artifact: Artifact, folder: Path | None) -> Iterator[str]:
    if folder is None:
        return
    found, more = artifact_files.listed(folder)
    yield f'<h2>Files</h2><p class="dim mono">{text(folder)}</p>'
    rows = [[_named(artifact.id, one), telling.size(one.size) if one.size is not None else "–"] for one in found]
    yield frame.table(["file", "size"], rows, numbers=("size",)) if rows else '<p class="dim">None.</p>'
    if more:
        yield f'<p class="dim">Only the first {len(found)} are listed.</p>'


def _named(number: int, file: artifact_files.File) -> str:
    if file.size is None:
        return f'{text(file.path)} <span class="dim">a link, not followed</span>'
    shown = file.path.endswith(_PAGES)
    return frame.link(_view_path(number, file.path) if shown else _file_path(number, file.path), file.path)


def _file_path(number: int, path: str) -> str:
    return f"/file/{number}/{quote(path, safe='/', errors='surrogateescape')}"


def _view_path(number: int, path: str) -> str:
    return f"/view/{number}/{quote(path, safe='/', errors='surrogateescape')}"


def view(asked: Asked, artifact: Artifact, path: str) -> Response | None:
    """A page that holds nothing but a page of the artifact's, in a frame."""
    folder = artifact_files.folder_of(artifact)
    if folder is None or not path.endswith(_PAGES) or artifact_files.read(folder, path) is None:
        return None
    back = frame.link(f"/artifact/{artifact.id}", f"{artifact.kind} {artifact.id}")
    body = [f'<p class="kind">{text(path)} of {back}</p>', frame.framed(_file_path(artifact.id, path), path)]
    return frame.page(path, [f'<div class="whole">{"".join(body)}</div>'], where=asked.where, at="Artifacts")


def file(artifact: Artifact, path: str, *, framed: bool) -> Response | None:
    """A file below the artifact's folder, in a sandbox.

    A page is drawn in a frame of ours alone; opened by itself it is text, since a page by itself could lead elsewhere.
    """
    folder = artifact_files.folder_of(artifact)
    content = artifact_files.read(folder, path) if folder else None
    if content is None:
        return None
    name = path.rpartition("/")[2]
    guessed = mimetypes.guess_type(name)[0] or ""
    if framed and name.endswith(_PAGES):
        return Response(200, response.HTML, content, SANDBOX)
    if name.endswith(_TEXTS):
        return Response(200, response.TEXT, content, SANDBOX)
    if guessed in _PICTURES:
        return Response(200, guessed, content, SANDBOX)
    said = f"attachment; filename*=UTF-8''{quote(name, safe='', errors='surrogateescape')}"
    return Response(200, "application/octet-stream", content, SANDBOX, (("Content-Disposition", said),))
