"""What a table's columns are, found out over all rows of all files; and what in them would make no model."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graduate.errors import DataError
from graduate.pipeline.data import table_cells, table_rows
from graduate.pipeline.data.listing import MOST_CLASSES, File, shown
from graduate.pipeline.data.table_cells import Column
from graduate.pipeline.data.table_rows import Bad, Some

RESERVED = ("label", "hash", "path")  # features that every row has
_ALMOST = 0.5  # of the rows: more classes than that are no classes
_FEWEST = 10  # rows, from which on that is said
_TEXT, _FEW = 0.5, 50  # a category with more values than half the rows, and at least so many, is text or an id


@dataclass(frozen=True)
class Part:
    """Some rows of a file that are read together, and where they are: see `table_rows.again`."""

    file: File
    begun: Some
    rows: int


@dataclass
class Table:
    """What a first reading found.

    Attributes:
        kinds: of each column that is a feature: number, date or category.
        parts: of all files.
        notes: sentences for the user.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Of all files."""
        return sum(part.rows for part in self.parts)


def labels_of(data: Mapping[str, Any]) -> list[str]:
    """The label columns."""
    return [data["label"]] if isinstance(data["label"], str) else list(data["label"])


def look(root: str, files: Sequence[File], data: Mapping[str, Any]) -> Table:
    """Read every file once.

    Args:
        root: the folder that the files are in.
        files: at least one.
        data: the config's group.

    Raises:
        DataError: a file that cannot be read, files with other columns than the first, a label that is none of them or
            tells nothing, a column with a reserved name or with what is neither number nor category.
    """
    seen: dict[str, Column] = {}
    parts: list[Part] = []
    names: list[set[str]] = []
    for file in files:
        of_file = dict[str, None]()
        first = len(parts)
        for some in table_rows.read(os.path.join(root, file.path)):
            of_file |= dict.fromkeys(some.names)
            _look(seen, some)
            parts.append(Part(file, some._replace(rows=()), len(some.rows)))
        for at in range(first, len(parts)):  # lines of JSON may lack keys: only now all names are known
            parts[at] = Part(file, parts[at].begun._replace(names=tuple(of_file)), parts[at].rows)
        names.append(set(of_file))
        if odd := sorted(names[0] ^ names[-1]):
            raise DataError(f"{shown(file.path)} has other columns than {files[0].path}: {', '.join(odd[:5])}")
    labels = labels_of(data)
    _check_names(list(seen), labels, data)
    table = Table(parts=parts)
    for name, column in seen.items():
        if name in labels:
            check_label(name, column, data["target"])
        elif kind := _kind(name, column, data["columns"].get(name), table.notes):
            table.kinds[name] = kind
    if not table.kinds:
        hint = "a network needs something to predict from"
        raise DataError("the table has no column besides its label that says anything", hint=hint)
    return table


def _look(seen: dict[str, Column], some: Some) -> None:
    rows = [row for row in some.rows if not isinstance(row, Bad)]
    for name, cells in zip(some.names, zip(*rows, strict=True), strict=False):
        seen.setdefault(name, Column()).look(cells)
    for name in some.names:  # where every row is bad
        seen.setdefault(name, Column())


def _check_names(names: Sequence[str], labels: Sequence[str], data: Mapping[str, Any]) -> None:
    wanted = {"data.label": labels, "data.columns": list(data["columns"]), "data.group_by": [data["group_by"]]}
    for where, given in wanted.items():
        for name in given:
            if name is not None and name not in names:
                raise DataError(f"the table has no column {name}", where=where, hint=near(name, names))
    used = [name for name in names if name not in labels and data["columns"].get(name) != "ignore"]
    for name in sorted(set(used) & set(RESERVED)):
        raise DataError(
            f"a column may not be named {name}, which every row has",
            hint=f"rename it, or data: {{columns: {{{name}: ignore}}}}",
        )


def near(name: str, names: Iterable[str]) -> str:
    """A hint: the nearest of the columns, or all of them."""
    names = list(names)
    small = {one.casefold(): one for one in names}
    close = difflib.get_close_matches(name.casefold(), small, 1)
    return f"did you mean {small[close[0]]}?" if close else f"columns: {', '.join(names[:12])}"


def _kind(name: str, column: Column, told: str | None, notes: list[str]) -> str | None:
    """What a feature is; None where it is none."""
    if told == "ignore":
        return None
    if column.nested:
        raise DataError(
            f"the column {name} holds several values in a cell ({column.nested})",
            hint=f"a column a value; or data: {{columns: {{{name}: ignore}}}} leaves it out",
        )
    if told:
        return told
    if column.kind == "missing":
        notes.append(f"the column {name} is empty and left out")
        return None
    if column.kind == "category":
        _check_category(name, column, notes)
    return column.kind


def _check_category(name: str, column: Column, notes: list[str]) -> None:
    as_it_is = f"or data: {{columns: {{{name}: category}}}} takes them as they are"
    if column.commas and column.nearly(column.numbers + column.commas):
        text = f"the column {name} has numbers with a decimal comma, such as {column.comma}"
        raise DataError(text, hint=f"write {column.comma.replace(',', '.')}; {as_it_is}")
    if column.foreign and column.nearly(column.dates + column.foreign):
        text = f"the column {name} has dates that can be read in two ways, such as {column.foreign_date}"
        raise DataError(text, hint=f"write them as 2024-01-31; {as_it_is}")
    values = len(column.values) if column.values is not None else table_cells.MOST_VALUES
    if values >= _FEW and values > _TEXT * column.seen:
        notes.append(
            f"the column {name} looks like text or an id ({values} values in {column.seen} rows): values that training "
            f"sees once tell nothing; data: {{columns: {{{name}: ignore}}}} leaves it out"
        )


def check_label(name: str, column: Column, target: str) -> None:
    """Refuse a label that tells nothing.

    Args:
        name: of its column.
        column: what was seen of it.
        target: `class`, `labels` or `number`.

    Raises:
        DataError: such a label.
    """
    where = "data.label"
    if column.nested:
        raise DataError(f"the label {name} holds several values in a cell ({column.nested})", where=where)
    if not column.seen:
        raise DataError(f"the label {name} is missing in every row", where=where)
    if column.values is not None and len(column.values) == 1 and target != "labels":
        (only,) = column.values
        raise DataError(f"the label {name} is {only!r} in every row: there is nothing to learn", where=where)
    if target == "number" and not column.numbers:
        example = next(iter(column.values or ["text"]))
        raise DataError(f"the label {name} is no number but {example!r}", where=where, hint="target: class")
    if target == "class":
        _check_classes(name, column)


def _check_classes(name: str, column: Column) -> None:
    where = "data.label"
    classes = len(column.values) if column.values is not None else table_cells.MOST_VALUES
    number = f"{classes}" if column.values is not None else f"more than {classes}"
    if column.seen >= _FEWEST and classes > _ALMOST * column.seen:
        is_number = column.nearly(column.numbers)
        hint = "is it a number? target: number" if is_number else "is it an id or a text? name another column"
        raise DataError(
            f"the label {name} has {number} classes in {column.seen} rows, nearly one a row", where=where, hint=hint
        )
    if classes > MOST_CLASSES:
        raise DataError(
            f"the label {name} has {number} classes, and at most {MOST_CLASSES} can be told apart",
            where=where,
            hint="put rare classes together; a number: target: number",
        )
