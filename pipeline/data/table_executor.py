"""ExampleGen for tables: each row one example with a feature a column."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apache_beam as beam
from tfx import types

from graduate import files
from graduate.pipeline import events
from graduate.pipeline.data import splits, table_cells, table_columns, table_rows
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.rows import HASH_CHARACTERS, Account, Chunk, serialised, sha256_of
from graduate.pipeline.data.table_columns import Part, Table
from graduate.pipeline.data.table_rows import Bad

SAMPLE = 5000  # rows whose cells are in the manifest, chosen by their hash: DataGuard looks at them


class Given(NamedTuple):
    """What a worker needs to read a part of a table; `sampled` is the share of rows whose cells are noted."""

    data: Mapping[str, Any]
    shares: Mapping[str, float]
    root: str
    kinds: Mapping[str, str]
    sampled: float


class TableExecutor(Executor):
    """Reads parts of files; what a column is was found out before, over all rows of all files."""

    _table: Table

    def GetInputSourceToExamplePTransform(self) -> Any:
        root, source = self._contents.listing.root, self._source
        self._table = table_columns.look(root, self._contents.files, source.data)
        for note in self._table.notes:
            events.emit("note", node="ExampleGen", text=note)
        sampled = min(1.0, SAMPLE / max(1, self._table.rows))
        return _ReadTables(self._table.parts, Given(source.data, source.shares, root, self._table.kinds, sampled))

    def _finish(self, account: Account, manifest: types.Artifact) -> None:
        super()._finish(account, manifest)
        files.write_json(os.path.join(manifest.uri, "columns.json"), dict(self._table.kinds))


class _ReadTables(beam.PTransform):
    """Parts of files to chunks, whose rows are read where they are written: no more than one is in memory."""

    def __init__(self, parts: Sequence[Part], given: Given) -> None:
        super().__init__()
        self._parts, self._given = parts, given

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return (
            pipeline
            | "Parts" >> beam.Create(self._parts, reshuffle=len(self._parts) > 16)
            | "Chunks" >> beam.Map(_chunk, self._given).with_output_types(Chunk)
        )


def _chunk(part: Part, given: Given) -> TableChunk:
    return TableChunk(f"{sha256_of(part.file.path.encode())[:16]}-{part.begun.position:09d}", part=part, given=given)


@dataclass
class TableChunk(Chunk):
    """A part of a table; its rows as serialised examples by split."""

    part: Part | None = None
    given: Given | None = None
    made: dict[str, list[bytes]] = field(default_factory=dict)

    def examples(self) -> dict[str, list[bytes]]:
        """Read the rows: the good ones by split, all of them into the account."""
        assert self.part is not None
        assert self.given is not None
        file, begun = self.part.file, self.part.begun
        some = table_rows.again(os.path.join(self.given.root, file.path), begun, self.part.rows)
        for position, row in enumerate(some.rows, begun.position):
            path = f"{file.path}#{position:06d}"
            if isinstance(row, Bad):
                self.skip(path, row)
            else:
                self._add(dict(zip(some.names, row, strict=True)), path, file.split, self.given)
        return self.made

    def _add(self, cells: Mapping[str, Any], path: str, split: str | None, given: Given) -> None:
        try:
            features = {name: _feature(cells[name], name, kind) for name, kind in given.kinds.items()}
            label = _label(cells, given.data)
        except ValueError as error:
            self.skip(path, str(error))
            return
        sha256 = sha256_of(json.dumps({name: str(value) for name, value in features.items()}, sort_keys=True).encode())
        group_by = given.data.get("group_by")
        group = str(cells[group_by]) if group_by else ""
        where = split or splits.of_key(group or sha256, given.shares)
        row = {"label": label, "path": path.encode(), "hash": sha256[:HASH_CHARACTERS].encode(), **features}
        self.made.setdefault(where, []).append(serialised(row))
        entry: dict[str, Any] = {"path": path, "hash": sha256, "split": where, "class": _shown(label)}
        if int(sha256[-8:], 16) < given.sampled * 2**32:
            entry["cells"] = {name: _plain(value) for name, value in features.items()}
        self.account.manifest.append(entry | ({"group": group} if group else {}))


def _feature(cell: Any, name: str, kind: str) -> float | int | bytes:
    try:
        return table_cells.feature(cell, kind)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _plain(value: float | int | bytes) -> float | int | str | None:
    """As JSON has it; None where it is missing."""
    if isinstance(value, bytes):
        return value.decode() or None
    return None if value == table_cells.NO_DATE or math.isnan(value) else value


def _shown(label: bytes | list[float]) -> str:
    return label.decode() if isinstance(label, bytes) else " ".join(f"{one:g}" for one in label)


def _label(cells: Mapping[str, Any], data: Mapping[str, Any]) -> bytes | list[float]:
    names = table_columns.labels_of(data)
    for name in names:
        if table_cells.is_missing(cells[name]):
            raise ValueError(f"the label {name} is missing")
    if data["target"] == "class":
        return str(cells[names[0]]).strip().encode()
    found = []
    for name in names:
        value = _truth(cells[name]) if data["target"] == "labels" else table_cells.number(cells[name])
        if value is None or math.isinf(value):
            wanted = "0 or 1" if data["target"] == "labels" else "a number"
            raise ValueError(f"the label {name} is {str(cells[name])[:40]!r}, not {wanted}")
        found.append(value)
    return found


def _truth(cell: Any) -> float | None:
    words = {"0": 0.0, "1": 1.0, "no": 0.0, "yes": 1.0, "false": 0.0, "true": 1.0, "0.0": 0.0, "1.0": 1.0}
    return words.get(str(cell).strip().lower())
