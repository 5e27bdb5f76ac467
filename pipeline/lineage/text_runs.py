"""Runs as a table: a line a run; what changed and the verdict below it where they do not fit."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Callable, Iterator, Sequence

from graduate.pipeline.lineage.runs import Answer, Line
from graduate.pipeline.lineage.runs_changes import Change
from graduate.pipeline.view import style

_COLOURS = {"pushed": "green", "refused": "red", "sick": "red", "data_refused": "red", "failed": "red",
            "interrupted": "yellow", "running": "cyan", "complete": "green"}  # fmt: skip
_HEADER = ("RUN", "STATUS", "STARTED", "TOOK")
_INDENT = 4
_MOST_CHANGES = 4
_VERSION = "version "

Paint = Callable[..., str]


def text(answer: Answer, *, width: int = 100, colour: bool = False) -> str:
    """The table; no line is longer than `width` unless a run's id is."""
    paint: Paint = style.paint if colour else lambda text, *styles: text
    metrics = {line.metric for line in answer.lines if line.metric}
    one = metrics.pop() if len(metrics) == 1 else ""
    rows = [_cells(line, one) for line in answer.lines]
    header = [*_HEADER, one.upper() if one else "METRIC", "CHANGED"]
    widths = [max(len(row[at]) for row in [header, *rows]) for at in range(len(header) - 1)]
    lines = [paint(_line(header, widths), "bold")]
    for told, row in zip(answer.lines, rows, strict=True):
        lines += _run(told, row, widths, width, paint)
    return "\n".join(lines)


def _cells(line: Line, metric: str) -> list[str]:
    took = "-" if line.seconds is None else style.seconds(line.seconds)
    value = f"{line.metrics[line.metric]:.4f}" if line.metric else "-"
    if line.metric and line.metric != metric:
        value = f"{line.metric} {value}"
    return [line.id, line.status, _local(line.started), took, value, changed(line)]


def changed(line: Line) -> str:
    """What is different about a run, in one line."""
    if line.first:
        return "first run"
    return joined(line.changes) or "same"


def joined(changes: Sequence[Change]) -> str:
    """Changes in one line, the first few of them."""
    more = len(changes) - _MOST_CHANGES
    told = ", ".join(change.text for change in changes[:_MOST_CHANGES])
    return f"{told} and {more} more" if more > 0 else told


def _run(line: Line, row: Sequence[str], widths: Sequence[int], width: int, paint: Paint) -> Iterator[str]:
    *front, change = row
    verdict = line.verdict
    if verdict.startswith(_VERSION):  # short enough to stand beside what changed
        version, _, verdict = verdict.partition("; ")
        change = f"{change}; {version}"
    start = _line(front, widths)
    column = sum(widths) + 2 * len(widths)
    fits = column + len(change) <= width
    whole = f"{start.ljust(column)}{change}" if fits else start
    yield whole.replace(f"  {line.status} ", f"  {paint(line.status, _COLOURS.get(line.status, ''))} ", 1)
    if not fits:
        yield from _below(change if line.first else f"changed: {change}", width)
    if verdict:
        yield from _below(verdict, width)


def _below(told: str, width: int) -> Iterator[str]:
    """At most two lines; what is cut is told by `graduate why`."""
    wrapped = textwrap.wrap(told, width - _INDENT - 2, break_on_hyphens=False, max_lines=2, placeholder=" …")
    yield from (" " * (_INDENT + 2 * (at > 0)) + part for at, part in enumerate(wrapped))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fixed = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return "  ".join([fixed, *cells[len(widths) :]]).rstrip()


def _local(milliseconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M}"
