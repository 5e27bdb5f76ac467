"""One run: what became of it, its DAG with states and times, verdicts, findings, metrics, config and artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.page.shell import text
from graduate.pipeline.lineage.page import drawing, figure, telling
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.ui import artifact_files, changes, frame, plots, runs_page
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response
from graduate.pipeline.lineage.walk import Graph

_READ = (*drawing.BRIEF, "reasons", "pushed_destination", "faults")
# Facts that have a place of their own on the page
_TOLD = frozenset({"config", "result", "nodes", "name", "status", "started", "finished", "libraries"})
_MOST = 400  # executions that are drawn
_MOST_LISTED, _MOST_READ = 200, 600  # artifacts
_SPOKEN_OF = (drawing.VERDICT, "graduate.Findings", "ModelEvaluation", "ModelRun", "PushedModel")


def page(asked: Asked, run: Run) -> Response:
    """The page."""
    records = asked.records
    executions = records.executions_of(run, only=())
    graph = graph_of(records, executions)
    given = _given(graph)
    body = [
        *_head(records, run),
        *_verdicts([one for one in given if one.kind == drawing.VERDICT]),
        *_picture(run, graph, records, whole=asked.one("graph") == "artifacts"),
        *_findings(given),
        *_measured(given),
        *_nodes(run, executions),
        *_artifacts(given),
        *_config(run),
    ]
    return frame.page(run.id, body, where=asked.where, at="Runs")


def graph_of(records: Records, executions: Sequence[Execution]) -> Graph:
    """The executions of a run with what they took and gave."""
    drawn = {one.id: one for one in executions[:_MOST]}
    events = records.events(executions=drawn) if drawn else []
    numbers = list(dict.fromkeys(event.artifact for event in events))
    artifacts = records.artifacts(ids=numbers[:_MOST_READ], only=_READ)
    if len(numbers) > _MOST_READ:  # what the page tells of by name is read in any case
        artifacts += records.artifacts(ids=numbers[_MOST_READ:], kinds=_SPOKEN_OF, only=_READ)
    return Graph({one.id: one for one in artifacts}, drawn, events, cut=len(executions) - len(drawn))


def _given(graph: Graph) -> list[Artifact]:
    """What the run's executions gave, in order of time."""
    numbers = dict.fromkeys(event.artifact for event in graph.events if event.output)
    return [graph.artifacts[one] for one in numbers if one in graph.artifacts]


def _head(records: Records, run: Run) -> Iterator[str]:
    told = changes.of_run(records, run)
    yield f'<p class="kind">Run of {text(run.pipeline or "no pipeline")}</p>'
    yield f"<h1>{text(run.id)} {telling.chip(telling.run_status(run.status))}</h1>"
    if told.verdict:
        yield f'<p class="said">{text(told.verdict)}</p>'
    yield frame.facts(
        {
            "started": telling.time_of(run.started),
            "took": text(runs_page.lasted(run)),
            "metric": runs_page.headline(run.metrics) if run.metrics else "",
            "changed since the run before": text(told.changed),
        }
    )
    if told.before:
        path = f"/compare?{_pair(told.before, run.id)}"
        yield f'<p class="actions">{frame.link(path, "Compare with the run before")}</p>'


def _pair(one: str, other: str) -> str:
    from urllib.parse import urlencode

    return urlencode([("run", one), ("run", other)], errors="replace")


def _verdicts(verdicts: Sequence[Artifact]) -> Iterator[str]:
    if not verdicts:
        return
    yield "<h2>Verdicts</h2>"
    items = []
    for artifact in verdicts:
        told = telling.verdict(artifact.properties.get("passed"))
        reasons = telling.decoded(str(artifact.properties.get("reasons") or "[]"))
        reasons = [str(one) for one in reasons] if isinstance(reasons, list) else [str(reasons)]
        name = frame.link(f"/artifact/{artifact.id}", artifact.properties.get("source") or "verdict")
        drawn = "".join(f"<li>{text(one)}</li>" for one in reasons)
        shown = "" if told.tone == "good" else " open"
        more = f"<details{shown}><summary>{_first(reasons)}</summary><ul>{drawn}</ul></details>"
        single = f"<p>{text(reasons[0])}</p>" if len(reasons) == 1 else ""
        items.append(f'<li class="{told.tone}">{telling.chip(told)}<strong>{name}</strong>{single or more}</li>')
    yield f'<ul class="verdicts">{"".join(items)}</ul>'


def _first(reasons: Sequence[str]) -> str:
    return text(f"{reasons[0]} And {len(reasons) - 1} more.") if reasons else "No reason was written down."


def _picture(run: Run, graph: Graph, records: Records, *, whole: bool) -> Iterator[str]:
    path = frame.run_path(run.id)
    nodes, artifacts = ("", _CURRENT) if whole else (_CURRENT, "")
    yield (
        '<h2 id="graph">What ran</h2><p class="tabs" role="group" aria-label="What is drawn">'
        f'<a href="{text(path)}#graph"{nodes}>Nodes</a><a href="{text(path)}?graph=artifacts#graph"{artifacts}>'
        "Nodes and artifacts</a></p>"
    )
    drawn = drawing.of_graph(records, graph) if whole else drawing.of_run(records, graph)
    yield figure.figure(drawn, details(graph, drawn), f"DAG of {run.id}", tallest=900)


_CURRENT = ' aria-current="true"'


def details(graph: Graph, drawn: drawing.Drawing) -> dict[str, figure.Detail]:
    """What the panel says at once; the rest is asked for when a node is chosen."""
    found = {}
    for number, artifact in graph.artifacts.items():
        if f"a{number}" in drawn.nodes:
            brief = figure.of_artifact(artifact, href=f"/artifact/{number}", more=f"/node/artifact/{number}")
            found[f"a{number}"] = brief
    for number, execution in graph.executions.items():
        if f"e{number}" in drawn.nodes:
            path = f"/node/execution/{number}"
            found[f"e{number}"] = figure.of_execution(execution, href=f"/execution/{number}", more=path)
    return found


def _findings(given: Sequence[Artifact]) -> Iterator[str]:
    for artifact in given:
        if artifact.kind == "graduate.Findings":
            folder = artifact_files.folder_of(artifact)
            if folder and artifact_files.read(folder, "report.html") is not None:
                yield '<h2 id="findings">What the gradients tell</h2>'
                yield f'<p class="actions">{frame.link(f"/view/{artifact.id}/report.html", "The whole report")}</p>'
                yield frame.framed(f"/file/{artifact.id}/report.html", "Report of the training")


def _measured(given: Sequence[Artifact]) -> Iterator[str]:
    for artifact in given:
        if artifact.kind == "ModelEvaluation" and (drawn := plots.evaluation(artifact_files.folder_of(artifact))):
            yield f"<h2>{frame.link(f'/artifact/{artifact.id}', 'Evaluation')}</h2>"
            yield from drawn
    for artifact in given:
        if artifact.kind == "ModelRun" and (drawn := plots.training(artifact_files.folder_of(artifact))):
            yield f"<h2>{frame.link(f'/artifact/{artifact.id}', 'Training')}</h2>"
            yield from drawn


def _nodes(run: Run, executions: Sequence[Execution]) -> Iterator[str]:
    """Every node, also those that a verdict kept from running: only the run's own result tells of them."""
    result = run.facts.get("result")
    reports = result.get("nodes") if isinstance(result, Mapping) else None
    told = {str(one.get("node")): one for one in reports or () if isinstance(one, Mapping)}
    rows = [_ran(execution, told.get(execution.node, {})) for execution in executions]
    ran = {execution.node for execution in executions}
    rows += [
        [
            text(name),
            telling.chip(telling.execution_state(str(one.get("state")))),
            "–",
            "–",
            text(one.get("reason", "")),
        ]
        for name, one in told.items()
        if name not in ran
    ]
    if rows:
        columns = ["node", "state", "started", "took", "why"]
        yield f'<details class="fold"><summary>Nodes <span class="dim">{len(rows)}</span></summary>'
        yield f"{frame.table(columns, rows, numbers=('took',))}</details>"


def _ran(execution: Execution, told: Mapping[str, Any]) -> list[str]:
    took = telling.lasted(execution.ended - execution.started) if execution.state in ("ran", "failed") else "–"
    return [
        frame.link(f"/execution/{execution.id}", execution.node),
        telling.chip(telling.execution_state(execution.state)),
        telling.time_of(execution.started),
        took,
        text(told.get("reason") or ""),
    ]


def _artifacts(given: Sequence[Artifact]) -> Iterator[str]:
    if given:
        yield f'<details class="fold"><summary>Artifacts <span class="dim">{len(given)}</span></summary>'
        yield artifact_table(given[:_MOST_LISTED])
        more = len(given) - _MOST_LISTED
        yield (f'<p class="dim">{more:,} more are not listed.</p>' if more > 0 else "") + "</details>"


def artifact_table(artifacts: Sequence[Artifact]) -> str:
    """Artifacts as rows."""
    rows = [
        [
            frame.link(f"/artifact/{one.id}", one.kind),
            str(one.id),
            state_of(one),
            f'<span class="mono">{text(one.uri)}</span>',
        ]
        for one in artifacts
    ]
    return frame.table(["artifact", "number", "state", "URI"], rows)


def state_of(artifact: Artifact) -> str:
    """What an artifact says, or how it is, as markup."""
    told = drawing.artifact_node(artifact).told
    if told.sign:
        return telling.chip(told)
    gone = artifact.present is False
    return telling.chip(telling.Told("!", "files gone", "warn")) if gone else text(artifact.state.replace("_", " "))


def _config(run: Run) -> Iterator[str]:
    from graduate.pipeline.lineage.runs_changes import flat

    if run.config:
        rows = frame.properties(flat(run.config))
        yield f'<details class="fold" id="config"><summary>Config</summary>{rows}</details>'
    facts = {name.replace("_", " "): value for name, value in sorted(run.facts.items()) if name not in _TOLD}
    libraries = run.facts.get("libraries")
    if isinstance(libraries, Mapping):
        facts["libraries"] = libraries
    if facts:
        yield f'<details class="fold"><summary>What else was recorded</summary>{frame.properties(facts)}</details>'
