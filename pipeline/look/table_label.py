"""Which column of a table is to be predicted, and whether it is a class, a number or several labels of 0 and 1."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.errors import DataError, UsageError
from graduate.pipeline.data.table_cells import Column

NAMES = ("label", "labels", "target", "class", "y", "outcome", "response")  # that leave no doubt
TRUE, FALSE = frozenset({"1", "yes", "true", "1.0"}), frozenset({"0", "no", "false", "0.0"})
_CLASSES = 20  # whole numbers with more values than these are numbers
_ROWS_EACH = 5  # rows of each value, on average: with fewer, whole numbers are numbers
_ALMOST = 0.5  # of the rows: with more classes a label says nothing (as in data/table_columns.py)
_FEWEST = 10  # rows, from which on that is said


@dataclass(frozen=True)
class Label:
    """What is predicted.

    Attributes:
        columns: their names.
        target: of the config.
        why: why these columns.
        why_target: why this target.
    """

    columns: tuple[str, ...]
    target: str
    why: str
    why_target: str

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {"columns": list(self.columns), "target": self.target, "why": self.why, "why_target": self.why_target}


def choose(seen: Mapping[str, Column], rows: int, told: Sequence[str], path: str) -> Label:
    """The label of a table.

    Args:
        seen: what was seen of each column, in their order.
        rows: how many were looked at.
        told: columns that the user names; empty: none.
        path: for hints.

    Raises:
        UsageError: a column that is not there, or nobody can tell which is the label.
        DataError: the column tells nothing.
    """
    if ",".join(told) in seen:  # a comma in the name itself
        told = [",".join(told)]
    for name in told:
        if name not in seen:
            near = difflib.get_close_matches(name, seen, 1)
            hint = f"did you mean {near[0]}?" if near else f"columns: {', '.join(list(seen)[:12])}"
            raise UsageError(f"the table has no column {name}", where="--label", hint=hint)
    if len(seen) < 2:
        raise DataError(
            f"{path} has one column only ({next(iter(seen))})",
            hint="a label and something to predict it from are needed",
        )
    if len(set(told)) > 1:
        return _several(seen, list(dict.fromkeys(told)))
    column, why = (told[0], "--label says so") if told else _guessed(seen, rows, path)
    target, why_target = _target(column, seen[column], rows)
    return Label((column,), target, why, why_target)


def _guessed(seen: Mapping[str, Column], rows: int, path: str) -> tuple[str, str]:
    named = [name for name in seen if name.strip().lower() in NAMES]
    if len(named) == 1:
        return named[0], "its name says so; --label names another"
    if len(named) > 1:
        raise _doubtful(f"{' and '.join(named)} may each be the label", named[-1], path)
    last = list(seen)[-1]
    if odd := unfit(last, seen[last], rows):
        fit = [name for name, column in seen.items() if not unfit(name, column, rows)]
        if len(fit) == 1:
            return fit[0], "it is the only column that can be one; --label names another"
        raise _doubtful(f"no column is named label, target, class or y, and the last, {last}, {odd}", "COLUMN", path)
    return last, "it is the last column, and none is named label, target, class or y; --label names another"


def _doubtful(text: str, column: str, path: str) -> UsageError:
    from shlex import quote

    return UsageError(text, hint=f"say which is to be predicted: --label {quote(column)}")


def unfit(name: str, column: Column, rows: int) -> str | None:
    """In words, why a column is no label."""
    distinct = len(column.values) if column.values is not None else None
    if not column.seen:
        return "is empty"
    if column.nested:
        return "holds several values in a cell"
    if distinct == 1:
        return f"is {next(iter(column.values or ['']))!r} in every row"
    if column.kind == "date":
        return "is a date"
    if column.kind != "number" and rows >= _FEWEST and (distinct is None or distinct > _ALMOST * column.seen):
        return f"has {distinct or 'too many'} values in {column.seen:,} rows: an id or a text"
    if looks_like_an_id(name, column):
        return "looks like an id"
    return None


def looks_like_an_id(name: str, column: Column) -> bool:
    """Numbers of rows, in words or in digits: all different, and named like it, or whole numbers without a gap."""
    distinct = len(column.values) if column.values is not None else column.seen
    if column.seen < _FEWEST or distinct < 0.98 * column.seen:
        return False
    words = name.strip().lower().replace("-", "_").replace(" ", "_").split("_")
    if {"id", "uuid", "guid", "index", "idx", "rownames", "rowid", "nr", "no"} & set(words) or "Unnamed:" in name:
        return True
    if column.kind != "number" or column.values is None:
        return False
    numbers = [int(value) for value in column.values if value.lstrip("-").isdigit()]
    return len(numbers) == distinct and max(numbers) - min(numbers) == distinct - 1


def _target(name: str, column: Column, rows: int) -> tuple[str, str]:
    if (odd := unfit(name, column, rows)) and odd != "looks like an id":
        raise DataError(f"the label {name} {odd}: nothing could be learned of it", hint="name another column: --label")
    values = column.values
    if column.kind != "number":
        return "class", f"{len(values or ())} different words"
    assert values is not None or column.seen > 0
    if values is None:
        return "number", "more different numbers than can be classes"
    whole = all(_whole(value) for value in values)
    if len(values) == 2:
        return "class", "two values"
    if not whole:
        return "number", f"{len(values):,} different numbers, not all whole"
    if len(values) <= _CLASSES and column.seen >= _ROWS_EACH * len(values):
        return "class", f"{len(values)} different whole numbers; if their order counts: number"
    return "number", f"{len(values):,} different whole numbers"


def _whole(value: str) -> bool:
    try:
        return float(value.replace(",", "")).is_integer()
    except (ValueError, OverflowError):
        return True  # one of the few cells that are no numbers: see `Column.kind`


def _several(seen: Mapping[str, Column], names: list[str]) -> Label:
    columns = [seen[name] for name in names]
    for name, column in zip(names, columns, strict=True):
        if not column.seen:
            raise DataError(f"the label {name} is empty", hint="name other columns: --label")
    if all(column.values and {one.lower() for one in column.values} <= TRUE | FALSE for column in columns):
        return Label(tuple(names), "labels", "--label says so", "several columns of 0 and 1, each yes or no by itself")
    odd = [name for name in names if seen[name].kind != "number"]
    if odd:
        raise DataError(
            f"several labels have to be of 0 and 1 or numbers, and {odd[0]} is neither",
            hint="one class at a time: --label " + odd[0],
        )
    return Label(tuple(names), "number", "--label says so", "several columns of numbers")
