"""What the cells of a column are: numbers, dates or categories; and how a cell becomes a feature."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["number", "category", "date"]
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_EPOCH = datetime.datetime(1970, 1, 1)


def is_missing(cell: Any) -> bool:
    """None, NaN, and the words that people write for nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    return isinstance(cell, str) and cell.strip().lower() in MISSING


def number(cell: Any) -> float | None:
    """A cell as a number; None where it is none. A bool is 0 or 1."""
    if isinstance(cell, bool | int | float):
        return float(cell)
    try:
        return float(str(cell).strip())
    except ValueError:
        return None


def days(cell: Any) -> float | None:
    """A date or time (ISO 8601) as days since 1970; None where it is none."""
    if isinstance(cell, datetime.datetime):
        found = cell.replace(tzinfo=None)
    elif isinstance(cell, datetime.date):
        found = datetime.datetime(cell.year, cell.month, cell.day)
    else:
        text = str(cell).strip()
        if len(text) < 8 or not text[0].isdigit():
            return None
        try:
            found = datetime.datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            return None
    return (found - _EPOCH).total_seconds() / 86_400


@dataclass
class Column:
    """What has been seen of a column; `kind` is the most that every cell so far allows."""

    numbers: bool = True
    dates: bool = True
    seen: int = 0
    missing: int = 0

    def look(self, cells: Iterable[Any]) -> None:
        """Take note of cells."""
        for cell in cells:
            if is_missing(cell):
                self.missing += 1
                continue
            self.seen += 1
            if self.numbers and (isinstance(cell, bool) or number(cell) is None):
                self.numbers = False
            if self.dates and days(cell) is None:
                self.dates = False

    @property
    def kind(self) -> Kind:
        """A category where nothing else fits."""
        if not self.seen:
            return "category"
        return "number" if self.numbers else "date" if self.dates else "category"


@dataclass
class Columns:
    """The kinds of all columns of a table, by name; those that the config names are what it says."""

    told: Mapping[str, str]
    seen: dict[str, Column] = field(default_factory=dict)

    def look(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take note of some rows."""
        for name, cells in zip(names, zip(*rows, strict=True), strict=True):
            self.seen.setdefault(name, Column()).look(cells)

    def kinds(self) -> dict[str, str]:
        """`number`, `category`, `date` or `ignore` of each."""
        return {name: self.told.get(name) or column.kind for name, column in self.seen.items()}


def feature(cell: Any, kind: str) -> float | bytes:
    """A cell as it stands in the raw row: NaN and "" where it is missing.

    Raises:
        ValueError: in words, where the cell is not of its column's kind.
    """
    if is_missing(cell):
        return b"" if kind == "category" else math.nan
    if kind == "category":
        return str(cell).strip().encode()
    found = number(cell) if kind == "number" else days(cell)
    if found is None:
        raise ValueError(f"{str(cell)[:40]!r} is not a {kind}")
    if math.isinf(found):
        raise ValueError(f"{cell!r} is not a finite number")
    return found
