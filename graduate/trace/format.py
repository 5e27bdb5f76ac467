"""The bytes of a trace: see docs/trace.md. NumPy and the standard library only.

A folder with `header.json` (what the columns are) and `blocks.bin` (a block after another, only ever appended).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import UserError
from graduate.trace.facts import RunFacts

NAME, VERSION = "graduate-trace", 1
HEADER, BLOCKS = "header.json", "blocks.bin"
MAGIC = b"GTb1"
ROWS, EVENT, TOLD = 1, 2, 3
ALIGN = 8

# Before every payload, little-endian. `crc` is of the payload, `head_crc` of the 36 bytes before it.
HEAD = np.dtype(
    [
        ("magic", "S4"),
        ("kind", "<u2"),
        ("group", "<u2"),
        ("branch", "<u4"),
        ("rows", "<u4"),
        ("base", "<i8"),
        ("length", "<u8"),
        ("crc", "<u4"),
        ("head_crc", "<u4"),
    ]
)


@dataclass(frozen=True)
class Column:
    """One named column.

    Args:
        name: unique in the trace.
        width: values a row; 0 for one value, which makes it a series.
        of: what the values of a row are for, e.g. "variables".
    """

    name: str
    width: int = 0
    of: str = ""

    @property
    def values(self) -> int:
        """float32 values a row."""
        return self.width or 1


@dataclass(frozen=True)
class Group:
    """Columns that are measured at the same steps. The first group of a trace gives it its steps."""

    name: str
    columns: tuple[Column, ...]

    @property
    def values(self) -> int:
        """float32 values a row."""
        return sum(column.values for column in self.columns)

    def bytes_of(self, rows: int) -> int:
        """Length of the payload of a block of `rows` rows."""
        return rows * (8 + 4 * self.values)


@dataclass(frozen=True)
class Header:
    """What `header.json` holds."""

    facts: RunFacts
    groups: tuple[Group, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        groups = [
            {"name": g.name, "columns": [{"name": c.name, "width": c.width, "of": c.of} for c in g.columns]}
            for g in self.groups
        ]
        return {"format": NAME, "version": VERSION, "facts": self.facts.to_json(), "groups": groups}


def read_header(folder: Path) -> Header:
    """Read `header.json`.

    Raises:
        UserError: there is none, it is of another format or a newer version, or it is damaged.
    """
    path = folder / HEADER
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no trace in {folder}", hint=f"a trace is a folder with {HEADER} in it") from None
    except ValueError:
        raise UserError(f"{path} is damaged: it is not JSON") from None
    if not isinstance(stored, dict) or stored.get("format") != NAME:
        raise UserError(f"{path} is not the header of a trace")
    version = stored.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise UserError(
            f"{path} has version {version} of the trace format, this graduate reads up to {VERSION}",
            hint="a newer graduate reads it",
        )
    try:
        groups = tuple(
            Group(g["name"], tuple(Column(c["name"], int(c["width"]), c["of"]) for c in g["columns"]))
            for g in stored["groups"]
        )
        return Header(RunFacts.from_json(stored["facts"]), groups)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is damaged: {error!r}") from None


@dataclass(frozen=True)
class Block:
    """Where a whole block is, and what its head says.

    Args:
        kind: ROWS, EVENT or TOLD.
        group: position of the group whose columns these are.
        branch: 0, and one more after each rollback or resume.
        base: the step after which this branch began; rows of lower branches beyond it are dead.
        rows: number of rows.
        start: of the payload, in bytes from the start of the file.
        length: of the payload without its padding.
    """

    kind: int
    group: int
    branch: int
    base: int
    rows: int
    start: int
    length: int

    @property
    def end(self) -> int:
        """Where the next block begins."""
        return self.start + padded(self.length)


def padded(length: int) -> int:
    """`length` up to the next multiple of 8."""
    return -(-length // ALIGN) * ALIGN


def frame(kind: int, group: int, branch: int, base: int, rows: int, payload: bytes) -> bytes:
    """A block's bytes: head, payload, padding."""
    head = np.zeros((), HEAD)
    for name, value in (
        ("magic", MAGIC),
        ("kind", kind),
        ("group", group),
        ("branch", branch),
        ("base", base),
        ("rows", rows),
        ("length", len(payload)),
        ("crc", zlib.crc32(payload)),
    ):
        head[name] = value
    head["head_crc"] = zlib.crc32(head.tobytes()[:-4])
    return head.tobytes() + payload + bytes(padded(len(payload)) - len(payload))


def rows_payload(group: Group, steps: np.ndarray, columns: Sequence[np.ndarray]) -> bytes:
    """Steps (n,) and then column by column, (n,) or (n, width) each, in the group's order."""
    parts = [np.ascontiguousarray(steps, "<i8").tobytes()]
    for column, values in zip(group.columns, columns, strict=True):
        wanted = (len(steps), column.width) if column.width else (len(steps),)
        if np.shape(values) != wanted:
            raise ValueError(f"column {column.name!r} has shape {np.shape(values)}, not {wanted}")
        parts.append(np.ascontiguousarray(values, "<f4").tobytes())
    return b"".join(parts)


def scan(content: Any, groups: Sequence[Group]) -> Iterator[Block]:
    """All whole blocks of `content`, the bytes of `blocks.bin`, in order.

    A block whose payload is damaged is passed over; after a damaged head the next whole head is looked for.
    """
    at, view = 0, memoryview(content)
    while at + HEAD.itemsize <= len(view):
        block, crc = _head(view, at)
        if block is None or block.end > len(view):
            at = content.find(MAGIC, at + 1)
            if at < 0:
                return
            continue
        payload = view[block.start : block.start + block.length]
        fits = block.kind != ROWS or (
            block.group < len(groups) and block.length == groups[block.group].bytes_of(block.rows)
        )
        if fits and zlib.crc32(payload) == crc:
            yield block
        at = block.end


def _head(view: memoryview, at: int) -> tuple[Block | None, int]:
    raw = view[at : at + HEAD.itemsize]
    head = np.frombuffer(raw, HEAD)[0]
    if head["magic"] != MAGIC or zlib.crc32(raw[:-4]) != head["head_crc"]:
        return None, 0
    kind, group, branch, base, rows, length, crc = (
        int(head[name]) for name in ("kind", "group", "branch", "base", "rows", "length", "crc")
    )
    return Block(kind, group, branch, base, rows, at + HEAD.itemsize, length), crc
