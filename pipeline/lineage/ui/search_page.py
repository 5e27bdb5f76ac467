"""Search over executions, artifacts and runs: the store looks, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from graduate.page.shell import text
from graduate.pipeline.lineage.page import drawing, telling
from graduate.pipeline.lineage.rows import EXECUTION_STATES, Wanted, What
from graduate.pipeline.lineage.ui import frame, heads, run_page
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response

AT_ONCE = 50
_FEW = 8
_KINDS: tuple[What, ...] = ("executions", "artifacts")


def page(asked: Asked) -> Response:
    """One kind of thing, paged; without a kind the newest few of each."""
    sought = asked.one("q")
    for what in _KINDS:
        if asked.one("what") == what:
            return _one_kind(asked, what, sought)
    body = [
        f"<h1>Search</h1><p class=lead>{text(sought) or 'Everything, the newest first'}</p>",
        *_numbered(asked, sought),
    ]
    body += _few(asked, sought)
    return frame.page("Search", body, where=asked.where, sought=sought)


def _one_kind(asked: Asked, what: What, sought: str) -> Response:
    kind, state, before = asked.one("kind"), asked.one("state"), asked.number("before")
    states = [state] if state in EXECUTION_STATES and what == "executions" else []
    wanted = Wanted(sought, [kind] if kind else [], states, before, AT_ONCE + 1)
    rows, more = _rows(asked, what, wanted)
    same = dict(what=what, q=sought, kind=kind, state=state if states else "")
    older = frame.address("/search", **same, before=rows[-1][0]) if more else None
    newest = frame.address("/search", **same) if before is not None else None
    title = what.capitalize()
    body = [f'<h1>{title} <span class="dim count">{asked.records.store.count(what):,}</span></h1>']
    body.append(_filters(asked, what, sought, kind, state if states else ""))
    body.append(_table(what, [cells for _, cells in rows]))
    body.append(frame.pages(older=older, newest=newest))
    return frame.page(title, body, where=asked.where, at=title)


def _few(asked: Asked, sought: str) -> Iterator[str]:
    found, more = heads.page(asked.records, sought=sought, most=_FEW)
    runs = asked.records.runs(ids=[head.id for head in found]) if found else []
    rows = [
        [frame.run_link(run.id), telling.chip(telling.run_status(run.status)), telling.time_of(run.started)]
        for run in runs
    ]
    yield "<h2>Runs</h2>"
    yield frame.table(["run", "status", "started"], rows) if rows else '<p class="dim">None.</p>'
    yield _all(frame.address("/", q=sought), more)
    for what in _KINDS:
        things, more = _rows(asked, what, Wanted(sought, limit=_FEW + 1))
        yield f"<h2>{what.capitalize()}</h2>{_table(what, [cells for _, cells in things])}"
        yield _all(frame.address("/search", what=what, q=sought), more)


def _all(path: str, more: bool) -> str:
    return f'<p class="actions">{frame.link(path, "All of them")}</p>' if more else ""


def _numbered(asked: Asked, sought: str) -> Iterator[str]:
    """What has this number."""
    number = asked.number("q")
    if number is None:
        return
    found = [(f"/artifact/{one.id}", f"{one.kind}, artifact {one.id}") for one in asked.records.artifacts(ids=[number])]
    found += [
        (f"/execution/{one.id}", f"{one.node}, execution {one.id}")
        for one in asked.records.executions([number], only=())
    ]
    if found:
        links = "".join(f"<li>{frame.link(path, said)}</li>" for path, said in found)
        yield f"<h2>Number {text(sought)}</h2><ul>{links}</ul>"


def _rows(asked: Asked, what: What, wanted: Wanted) -> tuple[list[tuple[int, list[str]]], bool]:
    """Id and cells of a page of rows, and whether there are more."""
    most = wanted.limit - 1
    ids = [row.id for row in asked.records.store.search(what, wanted)]
    shown = ids[:most]
    found: dict[int, list[str]] = {}
    if what == "executions":
        for one in asked.records.executions(shown, only=()):
            took = telling.lasted(one.ended - one.started) if one.state in ("ran", "failed") else "–"
            name = frame.link(f"/execution/{one.id}", one.node)
            chip = telling.chip(telling.execution_state(one.state))
            found[one.id] = [name, str(one.id), chip, telling.time_of(one.started), took, frame.run_link(one.run)]
    else:
        for artifact in asked.records.artifacts(ids=shown, only=drawing.BRIEF):
            name = frame.link(f"/artifact/{artifact.id}", artifact.kind)
            state, uri = run_page.state_of(artifact), f'<span class="mono">{text(artifact.uri)}</span>'
            found[artifact.id] = [name, str(artifact.id), state, telling.time_of(artifact.created), uri]
    groups = [one for one in shown if one not in found]  # what only holds others together, as Kubeflow's DAGs do
    found |= {one: ["a group of executions", str(one), *["–"] * 4] for one in groups}
    return [(one, found[one]) for one in shown], len(ids) > most


def _table(what: What, rows: list[list[str]]) -> str:
    if not rows:
        return '<p class="empty">Nothing fits.</p>'
    if what == "executions":
        return frame.table(["node", "number", "state", "started", "took", "run"], rows, numbers=("took",))
    return frame.table(["artifact", "number", "state", "made", "URI"], rows)


def _filters(asked: Asked, what: What, sought: str, kind: str, state: str) -> str:
    kinds = [("", "Any type"), *((one, one) for one in asked.records.store.kinds(what))]
    states = [("", "Any state"), *((one, one) for one in EXECUTION_STATES)]
    clear = f'<a class="button" href="/search?what={what}">Clear</a>' if sought or kind or state else ""
    return (
        f'<form class="filters" action="/search"><input type="hidden" name="what" value="{what}">'
        f'<label><span class="unseen">Part of a name, a type{", a URI" if what == "artifacts" else ""}</span>'
        f'<input type="search" name="q" value="{text(sought)}"'
        f' placeholder="Part of a name, a type{", a URI" if what == "artifacts" else ""}"></label>'
        + frame.select("kind", "Type", kinds, kind)
        + (frame.select("state", "State", states, state) if what == "executions" else "")
        + f"<button>Filter</button>{clear}</form>"
    )
