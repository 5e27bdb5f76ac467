"""The report of a training as one self-contained page: verdict first, then findings, then what the gradients did.

`write(path, [View("digits", trace, diagnosis)])`. The page needs no network and is opened from the disk. NumPy only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate import files
from graduate.findings import Diagnosis, Finding
from graduate.page import heat, report_charts, shell
from graduate.trace import Trace

_HERE = Path(__file__).parent
_WORDS = {"healthy": "Healthy", "sick": "Sick", "nothing_seen": "Nothing seen"}


@dataclass(frozen=True)
class View:
    """One training: a script may hold several.

    Attributes:
        name: of the model, the run or the script.
        trace: its trace.
        diagnosis: what the rules say of it.
    """

    name: str
    trace: Trace
    diagnosis: Diagnosis


def write(path: str | os.PathLike[str], views: Sequence[View], *, title: str = "Training report") -> None:
    """Write the page, whole or not at all.

    Raises:
        UserError: the folder cannot be written.
    """
    files.write_text(Path(path), render(views, title=title))


def render(views: Sequence[View], *, title: str = "Training report") -> str:
    """The page's markup."""
    style = "".join((_HERE / name).read_text(encoding="utf-8") for name in ("chart.css", "report.css"))
    body = [f"<style>{style}</style>"]
    body.append('<a class="skip" href="#verdict">Skip to the verdict</a>')
    if not views:
        body.append(
            '<p class="verdict nothing_seen" id="verdict"><strong>Nothing seen</strong>: no model was trained.</p>'
        )
    for at, view in enumerate(views):
        if len(views) > 1:
            body.append(f"<h2>{shell.text(view.name)}</h2>")
        body += _sections(view, f"m{at}-" if at else "")
    body.append(f"<script>{(_HERE / 'report.js').read_text(encoding='utf-8')}</script>")
    return shell.page(title, _lead(views), body)


def _lead(views: Sequence[View]) -> str:
    if len(views) != 1:
        return f"{len(views)} models were trained."
    trace = views[0].trace
    optimizer = trace.facts.optimizer.get("name", "unknown optimizer")
    steps = f"{len(trace.steps):,} recorded steps" if len(trace.steps) else "no recorded step"
    return f"{views[0].name}: {steps}, {len(trace.facts.variables)} trainable variables, {optimizer}."


def _sections(view: View, prefix: str) -> Iterator[str]:
    trace, diagnosis = view.trace, view.diagnosis
    numbers = {id(finding): at + 1 for at, finding in enumerate(diagnosis.findings)}
    yield _verdict(diagnosis, prefix)
    for finding in diagnosis.findings:
        yield _finding(finding, numbers[id(finding)], prefix, trace)
    marks = report_charts.marks(diagnosis.findings, trace.events, prefix)
    yield from report_charts.losses(trace, marks)
    yield from _heat_maps(trace)
    yield from report_charts.about_findings(trace, diagnosis.findings)
    yield from report_charts.metrics(trace, marks)
    yield from report_charts.noise_scale(trace)
    yield from report_charts.time(trace)
    yield _looked_at(diagnosis)
    yield _facts(trace)


def _verdict(diagnosis: Diagnosis, prefix: str) -> str:
    verdict, roots = diagnosis.verdict, [one.fault for one in diagnosis.roots if one.severity.label == "error"]
    if verdict == "sick":
        said = f"{len(roots)} fault{'s' if len(roots) != 1 else ''}: {', '.join(roots)}."
    elif verdict == "healthy":
        said = f"{len(diagnosis.ran)} rules looked and none found an error"
        said += f"; {len(diagnosis.skipped)} could not look." if diagnosis.skipped else "."
    else:
        said = "no rule could look at this trace."
    return (
        f'<p class="verdict {verdict}" id="{prefix}verdict"><strong>{_WORDS[verdict]}</strong>: {shell.text(said)}</p>'
    )


def _finding(finding: Finding, number: int, prefix: str, trace: Trace) -> str:
    first, last = finding.steps
    where = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
    if finding.layers:
        named = ", ".join(finding.layers[:6])
        where += f" · {named}" + (f" and {len(finding.layers) - 6} more" if len(finding.layers) > 6 else "")
    if finding.caused_by:
        where += f" · follows from {finding.caused_by}"
    if finding.cured_at is not None:
        where += f" · cured after step {finding.cured_at:,}"
    kinds = [finding.severity.label, *(["consequence"] if finding.caused_by else [])]
    kinds += ["cured"] if finding.cured_at is not None else []
    evidence = shell.table(
        ("what", "value", "bound", "bound from"),
        [(one.sentence or one.column, one.value, one.threshold, one.source) for one in finding.evidence],
    )
    advice = "".join(f"<li>{shell.text(sentence)}</li>" for sentence in _advice(finding, trace))
    return (
        f'<article class="finding {" ".join(kinds)}" id="{prefix}finding-{number}"><h3><span class="word">'
        f"{finding.severity.label}</span>{number}. {shell.text(finding.fault)}</h3>"
        f'<p class="where">{shell.text(where)}</p><p>{shell.text(finding.meaning)}</p>'
        f"<details{' open' if number == 1 else ''}><summary>Evidence</summary>{evidence}</details>"
        + (f"<p>What to do, the most promising first:</p><ol>{advice}</ol>" if advice and not finding.caused_by else "")
        + "</article>"
    )


def _advice(finding: Finding, trace: Trace) -> Sequence[str]:
    from graduate import remedies

    return tuple(remedies.advice(finding, trace))


def _heat_maps(trace: Trace) -> Iterator[str]:
    names, _ = heat.layers_of(trace)
    maps = []
    if names and len(trace.steps) and "gradient_norm" in trace.columns():
        maps.append(heat.encoded("gradient norm", names, trace.steps, heat.gradient_norms(trace)))
        if {"update_norm", "weight_norm"} <= trace.columns():
            maps.append(heat.encoded("update ratio", names, trace.steps, heat.update_ratios(trace)))
    if not maps:
        return
    options = "".join(f"<option>{shell.text(one['title'])}</option>" for one in maps)
    stored = json.dumps(maps).replace("<", "\\u003c")
    yield (
        '<section class="heat"><h2>Layers by steps</h2>'
        f"<p><label>Shown: <select>{options}</select></label>"
        " The input is at the top; a column is the largest of its steps.</p>"
        '<div class="frame"><canvas tabindex="0" role="application"></canvas></div><div class="ends"></div>'
        '<div class="ramp"><canvas aria-hidden="true"></canvas><span class="range"></span>'
        '<span><i class="swatch" style="background:#96969b"></i>exactly 0</span>'
        '<span><i class="swatch" style="background:#dc1e3c"></i>NaN or infinite</span></div>'
        "<output>Point at the map, or focus it and use the arrow keys.</output>"
        f'<script type="application/json">{stored}</script></section>'
    )
    yield _summary_table(trace, names)


def _summary_table(trace: Trace, names: Sequence[str]) -> str:
    """The same in numbers, for who cannot see colours, and for copying."""
    norms = heat.gradient_norms(trace)
    tenth = max(1, len(norms) // 10)
    with np.errstate(all="ignore"):
        rows = [
            (
                name,
                *(
                    float(np.nanmedian(part)) if np.isfinite(part).any() else None
                    for part in (own[:tenth], own[-tenth:])
                ),
            )
            for name, own in zip(names, norms.T, strict=True)
        ]
    table = shell.table(("layer", "gradient norm, first tenth", "last tenth"), rows)
    return f"<details><summary>Gradient norms by layer, in numbers (medians)</summary>{table}</details>"


def _looked_at(diagnosis: Diagnosis) -> str:
    ran = ", ".join(diagnosis.ran) or "none"
    parts = [f"<h2>What was looked at</h2><p>{shell.text(f'{len(diagnosis.ran)} rules ran: {ran}.')}</p>"]
    if diagnosis.skipped:
        rows = [(fault, ", ".join(sorted(needs))) for fault, needs in sorted(diagnosis.skipped.items())]
        table = shell.table(("rule", "was not there"), rows)
        many = "1 rule" if len(rows) == 1 else f"{len(rows)} rules"
        parts.append(f"<details><summary>{many} could not look</summary>{table}</details>")
    if diagnosis.errors:
        parts.append(shell.facts(diagnosis.errors))
    return "".join(parts)


def _facts(trace: Trace) -> str:
    facts, program = trace.facts, trace.known.get("program") or {}
    known: dict[str, Any] = {
        "loss": facts.loss,
        "output activation": facts.output_activation,
        "optimizer": _optimizer(facts.optimizer),
        "batch size": facts.batch_size or program.get("batch_size"),
        "loss of the best constant predictor": facts.constant_loss or _constant(trace.known),
        "precision": program.get("precision"),
        "how it was trained": program.get("kind"),
        "ended": program.get("ended"),
    }
    return shell.heading("The run") + shell.facts({key: value for key, value in known.items() if value is not None})


def _optimizer(facts: Mapping[str, float | str]) -> str:
    numbers = [f"{key.replace('_', ' ')} {value:.4g}" for key, value in facts.items() if isinstance(value, float)]
    return ", ".join([str(facts.get("name", "unknown")), *numbers])


def _constant(known: Mapping[str, Any]) -> float | None:
    value = (known.get("constant") or {}).get("loss")
    return None if value is None else float(value)
