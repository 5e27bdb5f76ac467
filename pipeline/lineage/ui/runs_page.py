"""The list of runs, newest first: filtered and paged by the store."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from graduate.page.shell import text
from graduate.pipeline.lineage import pushes, vocabulary
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Records, Run
from graduate.pipeline.lineage.ui import changes, frame, heads
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response

AT_ONCE = 50
_FIRST_METRICS = ("accuracy", "auc", "loss", "mean_absolute_error")


def page(asked: Asked) -> Response:
    """The page."""
    records = asked.records
    sought, status, pipeline = asked.one("q"), asked.one("status"), asked.one("pipeline")
    before = asked.number("before")
    found, more = heads.page(records, sought=sought, status=status, pipeline=pipeline, before=before, most=AT_ONCE)
    filtered = sought or status or pipeline or before
    body = ["<h1>Runs</h1>", "" if filtered else _serving(records), _filters(records, sought, status, pipeline)]
    if found:
        same = dict(q=sought, status=status, pipeline=pipeline)
        older = frame.address("/", **same, before=found[-1].context) if more else None
        newest = frame.address("/", **same) if before else None
        body += [_table(changes.told(records, found)), frame.pages(older=older, newest=newest)]
    else:
        body.append(_none(records, sought or status or pipeline))
    return frame.page("Runs", body, where=asked.where, at="Runs")


def headline(metrics: Mapping[str, float]) -> str:
    """The metric that a list shows: accuracy where there is one; as markup."""
    name = next((one for one in (*_FIRST_METRICS, *metrics) if one in metrics), None)
    return f'<span class="dim">{text(name)}</span> {metrics[name]:.4f}' if name else "–"


def lasted(run: Run) -> str:
    """How long it took, or how long it has been running."""
    if run.ended is not None:
        return telling.lasted(run.ended - run.started)
    return f"{telling.lasted(int(time.time() * 1000) - run.started)} so far" if run.status == "running" else "–"


def _table(listed: Sequence[changes.Told]) -> str:
    columns = ["", "run", "status", "started", "took", "metric", "changed since the run before"]
    rows = [
        [
            f'<input type="checkbox" name="run" value="{text(told.run.id)}" aria-label="Choose {text(told.run.id)}">',
            f'{frame.run_link(told.run.id)}<small class="dim">{text(told.run.pipeline)}</small>',
            f"{telling.chip(telling.run_status(told.run.status))}{_why(told.verdict)}",
            telling.time_of(told.run.started),
            f'<span class="took">{text(lasted(told.run))}</span>',
            headline(told.run.metrics),
            text(told.changed),
        ]
        for told in listed
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
    serving = pushes.serving_now(records)
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
