"""ExampleGen for tables: each row one example with a feature a column."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apache_beam as beam
from tfx import types

from graduate import files
from graduate.errors import DataError
from graduate.pipeline.data import splits, table_cells, table_files
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.listing import File, shown
from graduate.pipeline.data.rows import HASH_CHARACTERS, Account, Chunk, serialised, sha256_of

RESERVED = ("label", "hash", "path")  # features that every row has


class Given(NamedTuple):
    """What a worker needs to read a file."""

    data: Mapping[str, Any]
    shares: Mapping[str, float]
    root: str
    kinds: Mapping[str, str]


class TableExecutor(Executor):
    """Reads one file at a time; what a column is was found out before, over all rows of all files."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        listing = self._contents.listing
        self._kinds = kinds_of(listing.root, self._contents.files, self._source.data)
        return _ReadTables(
            self._contents.files, Given(self._source.data, self._source.shares, listing.root, self._kinds)
        )

    def _finish(self, account: Account, manifest: types.Artifact) -> None:
        super()._finish(account, manifest)
        files.write_json(os.path.join(manifest.uri, "columns.json"), dict(self._kinds))


def kinds_of(root: str, listed: Sequence[File], data: Mapping[str, Any]) -> dict[str, str]:
    """The kind of every column that is a feature.

    Raises:
        DataError: files have other columns, the label is none of them, a column has a reserved name.
    """
    found = table_cells.Columns(data["columns"])
    first: list[str] | None = None
    for file in listed:
        for names, rows in table_files.rows_of(root, file):
            first = first or names
            if sorted(names) != sorted(first):
                odd = sorted(set(names) ^ set(first))
                raise DataError(f"{shown(file.path)} has other columns than {listed[0].path}: {', '.join(odd[:5])}")
            found.look(names, rows)
    labels = labels_of(data)
    _check_columns(list(found.seen), labels, data)
    return {name: kind for name, kind in found.kinds().items() if name not in labels and kind != "ignore"}


def labels_of(data: Mapping[str, Any]) -> list[str]:
    """The label columns."""
    return [data["label"]] if isinstance(data["label"], str) else list(data["label"])


def _check_columns(names: Sequence[str], labels: Sequence[str], data: Mapping[str, Any]) -> None:
    wanted = {"data.label": labels, "data.columns": list(data["columns"]), "data.group_by": [data["group_by"]]}
    for where, given in wanted.items():
        for name in given:
            if name is not None and name not in names:
                import difflib

                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"columns: {', '.join(names[:12])}"
                raise DataError(f"the table has no column {name}", where=where, hint=hint)
    used = [name for name in names if name not in labels and data["columns"].get(name) != "ignore"]
    for name in set(used) & set(RESERVED):
        raise DataError(
            f"a column may not be named {name}, which every row has", hint=f"rename it, or columns: {{{name}: ignore}}"
        )
    if not used:
        raise DataError("the table has no column besides its label", hint="a network needs something to predict from")


class _ReadTables(beam.PTransform):
    """Files to chunks of rows."""

    def __init__(self, listed: Sequence[File], given: Given) -> None:
        super().__init__()
        self._files, self._given = listed, given

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return (
            pipeline
            | "Tasks" >> beam.Create(self._files, reshuffle=len(self._files) > 1)
            | "Files" >> beam.ParDo(_Read(self._given)).with_output_types(Chunk)
        )


class _Read(beam.DoFn):
    def __init__(self, given: Given) -> None:
        self._given = given

    def process(self, file: File) -> Iterator[TableChunk]:
        name, position = sha256_of(file.path.encode())[:16], 0
        for number, (names, rows) in enumerate(table_files.rows_of(self._given.root, file)):
            chunk = TableChunk(f"{name}-{number:05d}")
            for row in rows:
                _add(chunk, dict(zip(names, row, strict=True)), f"{file.path}#{position:06d}", file.split, self._given)
                position += 1
            yield chunk


@dataclass
class TableChunk(Chunk):
    """Rows of a table, as serialised examples by split."""

    made: dict[str, list[bytes]] = field(default_factory=dict)

    def examples(self) -> dict[str, list[bytes]]:
        return self.made


def _add(chunk: TableChunk, cells: Mapping[str, Any], path: str, split: str | None, given: Given) -> None:
    try:
        features = {name: _feature(cells[name], name, kind) for name, kind in given.kinds.items()}
        label = _label(cells, given.data)
    except ValueError as error:
        chunk.skip(path, str(error))
        return
    sha256 = sha256_of(json.dumps({name: str(value) for name, value in features.items()}, sort_keys=True).encode())
    group_by = given.data.get("group_by")
    group = str(cells[group_by]) if group_by else ""
    where = split or splits.of_key(group or sha256, given.shares)
    shown_label = label.decode() if isinstance(label, bytes) else " ".join(f"{one:g}" for one in label)
    row = {"label": label, "path": path.encode(), "hash": sha256[:HASH_CHARACTERS].encode(), **features}
    chunk.made.setdefault(where, []).append(serialised(row))
    entry = {"path": path, "hash": sha256, "split": where, "class": shown_label}
    chunk.account.manifest.append(entry | ({"group": group} if group else {}))


def _feature(cell: Any, name: str, kind: str) -> float | bytes:
    try:
        return table_cells.feature(cell, kind)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _label(cells: Mapping[str, Any], data: Mapping[str, Any]) -> bytes | list[float]:
    names = labels_of(data)
    for name in names:
        if table_cells.is_missing(cells[name]):
            raise ValueError(f"the label {name} is missing")
    if data["target"] == "class":
        return str(cells[names[0]]).strip().encode()
    found = []
    for name in names:
        value = _truth(cells[name]) if data["target"] == "labels" else table_cells.number(cells[name])
        if value is None or value in (float("inf"), float("-inf")):
            wanted = "0 or 1" if data["target"] == "labels" else "a number"
            raise ValueError(f"the label {name} is {str(cells[name])[:40]!r}, not {wanted}")
        found.append(value)
    return found


def _truth(cell: Any) -> float | None:
    words = {"0": 0.0, "1": 1.0, "no": 0.0, "yes": 1.0, "false": 0.0, "true": 1.0, "0.0": 0.0, "1.0": 1.0}
    return words.get(str(cell).strip().lower())
