"""The chunks of a work, and in them one raw input after the other: its features, or why it has none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from graduate.errors import DataError
from graduate.pipeline import raw_inputs
from graduate.pipeline.batch.listing import FILES, ROWS, Work
from graduate.pipeline.data import table_cells, table_rows
from graduate.pipeline.raw_inputs import RawInput
from graduate.pipeline.serve.servable import Spec

# What a column holds, by the type of its feature.
_KINDS: Mapping[str, table_cells.Kind] = {"string": "category", "int64": "date"}


class Row(NamedTuple):
    """One input: its name, and either the features that the model takes or why there are none."""

    name: str
    features: Mapping[str, Any]
    problem: str = ""


class Chunk(NamedTuple):
    """Inputs that are predicted together: their place within their work, and the inputs, read when they are needed."""

    number: int
    rows: Iterable[Row]


def of_work(work: Work, specs: Mapping[str, Spec]) -> Iterator[Chunk]:
    """The chunks of a work in order.

    Args:
        work: what there is to do.
        specs: the features that the model takes, such as a table's columns, by their own names.
    """
    if work.form == "files":
        feature = next(iter(specs))
        yield Chunk(0, (_row(raw_inputs.of_file(path, path, feature), feature) for path in work.paths))
    elif work.form == "lines":
        yield from _lines(work.paths[0], next(iter(specs)))
    else:
        yield from _table(work.paths[0], specs)


def _row(given: RawInput, feature: str) -> Row:
    return Row(given.name, {} if given.problem else {feature: given.raw}, given.problem)


def _lines(path: str, feature: str) -> Iterator[Chunk]:
    try:
        with open(path, "rb") as opened:
            waiting = ((at, line) for at, line in enumerate(opened, 1) if line.strip())
            number = 0
            while some := list(islice(waiting, FILES)):
                yield Chunk(number, _of_lines(some, path, feature))
                number += 1
    except OSError as error:
        yield Chunk(0, [_row(raw_inputs.of_file(path, path), feature)._replace(problem=_reason(error))])


def _of_lines(some: Sequence[tuple[int, bytes]], path: str, feature: str) -> Iterator[Row]:
    folder = os.path.dirname(path)
    return (_row(raw_inputs.of_line(line, f"{path}:{at}", folder, feature), feature) for at, line in some)


def _table(path: str, specs: Mapping[str, Spec]) -> Iterator[Chunk]:
    """A table's rows; where it cannot be read on, one more input that says why, in the name of the file."""
    number = 0
    try:
        for some in table_rows.read(path, ROWS):
            if missing := [name for name in specs if name not in some.names]:
                raise DataError(f"the table has no column {', '.join(missing[:5])}")
            for start in range(0, len(some.rows), ROWS):
                rows, at = some.rows[start : start + ROWS], some.position + start
                yield Chunk(number, _of_rows(some.names, rows, f"{path}#", at, specs))
                number += 1
    except DataError as error:
        yield Chunk(number, [Row(path, {}, str(error))])
    except OSError as error:
        yield Chunk(number, [Row(path, {}, _reason(error))])


def _of_rows(
    names: Sequence[str], rows: Sequence[Any], name: str, first: int, specs: Mapping[str, Spec]
) -> Iterator[Row]:
    places = {feature: names.index(feature) for feature in specs}
    for at, row in enumerate(rows, first):
        named = f"{name}{at:06d}"  # as rows are called in a run's manifest
        if isinstance(row, table_rows.Bad):
            yield Row(named, {}, str(row))
            continue
        try:
            yield Row(named, {key: _cell(row[place], key, specs[key].kind) for key, place in places.items()})
        except ValueError as error:
            yield Row(named, {}, str(error))


def _cell(cell: Any, name: str, kind: str) -> Any:
    try:
        return table_cells.feature(cell, _KINDS.get(kind, "number"))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _reason(error: OSError) -> str:
    return "there is no such file" if isinstance(error, FileNotFoundError) else f"it cannot be read ({error.strerror})"
