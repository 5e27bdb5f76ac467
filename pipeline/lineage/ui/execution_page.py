"""One execution: its state and time, what it was given, what it took and gave."""

from __future__ import annotations

from collections.abc import Iterator

from graduate.page.shell import text
from graduate.pipeline.lineage import walk
from graduate.pipeline.lineage.page import drawing, figure, telling
from graduate.pipeline.lineage.records import Execution
from graduate.pipeline.lineage.ui import frame, run_page
from graduate.pipeline.lineage.ui.asked import Asked, whole
from graduate.pipeline.lineage.ui.response import Response

_MOST_LISTED = 200


def find(asked: Asked, number: str) -> Execution | None:
    """The execution of a number; one that only groups others, as Kubeflow's DAGs do, is none."""
    one = whole(number)
    return next(iter(asked.records.executions([one])), None) if one is not None else None


def told(execution: Execution) -> figure.Detail:
    """What a picture's panel says of it."""
    return figure.of_execution(execution)


def page(asked: Asked, execution: Execution) -> Response:
    """The page."""
    state = telling.execution_state(execution.state)
    took = "" if execution.state in ("running", "cached") else telling.lasted(execution.ended - execution.started)
    body = [
        f'<p class="kind">Execution {execution.id}</p><h1>{text(execution.node)} {telling.chip(state)}</h1>',
        frame.facts(
            {
                "run": frame.run_link(execution.run) if execution.run else "",
                "started": telling.time_of(execution.started),
                "took": took,
                "pipeline": text(execution.pipeline),
                "type": f'<span class="mono">{text(execution.type)}</span>',
            }
        ),
        *_tables(asked, execution),
    ]
    graph = walk.around(asked.records, executions=[execution.id], depth=1, most=1_000)
    drawn = drawing.of_graph(asked.records, graph)
    body.append('<h2 id="graph">Beside it</h2>')
    body.append(figure.figure(drawn, run_page.details(graph, drawn), f"Beside {execution.node} {execution.id}"))
    body.append(f"<h2>Parameters</h2>{frame.properties(dict(sorted(execution.parameters.items())))}")
    return frame.page(f"{execution.node} {execution.id}", body, where=asked.where, at="Executions")


def _tables(asked: Asked, execution: Execution) -> Iterator[str]:
    events = asked.records.events(executions=[execution.id])
    shown = {event.artifact for event in events[:_MOST_LISTED]}
    artifacts = {one.id: one for one in asked.records.artifacts(ids=shown, only=drawing.BRIEF)}
    for title, output in (("Took", False), ("Gave", True)):
        rows = [
            [
                text(event.key or "–"),
                frame.link(f"/artifact/{event.artifact}", artifacts[event.artifact].kind),
                run_page.state_of(artifacts[event.artifact]),
                f'<span class="mono">{text(artifacts[event.artifact].uri)}</span>',
            ]
            for event in events[:_MOST_LISTED]
            if event.output == output and event.artifact in artifacts
        ]
        if rows:
            yield f"<h2>{title}</h2>{frame.table(['slot', 'artifact', 'state', 'URI'], rows)}"
    if len(events) > _MOST_LISTED:
        yield f'<p class="note">{len(events) - _MOST_LISTED:,} more are not listed.</p>'
