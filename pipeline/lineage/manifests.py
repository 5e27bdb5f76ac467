"""Looks for files in the manifests beside Examples: `manifest.jsonl`, a line a row (path, hash, split, class, …).

A store may name a thousand manifests of ten thousand rows. So bytes are searched first, and only lines that hold what
is looked for are parsed.
"""

from __future__ import annotations

import fnmatch
import functools
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "manifest.jsonl"
_HASH = re.compile(rb'"hash": ?"([0-9a-f]{64})"')
_FEW = 16  # contents that are looked for one by one; of more every hash is read
_WILD = "*?["
_BLOCK = 1 << 24  # bytes


@dataclass(frozen=True)
class Row:
    """A line of a manifest; `label` is None where it has no class."""

    path: str
    hash: str
    split: str
    label: str | None


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        needles: a line that fits holds one of these; empty where every line has to be parsed.
        fits: whether a row is meant.
        hashes: of a search for many contents: they are compared before a line is parsed.
    """

    needles: tuple[bytes, ...]
    fits: Callable[[Row], bool]
    hashes: frozenset[bytes] | None = None


class Unreadable(Exception):
    """A manifest that cannot be searched whole; says why in a few words."""

    def __init__(self, why: str, found: Sequence[Row] = ()) -> None:
        super().__init__(why)
        self.found = tuple(found)


def by_path(path: str) -> Wanted:
    """A file, a folder (with all that lies below), a glob (`*` takes `/` too), a file of records (`FILE#NUMBER`)."""
    path = path.removeprefix("./")
    if any(character in path for character in _WILD):
        pattern = re.compile(fnmatch.translate(path))
        literal = max(re.split(r"\[[^\]]*\]|[*?\[]", path), key=len)
        needles = _quoted(literal) if literal else ()
        return Wanted(needles, lambda row: row.path == path or pattern.match(row.path) is not None)
    folder = path.rstrip("/")
    below = (f"{folder}/", f"{folder}#")
    return Wanted(_quoted(folder, begins=True), lambda row: row.path == folder or row.path.startswith(below))


def by_hash(prefix: str) -> Wanted:
    """A content by its SHA-256 or the beginning of it."""
    prefix = prefix.lower()
    return Wanted((b'"' + prefix.encode(),), lambda row: row.hash.startswith(prefix))


def by_hashes(hashes: Collection[str]) -> Wanted:
    """Any of these contents."""
    known = frozenset(hashes)
    if len(known) <= _FEW:
        return Wanted(tuple(f'"{one}"'.encode() for one in sorted(known)), lambda row: row.hash in known)
    return Wanted((), lambda row: row.hash in known, frozenset(one.encode() for one in known))


def search(folder: Path, wanted: Wanted, rows: int | None) -> list[Row]:
    """The rows of a manifest that are wanted.

    Args:
        folder: the manifest's folder.
        wanted: what is looked for.
        rows: how many rows it has to have; None where nobody said, or it was counted before.

    Raises:
        Unreadable: it is gone, cannot be read, has a line that is none, or another number of rows; what was found
            nevertheless is with it.
    """
    found: list[Row] = []
    lines = torn = 0
    try:
        for block in _blocks(folder / FILE):
            if rows is not None:
                lines += len(io.BytesIO(block).readlines())  # twice as fast as counting line ends
            for line in _lines(block, wanted):
                row = _row(line)
                if row is None:
                    torn += bool(line.strip())
                elif wanted.fits(row):
                    found.append(row)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        raise Unreadable("is gone" if gone else f"cannot be read ({error.strerror})", found) from None
    if torn:
        raise Unreadable(f"has {torn} line{'s' if torn > 1 else ''} that cannot be read", found)
    if rows is not None and lines != rows:
        raise Unreadable(f"has {lines:,} of {rows:,} rows", found)
    return found


def _blocks(file: Path) -> Iterator[bytes]:
    """The file in blocks of whole lines."""
    with open(file, "rb", buffering=0) as opened:
        rest = b""
        # of a larger block than there is, the part that is filled would be copied
        size = min(_BLOCK, os.fstat(opened.fileno()).st_size or _BLOCK)
        while block := opened.read(size):
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                continue
            yield rest + block[:cut] if rest else block[:cut]
            rest = block[cut:]
        if rest:
            yield rest


def _lines(block: bytes, wanted: Wanted) -> Iterator[bytes]:
    """The lines that may fit, in order."""
    if wanted.hashes is not None:
        hashes = wanted.hashes
        places: Iterable[int] = (one.start() for one in _HASH.finditer(block) if one[1] in hashes)
    elif wanted.needles:
        places = sorted(at for needle in wanted.needles for at in _places(block, needle))
    else:
        yield from block.splitlines()
        return
    last = -1
    for place in places:
        if place > last:
            begin, last = block.rfind(b"\n", 0, place) + 1, _end(block, place)
            yield block[begin:last]


def _places(block: bytes, needle: bytes) -> Iterator[int]:
    at = block.find(needle)
    while at >= 0:
        yield at
        at = block.find(needle, _end(block, at))


def _end(block: bytes, at: int) -> int:
    end = block.find(b"\n", at)
    return end if end >= 0 else len(block)


@functools.lru_cache(maxsize=100_000)  # versions of a data set share most of their lines
def _row(line: bytes) -> Row | None:
    try:
        told = json.loads(line)
        label = told.get("class")
        return Row(str(told["path"]), str(told["hash"]), str(told["split"]), None if label is None else str(label))
    except (ValueError, KeyError, AttributeError):
        return None


def _quoted(text: str, *, begins: bool = False) -> tuple[bytes, ...]:
    """How a text, or one that begins so, stands in JSON: with and without escapes beyond ASCII."""
    found = [json.dumps(text, ensure_ascii=plain).encode("utf-8", "surrogatepass")[1:-1] for plain in (True, False)]
    return tuple(dict.fromkeys((b'"' if begins else b"") + one for one in found))
