"""Two runs side by side: what can explain the metric, settings, metrics, verdicts, nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from graduate.page.shell import text
from graduate.pipeline.lineage import words
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.records import Run
from graduate.pipeline.lineage.ui import changes, frame, heads, runs_page
from graduate.pipeline.lineage.ui.asked import Asked
from graduate.pipeline.lineage.ui.response import Response

if TYPE_CHECKING:
    from graduate.pipeline.lineage.diff import Difference

_CHOICES = 200


def page(asked: Asked) -> Response:
    """The page; of one run alone the comparison with the one before it."""
    chosen = [run for one in asked.query.get("run", ())[:2] if (run := asked.records.run(one))]
    if len(chosen) == 1:
        earlier = asked.records.run(changes.of_run(asked.records, chosen[0]).before)
        chosen = [earlier, *chosen] if earlier else chosen
    if len(chosen) != 2:
        body = ["<h1>Two runs side by side</h1>", '<p class="lead">Choose two.</p>', _choice(asked, chosen)]
        return frame.page("Compare", body, where=asked.where, at="Runs")
    one, other = sorted(chosen, key=lambda run: (run.started, run.context))
    body = ["<h1>Two runs side by side</h1>", _choice(asked, [one, other]), _sides(one, other)]
    body += _differences(asked, one, other)
    return frame.page("Compare", body, where=asked.where, at="Runs")


def _choice(asked: Asked, chosen: Sequence[Run]) -> str:
    known = dict.fromkeys(
        [*(head.id for head in heads.page(asked.records, most=_CHOICES)[0]), *(run.id for run in chosen)]
    )
    options = [(run_id, run_id) for run_id in known]
    ids = [*(run.id for run in chosen), "", ""]
    fields = "".join(
        frame.select("run", label, [("", "Choose a run"), *options], one)
        for label, one in zip(("A", "B"), ids, strict=False)
    )
    return f'<form class="filters pair" action="/compare">{fields}<button>Compare</button></form>'


def _sides(one: Run, other: Run) -> str:
    def side(letter: str, run: Run) -> str:
        told = frame.facts(
            {
                "started": telling.time_of(run.started),
                "took": text(runs_page.lasted(run)),
                "metric": runs_page.headline(run.metrics) if run.metrics else "",
            }
        )
        chip = telling.chip(telling.run_status(run.status))
        return f'<section><h2><span class="letter">{letter}</span>{frame.run_link(run.id)}</h2>{chip}{told}</section>'

    return f'<div class="sides">{side("A", one)}{side("B", other)}</div>'


def _differences(asked: Asked, one: Run, other: Run) -> Iterator[str]:
    from graduate.pipeline.lineage import diff

    records = asked.records
    found = diff.diff((records, words.of_run(records, one)), (records, words.of_run(records, other)))
    yield from _explained(found)
    yield from _metrics(found)
    yield from _settings(found)
    yield from _verdicts(found)
    yield from _data(found)
    yield from _code(found)
    yield from _nodes(found)


def _explained(found: Difference) -> Iterator[str]:
    sentences = found.explanation.sentences
    if sentences:
        first, *others = sentences
        more = "".join(f"<p>{text(one)}</p>" for one in others)
        yield f'<div class="explained"><p><strong>{text(first)}</strong></p>{more}</div>'


def _metrics(found: Difference) -> Iterator[str]:
    every = [*found.metrics.overall, *found.metrics.slices]
    yield "<h2>Metrics</h2>"
    if not every:
        yield f'<p class="dim">{text(found.metrics.why or "Neither has any.")}</p>'
        return
    yield _table(("metric", "A", "B", "B − A"), [_metric(one) for one in found.metrics.overall])
    if found.metrics.slices:
        rows = [_metric(one, f"{one.name}, {one.slice}") for one in found.metrics.slices[:100]]
        table = _table(("metric", "A", "B", "B − A"), rows)
        yield f'<details class="fold"><summary>Slices that differ <span class="dim">{len(found.metrics.slices)}</span>'
        yield f"</summary>{table}</details>"


def _metric(one: Any, name: str = "") -> list[str]:
    change = one.difference
    tone = {True: telling.Told("▲", "better", "good"), False: telling.Told("▼", "worse", "bad")}.get(one.better)
    word = f' <span class="{tone.tone} tone">{tone.sign} {tone.word}</span>' if tone and change else ""
    return [text(name or one.name), _number(one.a), _number(one.b), f"{_number(change, signed=True)}{word}"]


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    if value == 0:
        return "0"
    return f"{value:+.6g}" if signed else f"{value:.6g}"


def _settings(found: Difference) -> Iterator[str]:
    yield "<h2>Config</h2>"
    if not found.config.keys:
        yield f'<p class="dim">{text(found.config.why or "The same, key for key.")}</p>'
        return
    rows = [[f"<code>{text(one.key)}</code>", _value(one.a), _value(one.b)] for one in found.config.keys]
    yield _table(("key", "A", "B"), rows)


def _value(value: Any) -> str:
    return text("–" if value is None else telling.value_of(value, most=400))


def _verdicts(found: Difference) -> Iterator[str]:
    yield "<h2>Verdicts and findings</h2>"
    rows = [
        [text(one.source), _passed(one.a), _passed(one.b), text(" ".join(one.reasons))]
        for one in found.findings.verdicts
    ]
    rows += [[text(one.fault), _value(one.a), _value(one.b), ""] for one in found.findings.faults]
    same = found.findings.why or "The same verdicts, and the same findings."
    yield _table(("what", "A", "B", "why"), rows) if rows else f'<p class="dim">{text(same)}</p>'


def _passed(value: bool | None) -> str:
    return "–" if value is None else telling.chip(telling.verdict(value))


def _data(found: Difference) -> Iterator[str]:
    data = found.data
    yield "<h2>Data</h2>"
    if data.state != "differs":
        said = "The same rows." if data.state == "same" else data.why or "Not known."
        yield f'<p class="dim">{text(said)}</p>'
        return
    names = ("added", "removed", "changed", "relabelled", "renamed", "moved")
    counts = {name: str(getattr(data, name).number) for name in names if getattr(data, name).number}
    yield frame.facts({"rows in A": f"{data.rows[0]:,}", "rows in B": f"{data.rows[1]:,}", **counts})


def _code(found: Difference) -> Iterator[str]:
    rows = [[text(one.name), text(", ".join(one.nodes)), _value(one.a), _value(one.b)] for one in found.code.modules]
    facts = [*(found.code.libraries or ()), *found.code.around]
    rows += [[text(one.name.replace("_", " ")), "", _value(one.a), _value(one.b)] for one in facts]
    yield "<h2>Code and libraries</h2>"
    same = found.code.why or "No module differs."
    yield _table(("what", "nodes", "A", "B"), rows) if rows else f'<p class="dim">{text(same)}</p>'


def _nodes(found: Difference) -> Iterator[str]:
    names = list(dict.fromkeys([*found.a.nodes, *found.b.nodes]))
    rows = []
    for name in names:
        pair = [side.nodes.get(name) for side in (found.a, found.b)]
        cells = [telling.chip(telling.execution_state(one.execution.state)) if one else "–" for one in pair]
        same = "the same artifacts" if name in found.explanation.same else ""
        rows.append([text(name), *cells, text(same)])
    yield f'<details class="fold"><summary>Nodes</summary>{_table(("node", "A", "B", "outputs"), rows)}</details>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f'<div class="scroll">{frame.table(columns, rows)}</div>'
