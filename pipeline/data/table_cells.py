"""What the cells of a column are: numbers, dates or categories; and how a cell becomes a feature."""

from __future__ import annotations

import datetime
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["number", "category", "date", "missing"]
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
NO_DATE = -(2**63)  # int64: a date that is missing
OTHERS = 0.1  # of a column's cells may be something else than its kind: they are bad rows, not another kind
MOST_VALUES = 10_000  # of a column that are counted
LARGEST = 3.4e38  # of a float32, about
# What is missing as most files write it: these need no look at their letters
USUALLY_MISSING = frozenset({*MISSING, *map(str.upper, MISSING), *map(str.title, MISSING), "NaN"})
_MANY = 1000  # cells, from which on it is worth importing what reads them together
_EPOCH = datetime.datetime(1970, 1, 1)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_OTHER_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(\d{2}|\d{4})(\s.*)?")


def is_missing(cell: Any) -> bool:
    """None, NaN, and the words that people write for nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    return isinstance(cell, str) and cell.strip().lower() in MISSING


def number(cell: Any) -> float | None:
    """A cell as a number, `1,234.5` too; None where it is none. A bool is 0 or 1."""
    if isinstance(cell, bool | int | float):
        try:
            return float(cell)
        except OverflowError:  # JSON has whole numbers of any length
            return math.inf if cell > 0 else -math.inf
    text = str(cell).strip()
    try:
        return None if "_" in text else float(text)  # Python would take 1_000 for a number
    except ValueError:
        return float(text.replace(",", "")) if _THOUSANDS.fullmatch(text) else None


def plain_numbers(cells: Sequence[str | None]) -> list[float] | None:
    """Texts together, each as `number` has it; None where one is not a number as Python writes them.

    Args:
        cells: None is NaN.
    """
    if len(cells) >= _MANY and (found := _by_arrow(cells)) is not None:
        return found
    try:
        found = [math.nan if cell is None else float(cell) for cell in cells]
    except ValueError:
        return None
    return None if "_" in "".join(filter(None, cells)) else found


def _by_arrow(cells: Sequence[str | None]) -> list[float] | None:
    """The same four times as fast; it takes less for a number, and of what it takes only finite ones are kept."""
    import numpy as np
    import pyarrow

    try:
        found = pyarrow.array(cells, pyarrow.string()).cast(pyarrow.float64())
    except (pyarrow.ArrowException, ValueError):
        return None
    numbers = found.to_numpy(zero_copy_only=False)
    there = np.isfinite(numbers).sum() == len(found) - found.null_count
    return list(numbers.tolist()) if there else None


def seconds(cell: Any) -> int | None:
    """A date or time (ISO 8601, as on the clock where it was taken) as seconds since 1970; None where it is none."""
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
    return math.floor((found - _EPOCH).total_seconds())


@dataclass
class Column:
    """What has been seen of a column, counted by what a cell looks like.

    Attributes:
        numbers, dates: cells that are such; one may be both.
        commas: numbers with a decimal comma, the first of them kept as `comma`.
        foreign: dates that are not ISO 8601, likewise.
        nested: the type of a cell that holds several values.
        values: rows by the cell's text; None once there are more than `MOST_VALUES`.
    """

    seen: int = 0
    missing: int = 0
    numbers: int = 0
    dates: int = 0
    commas: int = 0
    foreign: int = 0
    comma: str = ""
    foreign_date: str = ""
    nested: str = ""
    values: dict[str, int] | None = field(default_factory=dict)

    def look(self, cells: Sequence[Any]) -> None:
        """Take note of cells."""
        types = set(map(type, cells))
        if types == {str}:
            self._look_at_texts(cells)
        elif types <= {float, int, type(None)}:
            some = [cell for cell in cells if cell is not None and cell == cell]  # NaN is not itself
            self.missing += len(cells) - len(some)
            self._numbers(map(str, some), len(some))
        else:
            for cell in cells:
                self._look_at(cell)

    def _look_at_texts(self, cells: Sequence[str]) -> None:
        """The same of texts alone: numbers together, of anything else each text once."""
        some, numbers = cells, plain_numbers(cells)
        if numbers is None:
            some = [cell for cell in cells if cell not in USUALLY_MISSING]
            self.missing += len(cells) - len(some)
            numbers = plain_numbers(some)
        if numbers is None or any(map(math.isnan, numbers)):
            for cell, times in Counter(some).items():
                self._look_at(cell, times)
            return
        self._numbers(map(str.strip, some), len(some))

    def _numbers(self, texts: Iterable[str], rows: int) -> None:
        self.seen += rows
        self.numbers += rows
        if self.values is not None:
            for text, times in Counter(texts).items():
                self._value(text, times)

    def _look_at(self, cell: Any, times: int = 1) -> None:
        if is_missing(cell):
            self.missing += times
        elif isinstance(cell, list | tuple | dict | set):
            self.nested = type(cell).__name__
        else:
            self.seen += times
            self._count(cell, times)

    def _value(self, text: str, times: int) -> None:
        if self.values is not None:
            self.values[text] = self.values.get(text, 0) + times
            if len(self.values) > MOST_VALUES:
                self.values = None

    def _count(self, cell: Any, times: int) -> None:
        text = str(cell).strip()
        self._value(text, times)
        if not isinstance(cell, bool) and number(cell) is not None:
            self.numbers += times
            return
        if seconds(cell) is not None:
            self.dates += times
        elif _DECIMAL_COMMA.fullmatch(text):
            self.commas, self.comma = self.commas + times, self.comma or text
        elif _OTHER_DATE.fullmatch(text):
            self.foreign, self.foreign_date = self.foreign + times, self.foreign_date or text

    def nearly(self, count: int) -> bool:
        """Whether so many cells are all of them, but for a few that are something else."""
        return count > 0 and self.seen - count <= OTHERS * self.seen

    @property
    def kind(self) -> Kind:
        """A category where nothing else fits."""
        if not self.seen:
            return "missing"
        return "number" if self.nearly(self.numbers) else "date" if self.nearly(self.dates) else "category"


def feature(cell: Any, kind: str) -> float | int | bytes:
    """A cell as it stands in the raw row: of a number float, of a date int (seconds), of a category bytes.

    What is missing is NaN, `NO_DATE`, and "".

    Raises:
        ValueError: in words, where the cell is not of its column's kind.
    """
    if is_missing(cell):
        return b"" if kind == "category" else NO_DATE if kind == "date" else math.nan
    if kind == "category":
        return (cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)).strip().encode()
    found = number(cell) if kind == "number" else seconds(cell)
    if found is None:
        raise ValueError(f"{str(cell)[:40]!r} is not a {kind}")
    if math.isinf(found):
        raise ValueError(f"{str(cell)[:40]!r} is not a finite number")
    if kind == "number" and abs(found) > LARGEST:
        raise ValueError(f"{str(cell)[:40]!r} is larger than a number of 32 bits can be")
    return found
