"""Rows of a table, some thousand at a time: CSV and TSV, JSON lines, Parquet. A file is never whole in memory.

Where some rows begin is noted when a file is read for the first time, so that they can be read again alone.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from graduate.errors import DataError
from graduate.pipeline.data.listing import shown

TOGETHER = 10_000  # rows
SEPARATORS = ",;\t|"  # of a .csv: the first of them that its header has
_LONGEST = 2**24  # bytes of a line
# What a file that ends in .csv or .jsonl begins with where it is something else.
_OTHERS = (
    (b"PK\3\4", "is an Excel file or an archive, whatever its ending says", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file, whatever its ending says", "save the sheet as CSV"),
    (b"PAR1", "is a Parquet file, whatever its ending says", "name it .parquet"),
    (b"\x1f\x8b", "is compressed by gzip", "unpack it first"),
    (b"\xff\xfe", "is not UTF-8: it begins as UTF-16 does", "save it as UTF-8 (an Excel file: as CSV UTF-8)"),
    (b"\xfe\xff", "is not UTF-8: it begins as UTF-16 does", "save it as UTF-8 (an Excel file: as CSV UTF-8)"),
)
_PARQUET_TOGETHER = 100_000  # a row group is decoded once for so many


class Bad(str):
    """In place of a row: why it is none."""


Row = tuple[Any, ...] | Bad


class Some(NamedTuple):
    """Rows that follow each other.

    Attributes:
        names: of the columns.
        rows: a cell is text, a number, a bool, a date or None.
        start: where they begin: a byte, of Parquet a row.
        position: how many rows come before them.
        line: how many lines.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    start: int
    position: int
    line: int = 0


def read(path: str, together: int = TOGETHER) -> Iterator[Some]:
    """A file from its beginning.

    Raises:
        DataError: it is empty, has no rows, two columns of one name, another encoding, or is not what its ending says.
    """
    some = False
    for one in _reader(path)(path, None, together):
        some = some or bool(one.rows)
        yield one
    if not some:
        raise DataError(f"{shown(path)} has a header and no rows", hint="add rows below the first line")


def again(path: str, begun: Some, rows: int) -> Some:
    """So many rows that `read` gave; `begun` says where, and names all columns of the file."""
    found: Some = next(iter(_reader(path)(path, begun, rows)))
    return found._replace(rows=found.rows[:rows])


def _reader(path: str) -> Any:
    ending = os.path.splitext(path)[1].lower()
    return {".parquet": _parquet, ".jsonl": _json}.get(ending, _csv)


class _Lines:
    """Lines of a file as text; `at` is the byte after the last one given, `number` how many were given."""

    def __init__(self, opened: Any, path: str, begun: Some | None = None) -> None:
        self._opened, self._path = opened, path
        _check_kind(opened, path)
        self.at, self.number = (begun.start, begun.line) if begun else (0, 0)
        opened.seek(self.at)

    def __iter__(self) -> Iterator[str]:
        while raw := self._opened.readline(_LONGEST):
            self.number += 1
            if len(raw) == _LONGEST:
                raise DataError(f"line {self.number} of {shown(self._path)} is longer than {_LONGEST >> 20} MB")
            try:
                text = raw.decode("utf-8-sig" if not self.at else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{shown(self._path)} is not UTF-8: line {self.number} has {raw[error.start : error.start + 4]!r}",
                    hint="save it as UTF-8 (an Excel file: as CSV UTF-8)",
                ) from None
            self.at += len(raw)
            yield text


def _check_kind(opened: Any, path: str) -> None:
    opened.seek(0)
    head = opened.read(4)
    for magic, what, hint in _OTHERS:
        if head.startswith(magic):
            raise DataError(f"{shown(path)} {what}", hint=hint)
    if b"\0" in head:
        raise DataError(f"{shown(path)} is not UTF-8: it begins with NUL bytes", hint=_OTHERS[-1][2])


def _csv(path: str, begun: Some | None, together: int) -> Iterator[Some]:
    with open(path, "rb") as opened:
        first = next(iter(_Lines(opened, path)), "")
        separator = _separator(path, first)
        unnamed = _numbers_rows(first, separator)
        lines = _Lines(opened, path, begun)
        # strict: a quote that is never closed is an error and not a cell as long as the rest of the file
        cells = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
        names = begun.names if begun else _header(path, cells, unnamed)
        start, position, line = lines.at, begun.position if begun else 0, lines.number
        rows: list[Row] = []
        try:
            for row in cells:
                if row:  # an empty line is none
                    rows.append(_whole(row, names, lines.number, unnamed))
                if len(rows) == together:
                    yield Some(names, rows, start, position, line)
                    start, position, line, rows = lines.at, position + len(rows), lines.number, []
        except csv.Error as error:
            raise DataError(
                f"line {lines.number} of {shown(path)} cannot be read: {error}", hint="is a quote never closed?"
            ) from None
    if rows:
        yield Some(names, rows, start, position, line)


def _separator(path: str, first: str) -> str:
    """By the ending; a .csv whose header has no comma may have semicolons, tabs or bars."""
    if path.lower().endswith(".tsv"):
        return "\t"
    return next((one for one in SEPARATORS if one in first), ",")


def _numbers_rows(first: str, separator: str) -> bool:
    """Whether the first column has no name: pandas and R write the names of rows there, mostly their numbers."""
    return first.lstrip(" ").removeprefix('""').startswith(separator)


def passes_over_a_column(path: str) -> bool:
    """Whether a table's first column has no name and is passed over."""
    if _reader(path) is not _csv:
        return False
    with open(path, "rb") as opened:
        first = next(iter(_Lines(opened, path)), "")
    return _numbers_rows(first, _separator(path, first))


def _header(path: str, cells: Iterator[list[str]], unnamed: bool) -> tuple[str, ...]:
    try:
        names = tuple(name.strip() for name in next(cells, []))[unnamed:]
    except csv.Error as error:
        said = f"the first line of {shown(path)} cannot be read"
        if "new-line character" in str(error):  # it has carriage returns alone, so that all is one line
            hint = "save it with the line ends of Windows or Unix"
            raise DataError(f"{said}: its lines end as those of very old Macs", hint=hint) from None
        raise DataError(f"{said}: {error}") from None
    check_names(names, path)
    return names


def _whole(row: list[str], names: Sequence[str], line: int, unnamed: bool) -> Row:
    if len(row) == len(names) + unnamed:
        return tuple(row[unnamed:])
    return Bad(f"line {line} has {len(row)} cells and the header {len(names) + unnamed}")


def _json(path: str, begun: Some | None, together: int) -> Iterator[Some]:
    """Keys may be missing in some lines: columns are those that the rows together have."""
    with open(path, "rb") as opened:
        lines = _Lines(opened, path, begun)
        start, position, before = lines.at, begun.position if begun else 0, lines.number
        found: list[dict[str, Any] | Bad] = []
        some = False
        for line in lines:
            if line.strip():
                some = True
                found.append(object_of(line, lines.number))
            if len(found) == together:
                yield _tuples(path, begun, found, Some((), (), start, position, before))
                start, position, before, found = lines.at, position + len(found), lines.number, []
    if found:
        yield _tuples(path, begun, found, Some((), (), start, position, before))
    if not some:
        raise DataError(f"{shown(path)} is empty", hint='each line is an object: {"age": 41, "label": "yes"}')


def object_of(line: str, number: int) -> dict[str, Any] | Bad:
    """A line of JSON lines."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Bad(f"line {number} is no JSON ({str(error)[:80]})")
    return row if isinstance(row, dict) else Bad(f"line {number} is no object of columns")


def _tuples(path: str, begun: Some | None, found: Sequence[dict[str, Any] | Bad], where: Some) -> Some:
    there = dict.fromkeys(name for row in found if not isinstance(row, Bad) for name in row)
    names = begun.names if begun else tuple(there)
    rows = [row if isinstance(row, Bad) else tuple(map(row.get, names)) for row in found]
    return where._replace(names=names, rows=rows)


def _parquet(path: str, begun: Some | None, together: int) -> Iterator[Some]:
    import pyarrow
    from pyarrow import parquet

    first = begun.start if begun else 0
    try:
        with parquet.ParquetFile(path) as opened:
            names = tuple(str(name) for name in opened.schema_arrow.names)
            check_names(names, path)
            before = 0  # rows
            for group in range(opened.num_row_groups):
                rows_in_group = opened.metadata.row_group(group).num_rows
                if before + rows_in_group > first:
                    yield from _group(opened, group, names, before, first, max(together, _PARQUET_TOGETHER))
                before += rows_in_group
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{shown(path)} is not a whole Parquet file ({_sentence(error)})") from None


def _group(opened: Any, group: int, names: tuple[str, ...], before: int, first: int, together: int) -> Iterator[Some]:
    at = before
    for batch in opened.iter_batches(together, row_groups=[group]):
        if at >= first:
            columns = [column.to_pylist() for column in batch.columns]
            yield Some(names, list(zip(*columns, strict=True)), at, at)
        at += batch.num_rows


def check_names(names: Sequence[str], path: str) -> None:
    """Refuse columns without a name or with one name.

    Raises:
        DataError: such columns.
    """
    if not names:
        raise DataError(f"{shown(path)} is empty", hint="the first line names the columns")
    seen = set[str]()
    for number, name in enumerate(names, 1):
        if not name:
            hint = "name it in the first line"
            raise DataError(f"column {number} of {shown(path)} has no name", hint=hint)
        if name in seen:
            raise DataError(f"{shown(path)} has two columns named {name}", hint="rename one of them")
        seen.add(name)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
