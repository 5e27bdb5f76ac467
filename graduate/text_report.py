"""The report on the terminal: verdict first, then findings, then what was measured, a line a layer. NumPy only."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from graduate import text_words
from graduate.findings import Diagnosis, Finding, Severity
from graduate.text_curves import curves, loss_line
from graduate.trace import Trace

if TYPE_CHECKING:
    from graduate.watch.outcome import Outcome

_NARROW, _WIDE, _PIPED = 60, 120, 100
_MOST_ADVICE = 4
_MANY = 3  # trainings; of more, those without findings get a line each
_COLOURS = {"red": "31", "yellow": "33", "green": "32", "dim": "2", "bold": "1"}
_ASCII = str.maketrans(
    {"×": "x", "–": "-", "→": "->", "…": "...", "·": "-", "└": "`", "─": "-", "‖": "|", "≥": ">=", "≤": "<=", "’": "'"}
    | dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True))
)


@dataclass(frozen=True)
class Style:
    """How to draw: columns, and whether in colour and beyond ASCII."""

    width: int = _PIPED
    colour: bool = False
    unicode: bool = True

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, if there are any."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour else text


def style(stream: TextIO) -> Style:
    """What suits a stream: plain where it is no terminal or NO_COLOR is set; 60 to 120 columns."""
    terminal = stream.isatty()
    columns = shutil.get_terminal_size((_PIPED, 24)).columns if terminal or os.environ.get("COLUMNS") else _PIPED
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return Style(min(max(columns, _NARROW), _WIDE), colour, encoding.startswith("utf"))


def show(text: str, stream: TextIO) -> None:
    """Print it."""
    print(text, file=stream, flush=True)


def of_outcome(outcome: Outcome, drawn: Style, notes: Sequence[str] = ()) -> str:
    """The report of a watched script, with further notes behind the verdict."""
    parts = [(one.name, one.trace, one.diagnosis) for one in outcome.watched]
    kept = [str(one.folder) for one in outcome.watched] if outcome.kept else []
    words = [outcome.words] if outcome.words else []
    told = [*words, *outcome.damaged, *(f"trace kept in {one}" for one in kept), *notes]
    return "\n" + of_traces(parts, drawn, told)


def of_traces(parts: Sequence[tuple[str, Trace, Diagnosis]], drawn: Style, notes: Sequence[str] = ()) -> str:
    """The report of one training or several.

    Args:
        parts: name, trace and diagnosis of each.
        drawn: how.
        notes: sentences to print behind the verdict.
    """
    lines = [*_verdict(parts, drawn), *(_wrapped(note, drawn, "  ") for note in notes)]
    brief = [part for part in parts if len(parts) > _MANY and not part[2].findings]
    for name, trace, diagnosis in parts:
        if (name, trace, diagnosis) in brief:
            continue
        if len(parts) > 1:
            lines += ["", drawn.paint(name, "bold")]
        lines += _findings(trace, diagnosis, drawn)
        lines += curves(trace, diagnosis, drawn)
    lines += _brief(brief, drawn)
    if parts:
        lines += ["", *_looked(parts, drawn)]
    text = "\n".join(lines)
    return text if drawn.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()


def _brief(parts: Sequence[tuple[str, Trace, Diagnosis]], drawn: Style) -> Iterator[str]:
    """Of many trainings those without findings: a line each."""
    if parts:
        yield ""
        yield drawn.paint(f"{text_words.count(len(parts), 'training')} without findings", "bold")
    label = min(max((len(name) for name, _, _ in parts), default=0), 30)
    for name, trace, _ in parts:
        yield f"  {name[-label:]:<{label}}  {loss_line(trace, drawn.width - label - 6)}"


def _verdict(parts: Sequence[tuple[str, Trace, Diagnosis]], drawn: Style) -> Iterator[str]:
    verdicts = {diagnosis.verdict for _, _, diagnosis in parts}
    if "sick" in verdicts:
        roots = [f for _, _, d in parts for f in d.roots if f.severity is Severity.ERROR and f.cured_at is None]
        faults = list(dict.fromkeys(root.fault for root in roots)) or ["see below"]
        yield f"graduate: {drawn.paint('sick', 'red')}: {', '.join(faults)}"
    elif "healthy" in verdicts:
        found = [finding for _, _, diagnosis in parts for finding in diagnosis.findings]
        rules = len({fault for _, _, diagnosis in parts for fault in diagnosis.ran})
        trainings = f" of {len(parts)} trainings" if len(parts) > 1 else ""
        seen = f"{text_words.count(rules, 'rule')} looked at {_extent([trace for _, trace, _ in parts])}{trainings}"
        mild = "found nothing" if not found else f"found no error, {text_words.counted(found)}"
        yield f"graduate: {drawn.paint('healthy', 'green')}: {seen} and {mild}"
    else:
        yield "graduate: nothing seen: no Keras training was seen in this program"


def _extent(traces: Sequence[Trace]) -> str:
    """How much was recorded, in steps or, of a log, in epochs."""
    of_log = all((trace.known.get("program") or {}).get("kind") == "log" and trace.told("epoch") for trace in traces)
    steps = 0 if of_log else sum(int(trace.steps[-1]) for trace in traces if len(trace.steps))
    return (
        text_words.count(steps, "step")
        if steps
        else text_words.count(sum(len(t.told("epoch")) for t in traces), "epoch")
    )


def _findings(trace: Trace, diagnosis: Diagnosis, drawn: Style) -> Iterator[str]:
    for root in diagnosis.roots:
        yield ""
        yield _title(root, drawn)
        yield _wrapped(root.meaning, drawn, "    ")
        for one in root.evidence:
            yield _wrapped(text_words.evidence(one), drawn, "    · ", "      ")
        for at, sentence in enumerate(text_words.advice(root, trace)[:_MOST_ADVICE], 1):
            yield _wrapped(sentence, drawn, f"    {at}. ", "       ")
        explained = [one for one in diagnosis.findings if one.caused_by == root.fault]
        if explained:
            names = dict.fromkeys(f"{one.fault} ({one.severity.label})" for one in explained)
            yield _wrapped("└ explains " + ", ".join(names), drawn, "    ", "      ")


def _title(finding: Finding, drawn: Style) -> str:
    colour = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}[finding.severity]
    first, last = finding.steps
    steps = f"step {first}" if first == last else f"steps {first}–{last}"
    where = text_words.layers(finding.layers)
    cured = f", cured after step {finding.cured_at}" if finding.cured_at is not None else ""
    facts = " · ".join(filter(None, [where, steps])) + cured
    return f"  {drawn.paint(finding.severity.label, colour)} {drawn.paint(finding.fault, 'bold')}  {facts}"


def _looked(parts: Sequence[tuple[str, Trace, Diagnosis]], drawn: Style) -> Iterator[str]:
    """Healthy is said with evidence: which rules looked, and which could not and why."""
    ran = dict.fromkeys(fault for _, _, diagnosis in parts for fault in diagnosis.ran)
    skipped: dict[str, Mapping[str, None]] = {}
    for _, _, diagnosis in parts:
        for fault, needs in diagnosis.skipped.items():
            if fault not in ran:
                skipped[fault] = dict.fromkeys([*skipped.get(fault, ()), *sorted(needs)])
    yield _wrapped(f"looked for: {', '.join(ran) or 'nothing'}", drawn, "  ", "    ")
    reasons: dict[str, list[str]] = {}
    for fault, lacking in skipped.items():
        reasons.setdefault(text_words.missing(lacking), []).append(fault)
    for reason, faults in reasons.items():
        yield _wrapped(f"not looked for: {', '.join(faults)} ({reason})", drawn, "  ", "    ")
    for _, _, diagnosis in parts:
        for fault, why in diagnosis.errors.items():
            yield _wrapped(f"the rule for {fault} failed: {why}", drawn, "  ", "    ")


def _wrapped(text: str, drawn: Style, first: str, others: str | None = None) -> str:
    return textwrap.fill(
        text,
        drawn.width,
        initial_indent=first,
        subsequent_indent=first if others is None else others,
        break_on_hyphens=False,
        break_long_words=False,
    )
