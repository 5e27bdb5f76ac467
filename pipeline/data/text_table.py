"""Texts in a column of a table: what is such a table, which columns are meant, and where its rows are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graduate.errors import DataError
from graduate.pipeline.data import table_columns, table_files, table_rows
from graduate.pipeline.data.listing import SPLITS, File, shown
from graduate.pipeline.data.table_cells import Column
from graduate.pipeline.data.table_columns import Part
from graduate.pipeline.data.table_rows import Bad

KIND = "text_table"  # of a source; its key in the config is `texts`
_TOGETHER = 2_000  # rows: a text is longer than a cell


class Names(NamedTuple):
    """The columns that are read: of the text, of its class, and of its group or ""."""

    text: str
    label: str
    group: str


def is_table(path: str) -> bool:
    """Whether `data.texts` names a file, or a folder of train, eval and test files; else it is a folder of classes."""
    if not os.path.isdir(path):
        return os.path.isfile(path) or path.lower().endswith(table_files.ENDINGS)
    with os.scandir(path) as found:
        names = [os.path.splitext(entry.name) for entry in found if entry.is_file()]
    return any(name in SPLITS and ending.lower() in table_files.ENDINGS for name, ending in names)


def names_of(data: Mapping[str, Any]) -> Names:
    """The columns that a config names; `text` and `label` where it names none.

    Raises:
        DataError: several label columns.
    """
    label = data.get("label") or "label"
    if not isinstance(label, str):
        raise DataError("a text has one label column", where="data.label", hint="name one column, a class a text")
    return Names(data.get("text") or "text", label, data.get("group_by") or "")


def look(root: str, files: Sequence[File], data: Mapping[str, Any]) -> list[Part]:
    """Read every file once: its rows, some thousand together.

    Args:
        root: the folder that the files are in.
        files: at least one.
        data: the config's group.

    Raises:
        DataError: a file that cannot be read or has not the columns; a label that is missing everywhere, is the same
            everywhere, or has nearly as many classes as rows.
    """
    wanted, label, parts = names_of(data), Column(), list[Part]()
    for file in files:
        of_file = dict[str, None]()
        first = len(parts)
        for some in table_rows.read(os.path.join(root, file.path), _TOGETHER):
            of_file |= dict.fromkeys(some.names)
            parts.append(Part(file, some._replace(rows=()), len(some.rows)))
            if wanted.label in some.names:
                at = some.names.index(wanted.label)
                label.look([row[at] for row in some.rows if not isinstance(row, Bad)])
        for number in range(first, len(parts)):  # lines of JSON may lack keys: only now all names are known
            part = parts[number]
            parts[number] = Part(file, part.begun._replace(names=tuple(of_file)), part.rows)
        _check_names(wanted, list(of_file), file)
    table_columns.check_label(wanted.label, label, "class")
    return parts


def _check_names(wanted: Names, names: Sequence[str], file: File) -> None:
    for key, name in (("text", wanted.text), ("label", wanted.label), ("group_by", wanted.group)):
        if name and name not in names:
            hint = table_columns.near(name, names)
            raise DataError(f"{shown(file.path)} has no column {name}", where=f"data.{key}", hint=hint)
    if wanted.text == wanted.label:
        raise DataError(f"the text and its label are one column, {wanted.text}", where="data.label")
