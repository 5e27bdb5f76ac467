"""The page of a search: what won, every setting beside the metric, how the best learned, and all trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate import page as page_
from graduate.page import chart, shell
from graduate.tuning import settings as settings_
from graduate.tuning.space import Dimension
from graduate.tuning.trials import Trial, best, ranked, sentence

_WIDTH, _HEIGHT, _SIDE, _TOP = 1000, 300, 70, 40  # of the drawing of all settings, in its own units
_CURVES = 4  # trials whose course is drawn: as many as a chart has colours
_STYLE = """
figure.parallel { margin: 1rem 0 1.6rem; }
.parallel svg { width: 100%; min-width: 36rem; height: auto; display: block; }
.parallel text { fill: var(--ink); font-size: 13px; } .parallel .end { fill: var(--dim); font-size: 11px; }
.parallel .axis { stroke: var(--line); } .parallel .trial { fill: none; stroke: var(--dim); opacity: .55; }
.parallel .trial.best { stroke: var(--good); stroke-width: 3; opacity: 1; }
.parallel .trial.sick { stroke: var(--bad); stroke-dasharray: 4 4; }
th, td { overflow-wrap: normal; }
td:last-child { min-width: 16rem; } th.number:last-child { text-align: left; }
"""


def render(found: Mapping[str, Any]) -> str:
    """The page's markup.

    Args:
        found: `trials`, `metric`, `algorithm` and `space`, as the Tuner writes them.
    """
    trials, metric = [Trial.from_json(one) for one in found["trials"]], found["metric"]
    space = [Dimension.from_json(one) for one in found["space"]]
    style = (Path(page_.__file__).parent / "chart.css").read_text(encoding="utf-8")
    body = [f"<style>{style}{_STYLE}</style>", f"<p>{shell.text(sentence(trials, metric))}</p>"]
    body += _parallel(trials, space, metric)
    body += _curves(trials, metric)
    body.append(shell.heading("All trials, the best first"))
    body.append(shell.table(*table(trials, space, metric)))
    return shell.page("Search for settings", f"{len(trials)} trials, {found['algorithm']}, by {metric}.", body)


def table(trials: Sequence[Trial], space: Sequence[Dimension], metric: str) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of all trials, the best first."""
    keys = [one.key for one in space]
    names = [settings_.short(key, keys) for key in keys]
    short = any(trial.share < 1 for trial in trials)
    rows = [
        [
            trial.number,
            *([f"{trial.share:.3g}"] if short else []),
            *(settings_.brief(trial.settings.get(key)) for key in keys),
            trial.score(metric),
            trial.steps,
            trial.seconds,
            told(trial),
        ]
        for trial in ranked(trials, metric)
    ]
    return ["trial", *(["budget"] if short else []), *names, metric, "steps", "seconds", "what came of it"], rows


def told(trial: Trial) -> str:
    """What came of a trial in words: finished, with what was seen; or its fault."""
    if trial.status == "sick":
        return f"sick: {trial.fault}. {trial.why}"
    if trial.status == "failed":
        return f"failed: {trial.why}"
    seen = ", ".join(dict.fromkeys(str(one["fault"]) for one in trial.findings))
    return f"finished; seen: {seen}" if seen else "finished"


def _curves(trials: Sequence[Trial], metric: str) -> Iterator[str]:
    lines = []
    for trial in ranked(trials, metric)[:_CURVES]:
        points = [(row["step"], row.get(metric)) for row in trial.history]
        points = [(step, value) for step, value in points if value is not None]
        if trial.score(metric) is not None and points:
            x, y = np.array(points, np.float64).T
            lines.append(chart.Line(f"trial {trial.number}", x, y, dots=len(points) < 20))
    if lines:
        longest = max(lines, key=lambda line: line.x[-1])  # the axis ends where the last line does
        rest = [line for line in lines if line is not longest]
        yield chart.line_chart(f"{metric} of the best trials", [*rest, longest])


def _parallel(trials: Sequence[Trial], space: Sequence[Dimension], metric: str) -> Iterator[str]:
    """Parallel coordinates: an axis for each key and one for the metric, a line for each trial."""
    shown = [trial for trial in ranked(trials, metric) if trial.status != "failed"]
    scores = [score for trial in shown if (score := trial.score(metric)) is not None]
    if not shown:
        return
    keys = [one.key for one in space]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    last = len(space)
    places = [_SIDE + (_WIDTH - 2 * _SIDE) * at / last for at in range(last + 1)]
    parts = [
        _axis(place, settings_.short(one.key, keys), *_ends(one)) for place, one in zip(places, space, strict=False)
    ]
    parts.append(_axis(places[-1], metric, f"{low:.3g}", f"{high:.3g}"))
    won = best(trials, metric)
    for trial in reversed(shown):  # the best is drawn above the others
        heights = [_height(one, trial.settings[one.key]) for one in space]
        score = trial.score(metric)
        if score is not None:
            heights.append((score - low) / (high - low) if high > low else 0.5)
        points = " ".join(f"{x:.1f},{_y(height):.1f}" for x, height in zip(places, heights, strict=False))
        kind = "sick" if trial.status == "sick" else "best" if won and trial.number == won.number else ""
        label = f"trial {trial.number}: {settings_.told(trial.settings)}; {_came(trial, metric)}"
        parts.append(f'<polyline class="trial {kind}" points="{points}"><title>{shell.text(label)}</title></polyline>')
    said = f"Settings of {len(shown)} trials beside {metric}; the table below has them in numbers."
    yield shell.heading("Settings beside the metric")
    yield "<p>A line is a trial: the best one is thick, sick ones are dashed and end before the metric.</p>"
    yield (
        f'<figure class="parallel scroll"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _came(trial: Trial, metric: str) -> str:
    score = trial.score(metric)
    return told(trial) if score is None else f"{metric} {score:.4g}"


def _axis(x: float, name: str, low: str, high: str) -> str:
    top, bottom = _y(1), _y(0)
    return (
        f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'
        f'<text x="{x:.1f}" y="{top - 22}" text-anchor="middle">{shell.text(name)}</text>'
        f'<text class="end" x="{x:.1f}" y="{top - 6}" text-anchor="middle">{shell.text(high)}</text>'
        f'<text class="end" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{shell.text(low)}</text>'
    )


def _y(height: float) -> float:
    """From 0 (bottom) … 1 (top) to the drawing's own units."""
    return _HEIGHT - _TOP - (_HEIGHT - 2 * _TOP) * height


def _ends(one: Dimension) -> tuple[str, str]:
    if one.kind != "choice":
        return f"{one.low:g}", f"{one.high:g}"
    return _brief(one.values[0]), _brief(one.values[-1])


def _brief(value: Any) -> str:
    text = settings_.brief(value)
    return text if len(text) <= 16 else text[:15] + "…"


def _height(one: Dimension, value: Any) -> float:
    """Where a value stands on its axis, 0 … 1."""
    if one.kind == "choice":
        return one.values.index(value) / max(1, len(one.values) - 1)
    if one.log:
        return math.log(value / one.low) / math.log(one.high / one.low)
    return (value - one.low) / (one.high - one.low)
