"""The spark lines of the terminal's report: the loss with the findings marked on it, and a line a layer. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from graduate import spark
from graduate.findings import Diagnosis, Severity
from graduate.trace import Trace

if TYPE_CHECKING:
    from graduate.text_report import Style

_MOST_LAYERS = 24
_ROOMY, _BOTH_ENDS, _LAST = 90, 19, 8  # columns: of a terminal, of the first and the last number, of the last alone
_SIGNS = {Severity.ERROR: "▲", Severity.WARNING: "△", Severity.NOTE: "·"}
_PLAIN_SIGNS = {Severity.ERROR: "!", Severity.WARNING: "?", Severity.NOTE: "."}
_BY_EPOCH = ("loss", "val_loss", "accuracy", "val_accuracy")
_TABLES = (("gradient_norm", "gradient norm"), ("update_ratio", "update ratio"))


def curves(trace: Trace, diagnosis: Diagnosis, drawn: Style) -> Iterator[str]:
    """The epochs' logs; of a trace with steps also the loss and every layer by step."""
    columns = trace.columns()
    if (trace.known.get("program") or {}).get("kind") == "log" and not trace.facts.variables:
        yield from _epochs(trace, drawn)
    elif "loss" in columns and len(trace.steps):
        yield ""
        yield from _loss(trace, diagnosis, drawn)
    tables = [(name, words) for name, words in _TABLES if name in columns]
    if tables and len(trace.steps):
        yield ""
        yield from _layers(trace, diagnosis, tables, drawn)


def _loss(trace: Trace, diagnosis: Diagnosis, drawn: Style) -> Iterator[str]:
    ends = _ends(trace.series("loss"))
    width = drawn.width - 12 - len(ends)
    yield f"  loss  {spark.line(trace.series('loss'), width)}  {ends}"
    signs = _SIGNS if drawn.unicode else _PLAIN_SIGNS
    marked = {root.steps[0]: signs[root.severity] for root in reversed(diagnosis.roots)}
    row = spark.marks(trace.steps, marked, width)
    if row:
        yield f"        {row}"


def loss_line(trace: Trace, width: int) -> str:
    """The loss alone, with its first and last value."""
    if "loss" not in trace.columns():
        return f"{len(trace.steps):,} steps"
    ends = _ends(trace.series("loss"))
    return f"{spark.line(trace.series('loss'), width - len(ends) - 2)}  {ends}"


def _ends(values: np.ndarray) -> str:
    return f"{_short(values[0])} → {_short(values[-1])}" if np.isfinite(values).any() else "not finite"


def _epochs(trace: Trace, drawn: Style) -> Iterator[str]:
    """Of somebody's log: loss and accuracy, an epoch a value; the loss by step where there are no epochs."""
    if not trace.told("epoch") and "loss" in trace.columns():
        yield ""
        yield from _loss(trace, Diagnosis((), {}), drawn)
    logs = [value.get("logs") or {} for _, value in trace.told("epoch")]
    shown = [name for name in _BY_EPOCH if any(name in one for one in logs)]
    if shown:
        yield ""
    for name in shown:
        values = np.asarray([one.get(name, np.nan) for one in logs], np.float64)
        ends = _ends(values)
        yield f"  {name:<12}  {spark.line(values, drawn.width - 18 - len(ends))}  {ends}"


def _layers(trace: Trace, diagnosis: Diagnosis, tables: list[tuple[str, str]], drawn: Style) -> Iterator[str]:
    variables = [variable.layer for variable in trace.facts.variables]
    names = list(dict.fromkeys(variables))
    named = {layer for finding in diagnosis.findings for layer in finding.layers}
    shown = _shown(names, named)
    label = min(max(len(name) for name in shown), 24, drawn.width // 4)
    room = _BOTH_ENDS if drawn.width >= _ROOMY else _LAST  # for numbers
    width = (drawn.width - label - 2) // len(tables) - room - 3
    yield "  " + " " * label + "".join(f"  {words:<{width + room + 1}}" for _, words in tables).rstrip()
    for layer in shown:
        at = [index for index, one in enumerate(variables) if one == layer]
        cells = []
        for name, _ in tables:
            values = _together(trace, name, at)
            ends = f"{_short(values[0])} → {_short(values[-1])}" if room == _BOTH_ENDS else _short(values[-1])
            cells.append(f"  {spark.line(values, width):<{width}} {ends:<{room}}")
        text = f"  {_cut(layer, label):<{label}}{''.join(cells)}".rstrip()
        yield drawn.paint(text, "red") if layer in named and drawn.colour else text
    if len(shown) < len(names):
        yield f"  {len(names) - len(shown)} more layers"


def _together(trace: Trace, name: str, at: list[int]) -> np.ndarray:
    """A layer's variables as one (T,): of norms that of all elements, of ratios one norm by the other."""
    if name == "update_ratio":  # not each variable's: a bias that began at 0 has a ratio of 1
        update, weight = _norm(trace, "update_norm", at), _norm(trace, "weight_norm", at)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(update == 0, 0, update / weight)
    return _norm(trace, name, at)


def _norm(trace: Trace, name: str, at: list[int]) -> np.ndarray:
    values = trace.table(name)[:, at].astype(np.float64)
    known = ~np.isnan(values).all(1)
    return np.where(known, np.sqrt(np.nansum(np.square(values), 1)), np.nan)


def _shown(names: list[str], named: set[str]) -> list[str]:
    """All, or, where there are many, those that findings name and others evenly from front to back."""
    if len(names) <= _MOST_LAYERS:
        return names
    kept = [name for name in names if name in named][:_MOST_LAYERS]
    others = [name for name in names if name not in kept]
    wanted = _MOST_LAYERS - len(kept)
    picked = {others[at] for at in np.linspace(0, len(others) - 1, wanted).astype(int)} if wanted else set()
    return [name for name in names if name in picked or name in kept]


def _short(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else ("NaN" if np.isnan(value) else "∞")


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"…{name[-width + 1 :]}"
