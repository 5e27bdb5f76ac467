"""ExampleGen for texts in a column of a table: each row one text with its class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam

from graduate.pipeline.data import splits, table_cells, table_rows, text_table
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.rows import Chunk, PartChunk, Row, sha256_of
from graduate.pipeline.data.table_columns import Part
from graduate.pipeline.data.table_rows import Bad
from graduate.pipeline.data.text_table import Names


class Given(NamedTuple):
    """What a worker needs to read a part of a table."""

    root: str
    names: Names
    shares: Mapping[str, float]


class TextTableExecutor(Executor):
    """Reads parts of files; a row's hash, which decides its split, is of its text alone."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        root, source = self._contents.listing.root, self._source
        parts = text_table.look(root, self._contents.files, source.data)
        return _ReadTexts(parts, Given(root, text_table.names_of(source.data), source.shares))


class _ReadTexts(beam.PTransform):
    """Parts of files to chunks, whose rows are read where they are written."""

    def __init__(self, parts: list[Part], given: Given) -> None:
        super().__init__()
        self._parts, self._given = parts, given

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return (
            pipeline
            | "Parts" >> beam.Create(self._parts, reshuffle=len(self._parts) > 16)
            | "Chunks" >> beam.Map(_chunk, self._given).with_output_types(Chunk)
        )


def _chunk(part: Part, given: Given) -> TextChunk:
    name = f"{sha256_of(part.file.path.encode())[:16]}-{part.begun.position:09d}"
    return TextChunk(name, task="text", part=part, given=given)


@dataclass
class TextChunk(PartChunk):
    """A part of a table, whose rows are texts."""

    part: Part | None = None
    given: Given | None = None

    def examples(self) -> dict[str, list[bytes]]:
        """Read the rows: the good ones as serialised examples by split, all of them into the account."""
        assert self.part is not None
        assert self.given is not None
        file, begun = self.part.file, self.part.begun
        some = table_rows.again(os.path.join(self.given.root, file.path), begun, self.part.rows)
        for position, row in enumerate(some.rows, begun.position):
            path = f"{file.path}#{position:06d}"
            found = row if isinstance(row, Bad) else _row(dict(zip(some.names, row, strict=True)), path, self.given)
            if isinstance(found, str):
                self.skip(path, found)
            else:
                where = file.split or splits.of_key(found.group or found.sha256, self.given.shares)
                self.rows.append(found._replace(split=where))
        return super().examples()


def _row(cells: Mapping[str, Any], path: str, given: Given) -> Row | str:
    """A row without its split, or why it is none."""
    text, label, group = (cells.get(name) for name in given.names)
    if text is None:
        return f"the text {given.names.text} is missing"
    if not isinstance(text, str | bytes):
        return f"the text {given.names.text} is {str(text)[:40]!r}, no text"
    if table_cells.is_missing(label):
        return f"the label {given.names.label} is missing"
    if given.names.group and table_cells.is_missing(group):
        return f"the group {given.names.group} is missing"
    try:
        raw = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError:  # JSON may write half of a character: "\\ud83d"
        return f"the text {given.names.text} holds half of a surrogate pair"
    return Row(raw, path, str(label).strip(), "", sha256_of(raw), str(group) if given.names.group else "")
