"""The page to try a model on: drop files, write text or fill in columns; its script asks the same REST API."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from graduate.page.shell import PALETTE, text
from graduate.pipeline.serve.servable import DEFAULT, Servable
from graduate.pipeline.serve.versions import Versions

_HERE = Path(__file__).parent


class File(NamedTuple):
    """What is sent."""

    kind: str
    body: bytes


def file(path: str, versions: Versions) -> File | None:
    """The page, its style, script and icon; None where the path is none of them."""
    if path == "/":
        return File("text/html; charset=utf-8", _page(versions.now).encode("utf-8", "replace"))
    return _static(path)


@cache
def _static(path: str) -> File | None:
    if path == "/static/serve.css":
        return File("text/css; charset=utf-8", (PALETTE + (_HERE / "page.css").read_text(encoding="utf-8")).encode())
    if path == "/static/serve.js":
        return File("text/javascript; charset=utf-8", (_HERE / "page.js").read_bytes())
    if path in ("/static/icon.svg", "/favicon.ico"):
        return File("image/svg+xml", _ICON.encode())
    return None


def told(servable: Servable) -> dict[str, Any]:
    """What the page's script has to know of a model."""
    from graduate.pipeline.data import kinds

    about, task = servable.about, str(servable.about.get("task") or "")
    kind = kinds.BY_TASK.get(task)
    columns = servable.features
    inputs = [
        {"name": name, "column": columns[name], "kind": spec.kind}
        for name, spec in servable.inputs.get(DEFAULT, {}).items()
    ]
    return {
        "model": servable.model.name,
        "version": servable.version,
        "task": task if kind or task == "table" else "",
        "target": about.get("target") or "class",
        "inputs": inputs,
        "endings": sorted(kind.endings) if kind else [],
    }


_LEAD = {
    "image": "Drop images here, or choose some.",
    "audio": "Drop recordings here, or choose some.",
    "text": "Drop text files here, or choose some.",
}


def _page(servable: Servable) -> str:
    about = told(servable)
    name = servable.model.name
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(name)} · Graduate</title>\n"
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" '
        'href="/static/serve.css">\n</head>\n<body>\n'
        f'<header><h1>{text(name)}</h1><p>version <span id="version">{about["version"]}</span>'
        f"{' · ' + text(about['task']) if about['task'] else ''}</p></header>\n"
        f'<main id="try" data-about="{text(json.dumps(about))}">\n{_form(about)}\n'
        '<p id="busy" role="status" aria-live="polite"></p>\n'
        '<ol id="answers" aria-label="Answers, the latest first" reversed></ol>\n'
        f"{_by_hand(about)}\n</main>\n"
        "<footer>On this machine alone, to try the model: TensorFlow Serving serves it in production.</footer>\n"
        '<script src="/static/serve.js"></script>\n</body>\n</html>\n'
    )


def _form(about: dict[str, Any]) -> str:
    if about["task"] == "table":
        return _columns(about["inputs"])
    if about["task"] not in _LEAD:
        return '<p class="dim">This model says nothing of what its inputs are: ask it in JSON, below.</p>'
    write = (
        '<form id="write"><label for="text">Or write one</label><textarea id="text" rows="5"></textarea>'
        '<button class="main">Predict</button></form>'
        if about["task"] == "text"
        else ""
    )
    return (
        f'<label class="drop" id="drop" for="files"><strong>{_LEAD[about["task"]]}</strong>'
        f"<span>{text(', '.join(about['endings']))}</span>"
        f'<input type="file" id="files" multiple accept="{text(",".join(about["endings"]))}"></label>{write}'
    )


_HINTS = {"string": "text", "int64": "date, such as 2026-01-31"}  # of a table's columns, by the type of the feature


def _columns(inputs: list[dict[str, str]]) -> str:
    cells = []
    for at, one in enumerate(inputs):
        hint = _HINTS.get(one["kind"], "number")
        mode = ' inputmode="decimal"' if hint == "number" else ""
        cells.append(
            f'<div><label for="c{at}">{text(one["column"])}</label>'
            f'<input id="c{at}" autocomplete="off" placeholder="{hint}"{mode}></div>'
        )
    return (
        f'<form id="row"><div class="columns">{"".join(cells)}</div><p class="dim">An empty field is a missing '
        'value.</p><button class="main">Predict</button></form>'
    )


def _by_hand(about: dict[str, Any]) -> str:
    return (
        f'<details id="by-hand"><summary>Ask in JSON</summary><p>POST <code>/v1/models/{text(about["model"])}:predict'
        "</code>, as TensorFlow Serving takes it.</p>"
        '<form id="json"><label for="request" class="unseen">Request</label>'
        '<textarea id="request" rows="6" spellcheck="false"></textarea><button>Send</button></form>'
        '<pre id="reply" hidden></pre></details>'
    )


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 8h4M10 4 6 8l4 4" fill="none" '
    'stroke="#0b62c4" stroke-width="1.6"/><circle cx="3" cy="8" r="2" fill="#0b62c4"/>'
    '<circle cx="11.5" cy="4" r="2" fill="#18794e"/><circle cx="11.5" cy="12" r="2" fill="#8b5bd6"/></svg>'
)
