"""Which page answers a path."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.ui import artifact_page as artifacts
from graduate.pipeline.lineage.ui import (
    compare_page,
    execution_page,
    frame,
    response,
    run_page,
    runs_page,
    search_page,
    statics,
)
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response


def answer(opener: Callable[[], Records], where: str, target: str, *, framed: bool) -> Response:
    """The answer to a path with its query.

    Args:
        opener: opens the store.
        where: what people see of it.
        target: as the request has it.
        framed: a frame of a page asked for it.

    Raises:
        UserError: the store cannot be read.
    """
    parts = urlsplit(target)
    steps = [unquote(step, errors="replace") for step in parts.path.split("/")[1:]]
    if steps[0] == "static":
        return statics.file("/".join(steps[1:])) or _missing(where, parts.path)
    page = _PAGES.get(steps[0])
    if page is None:
        return _missing(where, parts.path)
    try:
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=50, errors="replace")
    except ValueError:
        return frame.failure(
            "Too many questions", "The address holds more than 50 of them.", None, where=where, status=400
        )
    with contextlib.closing(opener().store) as store:
        asked = Asked(Records(store), where, query, framed)
        return page(asked, steps[1:]) or _missing(where, parts.path)


def _missing(where: str, path: str) -> Response:
    return frame.failure(
        "Not here",
        f"{unquote(path, errors='replace')} is no page, or nothing of that name is in the store.",
        None,
        where=where,
        status=404,
    )


def _runs(asked: Asked, steps: Sequence[str]) -> Response | None:
    return None if steps else runs_page.page(asked)


def _run(asked: Asked, steps: Sequence[str]) -> Response | None:
    run = asked.records.run(steps[0]) if len(steps) == 1 else None
    return run_page.page(asked, run) if run else None


def _artifact(asked: Asked, steps: Sequence[str]) -> Response | None:
    found = artifacts.find(asked, steps[0]) if len(steps) == 1 else None
    return artifacts.page(asked, found) if found else None


def _view(asked: Asked, steps: Sequence[str]) -> Response | None:
    found = artifacts.find(asked, steps[0]) if len(steps) > 1 else None
    return artifacts.view(asked, found, "/".join(steps[1:])) if found else None


def _file(asked: Asked, steps: Sequence[str]) -> Response | None:
    found = artifacts.find(asked, steps[0]) if len(steps) > 1 else None
    return artifacts.file(found, "/".join(steps[1:]), framed=asked.framed) if found else None


def _execution(asked: Asked, steps: Sequence[str]) -> Response | None:
    found = execution_page.find(asked, steps[0]) if len(steps) == 1 else None
    return execution_page.page(asked, found) if found else None


def _node(asked: Asked, steps: Sequence[str]) -> Response | None:
    """What a picture's panel says of a node, with all its properties."""
    if len(steps) != 2:
        return None
    if steps[0] == "artifact" and (artifact := artifacts.find(asked, steps[1])):
        return response.data(artifacts.told(artifact))
    if steps[0] == "execution" and (execution := execution_page.find(asked, steps[1])):
        return response.data(execution_page.told(execution))
    return None


def _compare(asked: Asked, steps: Sequence[str]) -> Response | None:
    return None if steps else compare_page.page(asked)


def _search(asked: Asked, steps: Sequence[str]) -> Response | None:
    return None if steps else search_page.page(asked)


_PAGES: dict[str, Callable[[Asked, Sequence[str]], Response | None]] = {
    "": _runs,
    "run": _run,
    "artifact": _artifact,
    "view": _view,
    "file": _file,
    "execution": _execution,
    "node": _node,
    "compare": _compare,
    "search": _search,
}
