"""The list of runs, newest first: filtered and paged by the store."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from graduate.page.shell import text
from graduate.pipeline.lineage import pushes, vocabulary
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.rows import Wanted
from graduate.pipeline.lineage.ui import changes, frame
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response

AT_ONCE = 50
_FIRST_METRICS = ("accuracy", "auc", "loss", "mean_absolute_error")


def page(asked: Asked) -> Response:
    """The page."""
    records = asked.records
    sought, status, pipeline = asked.one("q"), asked.one("status"), asked.one("pipeline")
    runs, more = listed(records, sought, status, pipeline, asked.number("before"))
    body = ["<h1>Runs</h1>", _serving(records), _filters(records, sought, status, pipeline)]
    if runs:
        same = dict(q=sought, status=status, pipeline=pipeline)
        older = frame.address("/", **same, before=runs[-1].context) if more else None
        newest = frame.address("/", **same) if asked.number("before") else None
        body += [_table(runs, changes.told(records, runs)), frame.pages(older=older, newest=newest)]
    else:
        body.append(_none(records, sought or status or pipeline))
    return frame.page("Runs", body, where=asked.where, at="Runs")


def listed(
    records: Records, sought: str, status: str, pipeline: str, before: int | None, most: int = AT_ONCE
) -> tuple[list[Run], bool]:
    """A page of runs, and whether there are older ones."""
    if status or pipeline:
        every = [
            run
            for run in records.runs(pipeline=pipeline or None)
            if status in ("", run.status)
            and sought.lower() in run.id.lower()
            and (before is None or run.context < before)
        ]
        every.sort(key=lambda run: run.context, reverse=True)
        return every[:most], len(every) > most
    wanted = Wanted(text=sought, kinds=vocabulary.RUN_KINDS, before=before, limit=most + 1)
    rows = records.store.search("contexts", wanted)
    found = {run.context: run for run in records.runs(ids=[row.name for row in rows])} if rows else {}
    return [found[row.id] for row in rows[:most] if row.id in found], len(rows) > most


def headline(metrics: Mapping[str, float]) -> str:
    """The metric that a list shows: accuracy where there is one; as markup."""
    name = next((one for one in (*_FIRST_METRICS, *metrics) if one in metrics), None)
    return f'<span class="dim">{text(name)}</span> {metrics[name]:.4f}' if name else "–"


def lasted(run: Run) -> str:
    """How long it took, or how long it has been running."""
    if run.ended is not None:
        return telling.lasted(run.ended - run.started)
    return f"{telling.lasted(int(time.time() * 1000) - run.started)} so far" if run.status == "running" else "–"


def _table(runs: Sequence[Run], told: Mapping[str, changes.Told]) -> str:
    columns = ["", "run", "status", "started", "took", "metric", "changed since the run before"]
    rows = [
        [
            f'<input type="checkbox" name="run" value="{text(run.id)}" aria-label="Choose {text(run.id)}">',
            f'{frame.run_link(run.id)}<small class="dim">{text(run.pipeline)}</small>',
            f"{telling.chip(telling.run_status(run.status))}{_why(told[run.id].verdict)}",
            telling.time_of(run.started),
            f'<span class="took">{text(lasted(run))}</span>',
            headline(run.metrics),
            text(told[run.id].changed),
        ]
        for run in runs
    ]
    table = frame.table(columns, rows, numbers=("took", "metric"))
    return (
        f'<form action="/compare" class="runs">{table}<p class="below"><button>Compare two</button> '
        '<span class="dim">Choose two runs, or one to compare it with the one before.</span></p></form>'
    )


def _why(verdict: str) -> str:
    return f'<small class="dim">{text(verdict)}</small>' if verdict else ""


def _filters(records: Records, sought: str, status: str, pipeline: str) -> str:
    names = sorted({row.name for row in records.store.contexts(kinds=vocabulary.PIPELINE_KINDS, only=())})
    statuses = [("", "Any status"), *((one, telling.run_status(one).word) for one in telling.RUN_STATUSES)]
    pipelines = [("", "Any pipeline"), *((name, name) for name in names)]
    clear = '<a class="button" href="/">Clear</a>' if sought or status or pipeline else ""
    return (
        '<form class="filters" action="/"><label><span class="unseen">Part of a run\'s id</span>'
        f'<input type="search" name="q" value="{text(sought)}" placeholder="Part of a run id"></label>'
        + frame.select("status", "Status", statuses, status)
        + (frame.select("pipeline", "Pipeline", pipelines, pipeline) if len(names) > 1 else "")
        + f"<button>Filter</button>{clear}</form>"
    )


def _serving(records: Records) -> str:
    """What serves now, of every pipeline."""
    serving = pushes.serving(pushes.pushes(records))
    items = "".join(f"<li>{_served(push)}</li>" for push in serving[:6])
    return f'<ul class="serving" aria-label="What serves now">{items}</ul>' if items else ""


def _served(push: pushes.Push) -> str:
    name = frame.link(f"/artifact/{push.artifact.id}", push.name)
    since = f"serves since {telling.time_of(push.artifact.created)}{_by(push)}"
    return f'<span class="star" aria-hidden="true">★</span><div>{name}<small class="dim">{since}</small></div>'


def _by(push: pushes.Push) -> str:
    return {"rollback": ", rolled back", "override": ", blessed by hand"}.get(push.by_hand, "")


def _none(records: Records, filtered: str) -> str:
    if filtered:
        return '<p class="empty">No run fits. <a href="/">Show all.</a></p>'
    if records.store.count("executions"):
        return (
            '<p class="empty">The store holds executions, and none of them belongs to a run: '
            '<a href="/search?what=executions">see them</a>.</p>'
        )
    return '<p class="empty">The store holds no runs yet. <code>graduate run CONFIG</code> makes one; then reload.</p>'
