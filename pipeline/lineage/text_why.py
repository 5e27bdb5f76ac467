"""Why a run ended as it did, as text: what refused first, what passed folded to a count."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage import text_behind, text_serving
from graduate.pipeline.lineage.text_behind import Paint, labelled
from graduate.pipeline.lineage.why import Node, Version, WhyRun
from graduate.pipeline.lineage.why_findings import Findings
from graduate.pipeline.lineage.why_verdicts import Judged
from graduate.pipeline.view import style
from graduate.verdict import Check

_COLOURS = {"pushed": "green", "complete": "green", "running": "cyan", "stopped": "cyan", "interrupted": "yellow"}
_FIRST = "first run"  # the reason of a node that never ran before
_STATES = ("ran", "cached", "skipped", "failed", "interrupted", "running", "unknown")


def text(told: WhyRun, *, everything: bool = False, width: int = 100, colour: bool = False) -> str:
    """The whole answer.

    Args:
        told: the answer.
        everything: also the checks that passed, every node, the whole config.
        width: columns.
        colour: with ANSI colours.
    """
    paint: Paint = style.paint if colour else text_behind.plain
    blocks = [
        list(_head(told, width, paint)),
        list(_versions(told.versions, width, paint)),
        list(_verdicts(told, everything, width, paint)),
        list(_findings(told.findings, width, paint)) if told.findings else [],
        list(_behind(told, everything, width, paint)),
        list(_nodes(told.nodes, everything, width, paint)),
        list(_gone(told.gone, everything, width, paint)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def wrapped(told: str, width: int, first: str = "", others: str | None = None) -> list[str]:
    """Lines of at most `width`; words are not broken."""
    indent = " " * len(first) if others is None else others
    return textwrap.wrap(
        told, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    ) or [first.rstrip()]


def local(milliseconds: int) -> str:
    """Local time."""
    return f"{datetime.datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M:%S}"


def _head(told: WhyRun, width: int, paint: Paint) -> Iterator[str]:
    status = paint(told.status, _COLOURS.get(told.status, "red"), "bold")
    took = f", {style.seconds((told.ended - told.started) / 1000)}" if told.ended is not None else ""
    if told.label != told.run:
        yield f"{paint(told.label, 'bold')}, of run {told.run}: {status}"
    else:
        yield f"{paint(told.run, 'bold')}: {status}"
    yield f"  started {local(told.started)}{took}"
    yield from wrapped(told.sentence, width, "  ")
    yield from labelled("metrics", text_behind.metrics(told.metrics), width, paint)


def _versions(versions: Sequence[Version], width: int, paint: Paint) -> Iterator[str]:
    for one in versions:
        serves = ", which serves" if one.serves else ""
        by = "by the run" if one.deed.kind == "run" else text_serving.deed(one.deed, "")
        name = one.version if one.version is not None else one.folder
        yield from wrapped(f"version {name}, pushed {local(one.at)}{serves}: {by}", width, "  ", "    ")


def _verdicts(told: WhyRun, everything: bool, width: int, paint: Paint) -> Iterator[str]:
    """What a check says of a finding is told with the finding, unless everything is wanted."""
    found = told.findings.found if told.findings and told.findings.whole and not everything else ()
    faults = tuple(str(one["fault"]) for one in found)
    for verdict in told.verdicts:
        yield from _verdict(verdict, faults, everything, width, paint)


def _verdict(verdict: Judged, faults: Sequence[str], everything: bool, width: int, paint: Paint) -> Iterator[str]:
    warned = any(check.warns for check in verdict.checks if check.passed)
    mark, colour = ("✗", "red") if not verdict.passed else ("!", "yellow") if warned else ("✓", "green")
    passed = sum(check.passed for check in verdict.checks)
    said = "passed" if verdict.passed else "refused"
    count = f": {_count(passed, 'check')}" if verdict.passed and verdict.checks else ""
    yield f"  {paint(mark, colour)} {paint(verdict.source, 'bold')} {said}{count}"
    if not verdict.checks:
        for reason in verdict.reasons if everything or not verdict.passed else verdict.reasons[:1]:
            yield from wrapped(reason, width, "      ")
        return
    ordered = sorted(verdict.checks, key=lambda check: (check.passed, not check.warns))
    told_below = [check for check in ordered if any(fault in check.sentence for fault in faults)]
    for check in ordered:
        if check not in told_below and (everything or not check.passed or check.warns):
            yield from _check(check, width, paint)
    if told_below and not verdict.passed:
        yield f"      {_count(len(told_below), 'check')} about the findings below"
    hidden = sum(check.passed and not check.warns and check not in told_below for check in ordered)
    if hidden and not everything and not verdict.passed:
        yield paint(f"      {_count(hidden, 'check')} passed", "dim")


def _check(check: Check, width: int, paint: Paint) -> Iterator[str]:
    mark, colour = ("✗", "red") if not check.passed else ("!", "yellow") if check.warns else ("✓", "green")
    first, *rest = wrapped(f"{check.sentence}{_numbers(check)}", width - 6)
    yield f"    {paint(mark, colour)} {first}"
    yield from (f"      {line}" for line in rest)


def _numbers(check: Check) -> str:
    """Value, bound and slice, where the sentence does not have them."""
    parts = []
    for name, value in (("value", check.value), ("bound", check.bound)):
        if value is not None and f"{value:.4g}" not in check.sentence and f"{value:g}" not in check.sentence:
            parts.append(f"{name} {value:.4g}")
    if check.slice and check.slice not in check.sentence:
        parts.append(check.slice)
    return f" ({', '.join(parts)})" if parts else ""


def _findings(told: Findings, width: int, paint: Paint) -> Iterator[str]:
    roots = [one for one in told.found if not one.get("caused_by")]
    looked = f"; {told.looked} rules looked" if told.looked else ""
    yield f"  findings: {_count(len(roots), 'fault')}{looked}" if roots else f"  findings: none{looked}"
    for one in roots:
        yield from _finding(one, told, width, paint)
    if told.cures:
        yield from wrapped(f"cured by {', '.join(told.cures)}: {', '.join(told.cured)}", width, "    ")
    if told.report and roots:
        yield f"    report: {told.report}"
    if told.gone:
        yield from wrapped(f"the findings' file is gone from {told.gone}", width, "    ")


def _finding(one: Mapping[str, Any], told: Findings, width: int, paint: Paint) -> Iterator[str]:
    severity = str(one.get("severity") or "")
    colour = {"error": "red", "warning": "yellow"}.get(severity, "dim")
    where = ", ".join(_some(one.get("layers") or (), 3))
    cured = f", cured after step {one['cured_at']}" if one.get("cured_at") is not None else ""
    facts = ", ".join(filter(None, [where, _steps(one.get("steps"))]))
    yield f"    {paint(severity, colour)} {paint(str(one['fault']), 'bold')}{f'  {facts}' if facts else ''}{cured}"
    if one.get("meaning"):
        yield from wrapped(str(one["meaning"]), width, "      ")
    for evidence in one.get("evidence") or ():
        sentence = str(evidence.get("sentence") or f"{evidence.get('column')} {evidence.get('value')}")
        yield from wrapped(f"{sentence} (threshold {_short(evidence.get('threshold'))})", width, "      · ")
    if one.get("remedies"):
        yield from wrapped(f"remedies: {', '.join(one['remedies'])}", width, "      ", "        ")
    caused = [str(other["fault"]) for other in told.found if other.get("caused_by") == one["fault"]]
    if caused:
        yield from wrapped(f"explains {', '.join(dict.fromkeys(caused))}", width, "      ")


def _behind(told: WhyRun, everything: bool, width: int, paint: Paint) -> Iterator[str]:
    yield from text_behind.lines(told.behind, width, paint)
    if told.before:
        changes = [change.text for change in told.changes]
        yield from labelled("changed", f"since {told.before}: {'; '.join(changes) or 'nothing'}", width, paint)
    else:
        yield from labelled("changed", "nothing to compare with: the first run of this pipeline", width, paint)
    if everything and told.behind.config:
        import json

        yield from labelled("config", json.dumps(told.behind.config, ensure_ascii=False), width, paint)


def _nodes(nodes: Sequence[Node], everything: bool, width: int, paint: Paint) -> Iterator[str]:
    """Counts; all of them with --all, and otherwise why those ran that did."""
    counts = [f"{sum(node.state == state for node in nodes)} {state}" for state in _STATES]
    told = ", ".join(count for count in counts if not count.startswith("0 "))
    if not nodes:
        return
    yield f"  nodes: {told}"
    if everything:
        widest = max(len(node.node) for node in nodes)
        for node in nodes:
            number = f" (execution {node.execution})" if node.execution is not None else ""
            yield from wrapped(f"{_became(node)}{number}", width, f"    {node.node.ljust(widest)}  ")
        return
    alike: dict[str, list[str]] = {}
    for node in nodes:
        if node.reason and node.state != "cached" and node.reason != _FIRST:
            alike.setdefault(_became(node), []).append(node.node)
    for became, names in alike.items():
        yield from wrapped(f"{', '.join(names)} {became}", width, "    ", "      ")


def _became(node: Node) -> str:
    """`ran: training.seed 7 → 11`."""
    return f"{node.state}: {node.reason}" if node.reason else node.state


def _gone(gone: Sequence[str], everything: bool, width: int, paint: Paint) -> Iterator[str]:
    if gone:
        some = gone if everything else gone[:3]
        more = f" and {len(gone) - len(some)} more" if len(gone) > len(some) else ""
        yield from wrapped(f"files that are gone: {', '.join(some)}{more}", width, "  ", "    ")


def _some(names: Sequence[Any], most: int) -> list[str]:
    shown = [str(name) for name in names[:most]]
    return [*shown, f"{len(names) - most} more"] if len(names) > most else shown


def _steps(steps: Any) -> str:
    if not isinstance(steps, Sequence) or len(steps) != 2:
        return ""
    return f"step {steps[0]}" if steps[0] == steps[1] else f"steps {steps[0]}–{steps[1]}"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
