"""What each column of a table is, which are of no use, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from graduate.pipeline.data import table_cells
from graduate.pipeline.data.table_cells import Column
from graduate.pipeline.data.table_columns import RESERVED
from graduate.pipeline.look import spellings
from graduate.pipeline.look.found import Look, counted, some
from graduate.pipeline.look.table_label import Label, looks_like_an_id
from graduate.pipeline.look.texts import tokens

_TEXT, _FEW = 0.5, 50  # a category with more values than half the rows, and at least so many, is text or an id
_WORDS = 5  # on average: a text, and not an id
_SOME = 300  # values, of which that is told
_MISSING = 0.5  # of the rows
_GROUP = re.compile(
    r"(?i)^(patient|subject|user|customer|client|person|speaker|author|session|household|animal|device|store|group)"
    r"([_ \-]?(id|nr|no|number))?$"
)
_ROWS_EACH = 1.5  # rows a group, on average


def described(look: Look, seen: Mapping[str, Column], label: Label, rows: int) -> dict[str, dict[str, Any]]:
    """Each column as JSON: kind, missing, distinct, role (`label`, `feature`, `ignore`, `group`) and why.

    Takes note of what is odd in the look.
    """
    found = {name: _facts(column, rows) for name, column in seen.items()}
    bad = 0
    for name, column in seen.items():
        facts = found[name]
        if name in label.columns:
            facts["role"] = "label"
            bad += _bad_label(look, name, column, label)
            continue
        role, why = _role(name, column)
        facts |= {"text": True} if why and why.startswith("it is a text") else {}
        facts["role"] = role
        if why:
            facts["why"] = why
        if role == "feature":
            bad += _bad_cells(look, name, column)
            _spellings(look, name, column)
    if not any(facts["role"] == "feature" or "text" in facts for facts in found.values()):
        # nothing but ids: better one of them than nothing
        for facts in found.values():
            if facts["role"] == "ignore" and facts["kind"] in ("number", "category", "date"):
                facts["role"] = "feature"
    look.measured["bad_cells"] = bad
    _tell(look, found)
    return found


def _facts(column: Column, rows: int) -> dict[str, Any]:
    distinct = len(column.values) if column.values is not None else None
    facts: dict[str, Any] = {"kind": column.kind, "missing": column.missing, "distinct": distinct}
    values = column.values or {}
    if column.kind == "number":
        numbers = [number for text in values if (number := table_cells.number(text)) is not None]
        finite = [number for number in numbers if math.isfinite(number)]
        if finite:
            facts |= {"least": min(finite), "most": max(finite)}
    facts["examples"] = [text[:40] for text in sorted(values, key=lambda text: -values[text])[:3]]
    return facts


def _role(name: str, column: Column) -> tuple[str, str | None]:
    distinct = len(column.values) if column.values is not None else column.seen
    if name in RESERVED:
        return "ignore", "every row has a feature of that name: rename the column to use it"
    if column.nested:
        return "ignore", f"it holds several values in a cell ({column.nested})"
    if not column.seen:
        return "ignore", "it is empty"
    if distinct == 1:
        return "ignore", f"it is {next(iter(column.values or ['']))[:20]!r} wherever it is filled in"
    if _GROUP.match(name.strip()) and distinct >= 5 and column.seen >= _ROWS_EACH * distinct:
        return "group", "it says who, not what: see group_by"
    if looks_like_an_id(name, column):
        return "ignore", "it numbers the rows, and says nothing of a new one"
    if column.kind != "category":
        return "feature", None
    if column.commas and column.nearly(column.numbers + column.commas):
        return "ignore", f"it has numbers with a decimal comma, such as {column.comma}: write a point"
    if column.foreign and column.nearly(column.dates + column.foreign):
        return "ignore", f"it has dates that can be read in two ways, such as {column.foreign_date}: write 2024-01-31"
    if distinct >= _FEW and distinct > _TEXT * column.seen:
        some_values = list(column.values or ())[:_SOME]
        words = sum(len(tokens(text)) for text in some_values) / max(1, len(some_values))
        what = "a text" if words >= _WORDS else "a name or an id"
        return "ignore", f"it is {what}: {distinct:,} values in {column.seen:,} rows"
    return "feature", None


def _bad_cells(look: Look, name: str, column: Column) -> int:
    """Cells that are not of their column's kind, which make bad rows."""
    if column.kind == "category":
        return 0
    right = column.numbers if column.kind == "number" else column.dates
    wrong, odd = column.seen - right, []
    if column.values is not None:
        test = table_cells.number if column.kind == "number" else table_cells.seconds
        odd = [text for text in column.values if test(text) is None]
        if column.kind == "number":
            infinite = [text for text in column.values if math.isinf(table_cells.number(text) or 0.0)]
            wrong += sum(column.values[text] for text in infinite)
            odd += infinite
    if wrong:
        text = f"{name} is a {column.kind} but in {counted(wrong, ('row', 'rows'))}, such as {some(odd) or '?'}"
        look.find("doubtful-cells", "refused", f"{text}; a run stops at them unless data.bad_rows is skip", (), wrong)
    return wrong


def _spellings(look: Look, name: str, column: Column) -> None:
    """Categories that are one, spelt in several ways."""
    spelt = spellings.several(column.values or ()) if column.kind == "category" else []
    if spelt:
        first = max(spelt, key=len)
        more = f" and {len(spelt) - 1:,} more" if len(spelt) > 1 else ""
        text = f"{name} has values that differ in their spelling alone: {spellings.quoted(first[:4])}{more}"
        look.find("spellings", "note", f"{text}; each is a category of its own", (name,), len(spelt))


def _bad_label(look: Look, name: str, column: Column, label: Label) -> int:
    wrong = column.missing
    if wrong:
        text = f"the label {name} is missing in {counted(wrong, ('row', 'rows'))}"
        look.find("label-missing", "refused", f"{text}; a run stops at them unless data.bad_rows is skip", (), wrong)
    if label.target == "number" and column.seen > column.numbers:
        odd = [text for text in column.values or () if table_cells.number(text) is None]
        more = column.seen - column.numbers
        text = f"the label {name} is no number in {counted(more, ('row', 'rows'))}, such as {some(odd)}"
        look.find("doubtful-cells", "refused", f"{text}; a run stops at them unless data.bad_rows is skip", (), more)
        wrong += more
    return wrong


def _tell(look: Look, found: Mapping[str, Mapping[str, Any]]) -> None:
    rows = max(1, look.measured["looked_at"])
    dates = [name for name, facts in found.items() if facts["kind"] == "date" and facts["role"] == "feature"]
    gaps = [name for name, facts in found.items() if facts["missing"] > _MISSING * rows and facts["role"] == "feature"]
    numbers = [name for name in found if table_cells.number(name) is not None]
    for name, facts in found.items():
        if facts["role"] == "ignore":
            look.find("of-no-use", "note", f"{name} is left out: {facts['why']}", (name,))
        elif facts["role"] == "group":
            look.find(
                "groups",
                "note",
                f"{name} says which rows belong together: they stay in one split, and it is no feature",
                (name,),
            )
    if dates:
        look.find("dates", "note", f"{some(dates)}: dates, of which parts become features", dates)
    if gaps:
        look.find("gaps", "note", f"more than half is missing of {some(gaps)}", gaps)
    if numbers:
        look.find(
            "odd-names", "note", f"names of columns that are numbers: {some(numbers)}; is a header missing?", numbers
        )
