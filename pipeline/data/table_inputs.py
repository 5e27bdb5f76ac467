"""Rows of a table for a prediction: files as a training takes them, and JSON lines on standard input.

A row needs every column that the model was trained on; others, such as the label, are passed over. Cells are read as in
training: what is missing is empty, null or one of the words for nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graduate.errors import DataError
from graduate.pipeline.data import table_cells, table_files, table_rows
from graduate.pipeline.data.table_rows import Bad

KINDS = {"float32": "number", "int64": "date", "string": "category"}  # by the type of a raw feature
Features = Mapping[str, Any]
_SHOWN = 8  # columns


def of_file(path: str, columns: Mapping[str, str]) -> Iterator[tuple[str, Features | str]]:
    """Each row's name, and its raw features or why there are none.

    Args:
        path: CSV, TSV, JSON lines or Parquet.
        columns: the type of each raw feature.
    """
    if os.path.isdir(path):
        yield path, f"it is a folder, and a file of rows is needed ({', '.join(table_files.ENDINGS)})"
        return
    if os.path.splitext(path)[1].lower() not in table_files.ENDINGS:
        yield path, f"a file of rows is needed ({', '.join(table_files.ENDINGS)})"
        return
    try:
        for some in table_rows.read(path):
            by_name = not path.lower().endswith(".jsonl")  # lines of JSON have keys of their own
            if by_name and (problem := lacking(some.names, columns)):
                yield path, problem
                return
            for position, row in enumerate(some.rows, some.position):
                name = f"{path}#{position:06d}"
                yield name, str(row) if isinstance(row, Bad) else _features(dict(_there(some.names, row)), columns)
    except DataError as error:
        yield path, error.message
    except OSError as error:
        yield path, "there is no such file" if isinstance(error, FileNotFoundError) else f"it cannot be read ({error})"


def _there(names: Sequence[str], row: Sequence[Any]) -> Iterable[tuple[str, Any]]:
    return zip(names, row, strict=True)


def of_lines(lines: Iterable[bytes], source: str, columns: Mapping[str, str]) -> Iterator[tuple[str, Features | str]]:
    """The same of lines of JSON, as they come: {"age": 41, "city": "Oslo"}."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = table_rows.object_of(line.decode("utf-8", "replace"), number)
        if isinstance(row, Bad):
            yield f"{source}:{number}", str(row)
        else:
            yield f"{source}:{number}", lacking(row, columns) or _features(row, columns)


def lacking(names: Iterable[str], columns: Mapping[str, str]) -> str:
    """A sentence that names the columns which are not there; "" where all are."""
    known = set(names)
    missing = [name for name in columns if name not in known]
    if not missing:
        return ""
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"the column{'s' * (len(missing) > 1)} {', '.join(missing[:_SHOWN])}{more} {_is(missing)} missing"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _features(row: Mapping[str, Any], columns: Mapping[str, str]) -> Features | str:
    """A cell that a line of JSON in a file does not have is a missing one, as in training."""
    found = {}
    for name, kind in columns.items():
        cell = row.get(name)
        if isinstance(cell, bool) and KINDS[kind] == "category":  # true, True, TRUE, yes: nobody knows which it was
            return f"{name}: {str(cell).lower()} is no word, of which the column was in training: write it as there"
        try:
            found[name] = table_cells.feature(cell, KINDS[kind])
        except ValueError as error:
            return f"{name}: {error}"
    return found
