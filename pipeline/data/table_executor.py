"""ExampleGen for tables: each row one example with a feature a column."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apache_beam as beam
from tfx import types

from graduate import files
from graduate.pipeline import events
from graduate.pipeline.data import splits, table_batch, table_columns, table_rows
from graduate.pipeline.data.accounts import Accounts, line_of
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.rows import Chunk, PartChunk, sha256_of
from graduate.pipeline.data.table_batch import Batch
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

    def _finish(self, account: Accounts, manifest: types.Artifact) -> None:
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
class TableChunk(PartChunk):
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
        paths: list[str] = []
        whole: list[tuple[Any, ...]] = []
        for position, row in enumerate(some.rows, begun.position):
            path = f"{file.path}#{position:06d}"
            if isinstance(row, Bad):
                self.skip(path, row)
            else:
                paths.append(path)
                whole.append(row)
        if whole:
            self._take(dict(zip(some.names, zip(*whole, strict=True), strict=True)), paths, file.split, self.given)
        return self.made

    def forget(self) -> None:
        """Let go of what was made of the rows."""
        super().forget()
        self.made = {}

    def _take(self, columns: table_batch.Cells, paths: list[str], split: str | None, given: Given) -> None:
        batch = table_batch.batch_of(columns, given.kinds, given.data)
        for at, reason in batch.bad.items():
            self.skip(paths[at], reason)
        paths = [paths[at] for at in batch.positions]
        hashes = batch.hashes()
        group_by = given.data.get("group_by")
        groups = [str(columns[group_by][at]) if group_by else "" for at in batch.positions]
        keys = [group or sha256 for group, sha256 in zip(groups, hashes, strict=True)]
        placed = [split] * len(keys) if split else splits.of_keys(keys, given.shares)
        for where, example in zip(placed, batch.examples(paths, hashes), strict=True):
            self.made.setdefault(where, []).append(example)
        self._note(batch, paths, hashes, placed, groups, given.sampled)

    def _note(
        self,
        batch: Batch,
        paths: Sequence[str],
        hashes: Sequence[str],
        placed: Sequence[str],
        groups: Sequence[str],
        sampled: float,
    ) -> None:
        lines = list(zip(paths, batch.lines(paths, hashes, placed, groups), strict=True))
        for at, (path, line) in enumerate(lines):
            if int(hashes[at][-8:], 16) < sampled * 2**32:
                lines[at] = path, line_of({**json.loads(line), "cells": batch.cells(at)})
        self.account.good += lines
        self.account.counts.update(placed)
