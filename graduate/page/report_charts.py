"""What a report draws of a trace: loss, metrics, what findings are about, noise scale, time. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graduate.findings import Finding
from graduate.page import chart, heat, shell
from graduate.trace import Event, Trace

_MOST_LAYERS = 4
_BESIDE = (
    ("recorder", "recorder_share"),
    ("recorder and rules", "looks_share"),
    ("validation", "validation_share"),
    ("callbacks", "callback_share"),
)


def marks(findings: Sequence[Finding], events: Sequence[Event], prefix: str) -> list[chart.Mark]:
    """A mark at the first step of each root, and at each rollback, remedy and stop."""
    found = [
        chart.Mark(
            one.steps[0],
            str(at),
            f"{at}. {one.fault}, from step {one.steps[0]}",
            f"{prefix}finding-{at}",
            one.severity.label,
        )
        for at, one in enumerate(findings, 1)
        if one.caused_by is None
    ]
    names = {"rollback": "↶", "remedy": "+", "stop": "■", "resume": "▸"}
    found += [
        chart.Mark(one.step, names.get(one.kind, "·"), f"{one.kind} after step {one.step}", f"{prefix}verdict", "note")
        for one in events
    ]
    return found


def losses(trace: Trace, marked: Sequence[chart.Mark]) -> Iterator[str]:
    """Loss by step, with the eval loss where there is one and the constant predictor's as a line."""
    lines = []
    if len(trace.steps) and "loss" in trace.columns():
        lines.append(chart.Line("training, by step", trace.steps, trace.series("loss")))
    for name, key in (("training, by epoch", "loss"), ("eval", "val_loss"), ("eval", "eval_loss")):
        line = _epochs(trace, key, name)
        if line is not None and (name == "eval" or not lines):
            lines.append(line)
    constant = (trace.known.get("constant") or {}).get("loss", trace.facts.constant_loss)
    if lines and isinstance(constant, int | float):
        ends = np.asarray([lines[0].x[0], lines[0].x[-1]])
        lines.append(chart.Line("best constant predictor", ends, np.full(2, float(constant))))
    if lines:
        yield shell.heading("Loss")
        yield chart.line_chart("Loss", lines, marked)


def metrics(trace: Trace, marked: Sequence[chart.Mark]) -> Iterator[str]:
    """Every metric but the loss, training and eval together."""
    names: list[str] = []
    for _, epoch in trace.told("epoch"):
        for key in epoch.get("logs") or {}:
            base = key.removeprefix("val_").removeprefix("eval_")
            if base not in (*names, "loss", "learning_rate", "lr"):
                names.append(base)
    drawn = []
    for name in names:
        lines = [_epochs(trace, name, "training"), *(_epochs(trace, p + name, "eval") for p in ("val_", "eval_"))]
        some = [line for line in lines if line is not None]
        drawn += [chart.line_chart(name, some, marked)] if some else []
    if drawn:
        yield shell.heading("Training and eval")
        yield from drawn


def about_findings(trace: Trace, findings: Sequence[Finding]) -> Iterator[str]:
    """Histograms of the column that a finding is about: its layers before and since, and the other layers."""
    names, _ = heat.layers_of(trace)
    drawn = []
    for at, finding in enumerate(findings, 1):
        table = _table(trace, finding)
        mine = [names.index(layer) for layer in finding.layers if layer in names][:_MOST_LAYERS]
        if table is None or finding.caused_by or not mine:
            continue
        title, values = table
        since = trace.steps >= finding.steps[0]
        others = np.delete(values, [names.index(layer) for layer in finding.layers if layer in names], axis=1)
        groups = [(f"{names[i]}, from step {finding.steps[0]:,}", values[since, i]) for i in mine]
        groups += [(f"{names[i]}, before", values[~since, i]) for i in mine if (~since).any()]
        groups += [("all other layers", others.ravel())] if others.size else []
        drawn.append(chart.histogram(f"{at}. {finding.fault}: {title}", groups))
    if any(drawn):
        yield shell.heading("What the findings are about")
        yield from drawn


def noise_scale(trace: Trace) -> Iterator[str]:
    """The gradient noise scale against the batch size, or why there is none."""
    told = [(step, one) for step, one in trace.told("noise_scale") if one.get("b_simple") is not None]
    yield shell.heading("Gradient noise scale")
    if not told:
        yield "<p>Not measured: it needs gradients of two batch sizes (replicas, or accumulated micro-batches).</p>"
        return
    steps = np.asarray([step for step, _ in told])
    scale = np.asarray([float(one["b_simple"]) for _, one in told])
    lines = [chart.Line("noise scale, examples", steps, scale, dots=True)]
    size = told[-1][1].get("batch_size")
    if size and len(steps) > 1:
        lines.append(chart.Line("batch size", steps[[0, -1]], np.full(2, float(size))))
    if len(steps) > 1:
        yield chart.line_chart("Noise scale", lines)
    yield shell.facts({"noise scale at the end, examples": float(scale[-1]), "batch size": size})


def time(trace: Trace) -> Iterator[str]:
    """Where the time goes: a step's into input and compute, the training's into steps, recorder and the rest."""
    pace = trace.known.get("pace") or {}
    seconds, share = _seconds(trace, pace)
    if not seconds:
        return
    yield shell.heading("Time per step")
    waits = [] if share is None else [("input", share)]
    yield chart.split_bar(f"{1000 * seconds:.3g} ms a step", [*waits, ("compute", 1.0 - (share or 0.0))])
    if share is None:
        yield "<p>How long a step waits for its input was not measured.</p>"
    shares = [(name, pace.get(key)) for name, key in _BESIDE]
    beside = [(name, float(value)) for name, value in shares if isinstance(value, int | float)]
    if beside:
        steps = max(0.0, 1.0 - sum(value for _, value in beside))
        yield chart.split_bar("The whole training", [("steps", steps), *beside])
    if len(trace.steps) > 2 and "seconds" in trace.columns():
        yield chart.line_chart("Seconds a step", [chart.Line("step", trace.steps, trace.series("seconds"))])


def _seconds(trace: Trace, pace: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Seconds of a step, and the share of it that waits for input."""
    columns = trace.columns()
    seconds, share = pace.get("seconds_per_step"), pace.get("input_share")
    if seconds is None and "seconds" in columns:
        seconds = _median(trace.series("seconds"))
    if share is None and seconds and "input_seconds" in columns:
        waited = _median(trace.series("input_seconds"))
        share = None if waited is None else min(1.0, waited / seconds)
    return seconds, share


def _median(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def _epochs(trace: Trace, key: str, name: str) -> chart.Line | None:
    told = [(epoch.get("step", step), (epoch.get("logs") or {}).get(key)) for step, epoch in trace.told("epoch")]
    some = [(step, float(value)) for step, value in told if isinstance(value, int | float)]
    if not some:
        return None
    return chart.Line(name, np.asarray([s for s, _ in some]), np.asarray([v for _, v in some]), dots=len(some) < 60)


def _table(trace: Trace, finding: Finding) -> tuple[str, np.ndarray] | None:
    """The map by layer that the finding's evidence is about; gradient norms where it names no column of theirs."""
    columns = trace.columns()
    about = " ".join(one.column for one in finding.evidence)
    if "update" in about and {"update_norm", "weight_norm"} <= columns:
        return "update ratio", heat.update_ratios(trace)
    if "gradient_norm" in columns and len(trace.steps):
        return "gradient norm", heat.gradient_norms(trace)
    return None
