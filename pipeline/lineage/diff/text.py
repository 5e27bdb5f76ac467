"""The comparison as text: what can explain the metric first, then each part that differs, then what is the same."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Callable, Iterator, Sequence

from graduate.pipeline.lineage.diff import Difference
from graduate.pipeline.lineage.diff.causes import Cause
from graduate.pipeline.lineage.diff.code import Fact
from graduate.pipeline.lineage.diff.metrics import Metric
from graduate.pipeline.lineage.diff.shown import change, group_words, metric, number_of, signed, small, value
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side
from graduate.pipeline.lineage.diff.statistics import Shift

WIDTH = 100
_SHOWN = 8  # lines of a part; --json has all
Paint = Callable[..., str]
_READINGS = {"chance": "chance", "beyond_chance": "beyond chance", "unclear": ""}


def text(told: Difference, paint: Paint = lambda words, *_: words) -> str:
    """The whole comparison, without a line end at its end.

    Args:
        told: the comparison.
        paint: (text, styles…) -> the text in those styles.
    """
    lines = [_head("A", told.a), _head("B", told.b), ""]
    if told.one_run:
        return "\n".join([*lines, f"The same: both are run {told.a.run.id}."])
    if told.same:
        return "\n".join([*lines, "The same: config, data, schema, code, weights, metrics and findings.", *_also(told)])
    for title, part in (
        ("", _metrics(told)),
        ("What can explain it", _causes(told)),
        ("What differs and cannot", _others(told)),
        ("Verdicts and findings", _findings(told)),
        ("Config", _config(told)),
        ("Data", _data(told)),
        ("Statistics that moved", _statistics(told)),
        ("Schema", _schema(told)),
        ("Code and libraries", _code(told)),
        ("Weights", _weights(told)),
    ):
        found = list(part)
        if found:
            lines += [*([paint(title, "bold")] if title else []), *found, ""]
    return "\n".join([*lines, *_rest(told)]).rstrip("\n")


def _also(told: Difference) -> list[str]:
    """What is not part of the sameness and may differ all the same."""
    found = [*_config(told), *_code(told)]
    return ["", *found] if found else []


def _head(letter: str, side: Side) -> str:
    when = datetime.datetime.fromtimestamp(side.run.started / 1000).astimezone()
    run = "" if side.label == side.run.id else f"run {side.run.id}, "
    return f"{letter}  {side.label}  {run}{side.run.status}, {when:%Y-%m-%d %H:%M:%S}"


def _metrics(told: Difference) -> Iterator[str]:
    moved = [one for one in told.metrics.overall if one.a != one.b]
    if told.metrics.state == UNKNOWN:
        moved = [one for one in moved if one.name in ("accuracy", "loss")]
    yield from _table([_row(one) for one in moved])
    for sentence in told.explanation.sentences:
        yield from _wrapped(sentence)


def _row(one: Metric) -> list[str]:
    what = "" if one.better is None else "better" if one.better else "worse"
    reading = _READINGS[one.reading.answer] if one.reading else ""
    name = f"{one.name} on {one.slice}" if one.slice else one.name
    return [
        name,
        f"{metric(one.a)} → {metric(one.b)}",
        signed(one.difference),
        ", ".join(filter(None, [what, reading])),
    ]


def _causes(told: Difference) -> Iterator[str]:
    causes = told.explanation.causes
    if told.explanation.answer in ("one_cause", "seed"):
        return  # the sentence has said it
    for at, cause in enumerate(causes[:_SHOWN], 1):
        yield from _wrapped(f"{at}. {_cause(cause)}", "  ", "     ")
    yield from _more(len(causes))


def _cause(cause: Cause) -> str:
    how = "by the rows measured" if cause.reach == "measure" and cause.kind == "data" else ""
    how = how or ("how it is measured" if cause.reach == "measure" else "")
    nodes = f"obeyed by {', '.join(cause.nodes)}" if cause.nodes else ""
    after = "; ".join(filter(None, [nodes, how]))
    return f"{cause.name}  {cause.told}" + (f"  ({after})" if after else "")


def _others(told: Difference) -> Iterator[str]:
    for cause in told.explanation.others[:_SHOWN]:
        yield from _wrapped(f"{cause.name}  {cause.told}: {cause.why or 'it reaches no metric'}", "  ", "    ")
    yield from _more(len(told.explanation.others))


def _findings(told: Difference) -> Iterator[str]:
    found = told.findings
    if found.statuses[0] != found.statuses[1]:
        yield f"  run  {found.statuses[0]} → {found.statuses[1]}"
    words = {True: "passed", False: "refused", None: "did not come to it"}
    for verdict in found.verdicts:
        reasons = f": {_short(' '.join(verdict.reasons[:2]))}" if verdict.reasons else ""
        yield from _wrapped(f"{verdict.source}  {words[verdict.a]} → {words[verdict.b]}{reasons}", "  ", "    ")
    for fault in found.faults:
        severity = fault.a if fault.a == fault.b else change(fault.a, fault.b, absent="not there")
        cured = {(True, False): ", cured in A", (False, True): ", cured in B", (True, True): ", cured in both"}
        yield f"  {fault.fault}  {fault.what}: {severity}{cured.get(fault.cured, '')}"
    if list(found.verdicts) or found.faults or told.weights.state == DIFFERS:
        yield from _command(found.compare)


def _short(words: str, most: int = 160) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _command(command: str) -> Iterator[str]:
    """A command is never broken, so that it can be copied."""
    if command:
        yield "  where the two trainings parted:"
        yield f"    {command}"


def _config(told: Difference) -> Iterator[str]:
    notes = {
        "default_only_in_a": "  a default that only A's version knows",
        "default_only_in_b": "  a default that only B's version knows",
    }
    rows = []
    for key in told.config.keys:
        pair = change(key.a, key.b, absent="unset" if key.what in ("changed", "added", "removed") else "not known")
        rows.append([key.key, pair + notes.get(key.what, "")])
    yield from _table(rows)


def _data(told: Difference) -> Iterator[str]:
    data = told.data
    if data.state != DIFFERS:
        return
    if not data.splits:
        yield from _wrapped(data.why)
        return
    yield f"  {number_of(data.rows[0] or 0, 'row')} in A, {data.rows[1] or 0:,} in B: {group_words(data)}"
    for name, sign in (("added", "+"), ("removed", "-")):
        for row in getattr(data, name).rows[:3]:
            yield f"    {sign} {value(row['path'])}  ({row['class']}, {row['split']})"
    for name, key in (("changed", "path"), ("relabelled", "class"), ("renamed", "path"), ("moved", "split")):
        for row in getattr(data, name).rows[:3]:
            pair = "other content" if name == "changed" else change(row["a"][key], row["b"][key])
            start = "" if name == "renamed" else f"{value(row['a']['path'])}  "
            yield f"    {'~' if name != 'moved' else '>'} {start}{pair}"
    rows = []
    for split, classes in data.counts.items():
        shown = [f"{label} {before}→{now}" for label, (before, now) in classes.items()]
        more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
        rows.append([f"rows of {split}", ", ".join(shown[:6]) + more])
    yield from _table(rows)


def _statistics(told: Difference) -> Iterator[str]:
    yield from _table([_shift(shift) for shift in told.statistics.shifts[:_SHOWN]])
    yield from _more(len(told.statistics.shifts))


def _shift(shift: Shift) -> list[str]:
    where = f"{shift.feature} in {shift.split}"
    pair = f"{small(shift.a)} → {small(shift.b)}"
    if shift.measure == "feature":
        return [where, "only in B" if shift.b else "only in A", ""]
    if shift.measure == "l_infinity":
        return [where, f"share of {value(shift.value)} {pair}", f"L∞ {small(shift.distance)} > {shift.threshold}"]
    if shift.measure == "jensen_shannon":
        return [where, f"distribution; mean {pair}", f"Jensen–Shannon {small(shift.distance)} > {shift.threshold}"]
    if shift.measure == "mean":
        return [where, f"mean {pair}", f"{small(shift.distance)} deviations > {shift.threshold}"]
    named = {"missing": "share missing", "distinct": "distinct values"}[shift.measure]
    return [where, f"{named} {pair}", ""]


def _schema(told: Difference) -> Iterator[str]:
    changes = told.schema.changes
    for one in changes[:_SHOWN]:
        if one.aspect == "feature":
            yield f"  {one.feature}  {'added' if one.a is None else 'removed'}: {one.b or one.a}"
        else:
            yield from _wrapped(f"{one.feature}  {one.aspect} {_domains(one.a, one.b)}", "  ", "    ")
    yield from _more(len(changes))


def _domains(a: str | None, b: str | None) -> str:
    """Of two lists of values what came and went; of anything else both."""
    start = "one of "
    if not (a and b and a.startswith(start) and b.startswith(start)):
        return f"{a or 'none'} → {b or 'none'}"
    before, now = (set(text.removeprefix(start).split(", ")) for text in (a, b))
    return " ".join([*(f"+{one}" for one in sorted(now - before)), *(f"-{one}" for one in sorted(before - now))])


def _code(told: Difference) -> Iterator[str]:
    code = told.code
    for module in code.modules[:_SHOWN]:
        what = "only in B" if module.a is None else "only in A" if module.b is None else "changed"
        yield from _wrapped(f"{module.name}  {what} ({', '.join(module.nodes)})", "  ", "    ")
    yield from _more(len(code.modules))
    facts = [*(code.libraries or ()), *code.around]
    yield from _table([[fact.name, _fact(fact)] for fact in facts[: 2 * _SHOWN]])
    yield from _more(len(facts), 2 * _SHOWN)


def _fact(fact: Fact) -> str:
    digest = fact.name.endswith(("commit", "hash"))
    a, b = (str(one)[:12] if digest else one for one in (fact.a, fact.b))
    return change(a, b, absent="absent")


def _weights(told: Difference) -> Iterator[str]:
    weights = told.weights
    if weights.state != DIFFERS:
        return
    if weights.why:
        yield from _wrapped(f"other bytes; {weights.why}", "  ", "  ")
        return
    if not weights.variables:
        yield "  other bytes, the same values"
        return
    relative = f", by {small(weights.relative)} of their size (L2)" if weights.relative is not None else ""
    yield f"  {len(weights.variables)} of {weights.number} variables differ{relative}"
    rows = []
    for one in weights.variables[:_SHOWN]:
        if one.a is None or one.b is None or one.a != one.b:
            shape = " → ".join("absent" if side is None else str(list(side)) for side in (one.a, one.b))
            rows.append([f"  {one.name}", shape, ""])
        else:
            rows.append([f"  {one.name}", f"{small(one.relative)} of its size", f"{small(one.largest)} at most"])
    yield from _table(rows)
    yield from _more(len(weights.variables))


def _rest(told: Difference) -> Iterator[str]:
    """Slices, then what is the same, then what cannot be compared and why."""
    slices = [one for one in told.metrics.slices if one.name == "accuracy"]
    if slices:
        yield "By slice (--json has every metric)"
        yield from _table([_row(one) for one in slices[:_SHOWN]])
        yield from _more(len(slices))
        yield ""
    parts = ("config", "data", "statistics", "schema", "code", "weights", "metrics")
    same = [name for name in parts if getattr(told, name).state == SAME]
    if told.code.libraries is not None and not told.code.libraries:
        same.append("libraries")
    if same:
        yield from _wrapped(f"The same: {', '.join(same)}.", "", "  ")
    for name in (*parts, "findings"):
        part = getattr(told, name)
        if part.why and (part.state == UNKNOWN or name in ("metrics", "findings")):
            yield from _wrapped(f"Cannot be compared: {name}: {part.why}.", "", "  ")


def _more(number: int, shown: int = _SHOWN) -> Iterator[str]:
    if number > shown:
        yield f"  and {number - shown:,} more; --json has all"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    widths = [min(48, max(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield from _wrapped(line, "  ", "      ") if len(line) > WIDTH - 2 else [f"  {line}"]


def _wrapped(words: str, first: str = "  ", others: str = "  ") -> list[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False, break_long_words=False
    )
