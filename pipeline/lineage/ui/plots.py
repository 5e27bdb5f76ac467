"""What the Evaluator and the Trainer measured, drawn: from `metrics.json` and `history.csv` as they lie on the disk.

Both may be anything: what does not read as expected is left out, and the file itself is a link away.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.page.shell import text
from graduate.pipeline.lineage.ui import artifact_files, frame

_MOST = 8_000_000  # bytes
_COUNTS = ("examples",)
_SHADES = 8
_CLASSES = 40  # of a matrix that can still be read


def evaluation(folder: Path | None) -> list[str]:
    """Metrics of all rows and of slices, calibration and confusion, as markup."""
    found = _json(folder, "metrics.json")
    drawn = [_overall(found.get("overall")), _slices(found.get("slices"), "Slices")]
    drawn += [_slices(found.get("per_class"), "Classes"), _calibration(found.get("calibration"))]
    return [one for one in (*drawn, _confusion(found.get("confusion_matrix"))) if one]


def training(folder: Path | None) -> list[str]:
    """Loss and metrics by step."""
    raw = artifact_files.read(folder, "history.csv", _MOST) if folder else None
    if not raw:
        return []
    import numpy as np

    from graduate.page import chart

    rows = list(csv.DictReader(raw.decode("utf-8", errors="replace").splitlines()))
    columns = {name: np.asarray([_float(row.get(name)) for row in rows]) for name in rows[0]} if rows else {}
    steps = columns.pop("step", np.arange(1, len(rows) + 1, dtype=float))
    if not len(steps) or not np.isfinite(steps).all():
        return []
    drawn = []
    for name in columns:
        if not name or name.startswith(("eval_", "val_")):
            continue
        pairs = [("training", columns[name])]
        pairs += [("eval", columns[p + name]) for p in ("eval_", "val_") if p + name in columns]
        some = [(said, values) for said, values in pairs if np.isfinite(values).any()]
        lines = [chart.Line(said, steps, values, dots=len(steps) < 60) for said, values in some]
        if lines:
            drawn.append(chart.line_chart(name.replace("_", " "), lines))
    return [f'<div class="charts">{"".join(drawn)}</div>'] if drawn else []


def _json(folder: Path | None, name: str) -> Mapping[str, Any]:
    raw = artifact_files.read(folder, name, _MOST) if folder else None
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _numbers(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): float(one) for name, one in value.items() if isinstance(one, int | float)}


def _said(name: str, value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if name in _COUNTS or abs(value) >= 100_000 else f"{value:.4f}"


def _overall(value: Any) -> str:
    return (
        frame.facts({name.replace("_", " "): _said(name, one) for name, one in _numbers(value).items()})
        if value
        else ""
    )


def _slices(value: Any, title: str) -> str:
    """A table of slices; a bar for each share."""
    if not isinstance(value, Mapping):
        return ""
    rows = {str(name): _numbers(one) for name, one in list(value.items())[:200]}
    names = list(dict.fromkeys(metric for one in rows.values() for metric in one))
    if not names:
        return ""
    shares = {name for name in names if all(0 <= one.get(name, 0) <= 1 for one in rows.values()) and name != "loss"}
    cells = [
        [text(label), *(_bar(one.get(name)) if name in shares else _said(name, one.get(name)) for name in names)]
        for label, one in rows.items()
    ]
    shown = [name.replace("_", " ") for name in names]
    table = frame.table(["", *shown], cells, numbers=shown)
    more = f'<p class="dim">{len(value) - 200} more.</p>' if len(value) > 200 else ""
    return f'<details class="fold"><summary>{title}</summary><div class="scroll">{table}</div>{more}</details>'


def _bar(value: float | None) -> str:
    if value is None:
        return "–"
    return (
        f'{value:.4f}<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" width="100" height="4"/><rect width="{100 * value:.1f}" height="4"/></svg>'
    )


def _calibration(value: Any) -> str:
    """How often the model was right, by how sure it was."""
    bins = [_numbers(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
    points = [(one["confidence"], one["accuracy"]) for one in bins if {"confidence", "accuracy"} <= one.keys()]
    if len(points) < 2:
        return ""
    rows = [
        [
            f"{one.get('from', 0):.2f} to {one.get('to', 1):.2f}",
            _said("examples", one.get("examples")),
            _bar(one["confidence"]),
            _bar(one["accuracy"]),
        ]
        for one in bins
        if {"confidence", "accuracy"} <= one.keys()
    ]
    columns = ["how sure", "examples", "sure, on average", "right"]
    table = frame.table(columns, rows, numbers=columns[1:])
    return f'<details class="fold"><summary>Calibration</summary><div class="scroll">{table}</div></details>'


def _confusion(value: Any) -> str:
    """Rows are the true classes, columns what was predicted."""
    if not isinstance(value, Mapping):
        return ""
    classes, rows = value.get("classes"), value.get("rows")
    if not isinstance(classes, list) or not isinstance(rows, list) or len(classes) > _CLASSES:
        return ""
    if len(classes) != len(rows) or not all(isinstance(row, list) and len(row) == len(classes) for row in rows):
        return ""
    order = sorted(range(len(classes)), key=lambda at: _natural(str(classes[at])))
    head = "".join(f"<th scope=col>{text(classes[at])}</th>" for at in order)
    lines = "".join(
        f"<tr><th scope=row>{text(classes[at])}</th>"
        f"{''.join(_cell(rows[at][col], rows[at], at == col) for col in order)}</tr>"
        for at in order
    )
    return (
        '<details class="fold"><summary>Confusion matrix</summary><p class="dim">A row is a true class, a column what '
        f'was predicted.</p><div class="scroll"><table class="matrix"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></details>"
    )


def _natural(name: str) -> tuple[bool, float, str]:
    """10 after 9, and words after numbers."""
    number = _float(name)
    return (math.isnan(number), 0.0 if math.isnan(number) else number, name)


def _cell(value: Any, row: Sequence[Any], right: bool) -> str:
    counts = [_float(one) for one in row]
    whole = sum(one for one in counts if one > 0) or 1.0
    number = _float(value)
    share = number / whole if number > 0 else 0.0
    shade = math.ceil(share * _SHADES) if share else 0
    kind = f"h{shade}{'' if right else ' wrong'}"
    return f'<td class="{kind}">{text(value) if number else ""}</td>'
