"""What became of rows: chunks note it in files, each by itself, and these become one manifest without being in memory.

A chunk writes `NAME.json` (counts, and the first and last path) beside `NAME.good.jsonl` and `NAME.bad.jsonl`: lines of
the manifest and of the list of bad rows, sorted by path.
"""

from __future__ import annotations

import heapq
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graduate import files

_Lines = list[tuple[str, str]]  # path of a row, and its line


def line_of(entry: Mapping[str, Any]) -> str:
    """One line of JSON, the same for the same entry."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)


@dataclass
class Account:
    """What became of the rows of a chunk.

    Attributes:
        good: path of every row that came in, and its line of the manifest: path, hash, split, class, what was seen of
            it and, where there are groups, group.
        counts: those rows by split.
        bad: path of every other row, and a line with path and reason.
        errors: sentences about input that could not be read at all.
    """

    good: _Lines = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    bad: _Lines = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Note a row that came in; `entry` has its path, hash, split and class."""
        self.good.append((entry["path"], line_of(entry)))
        self.counts[entry["split"]] += 1

    def skip(self, path: str, reason: str) -> None:
        """Note a bad row."""
        self.bad.append((path, line_of({"path": path, "reason": reason})))

    def write(self, folder: str, name: str) -> None:
        """Write it to a folder that `collect` reads; a retry writes the same again."""
        spans = {kind: _write_lines(lines, _file(folder, name, kind)) for kind, lines in self._kinds().items() if lines}
        told = {"counts": self.counts, "bad": len(self.bad), "errors": self.errors, "spans": spans}
        files.write_text(os.path.join(folder, f"{name}.json"), json.dumps(told))

    def _kinds(self) -> dict[str, _Lines]:
        return {"good": self.good, "bad": self.bad}


def _file(folder: str, name: str, kind: str) -> str:
    return os.path.join(folder, f"{name}.{kind}.jsonl")


def _write_lines(lines: _Lines, path: str) -> tuple[str, str]:
    """Write lines by path; gives the first path and the last."""
    lines.sort()
    files.write_text(path, "".join(f"{line}\n" for _, line in lines))
    return lines[0][0], lines[-1][0]


class _Span(NamedTuple):
    """Lines of one chunk: from which path to which, and their file."""

    first: str
    last: str
    file: str


@dataclass
class Accounts:
    """The accounts of all chunks, whose lines stay on the disk.

    Attributes:
        counts: good rows by split.
        skipped: how many are bad.
        errors: of all chunks.
    """

    counts: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    errors: list[str] = field(default_factory=list)
    _spans: dict[str, list[_Span]] = field(default_factory=lambda: {"good": [], "bad": []})

    def good(self) -> Iterator[str]:
        """Lines of the manifest, by path."""
        return _merged(self._spans["good"])

    def bad(self) -> Iterator[str]:
        """Lines of the list of bad rows, by path."""
        return _merged(self._spans["bad"])


def collect(folder: str) -> Accounts:
    """What the chunks wrote to a folder."""
    whole = Accounts()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as opened:
            told = json.load(opened)
        whole.counts.update(told["counts"])
        whole.skipped += told["bad"]
        whole.errors += told["errors"]
        for kind, (first, last) in told["spans"].items():
            whole._spans[kind].append(_Span(first, last, _file(folder, name.removesuffix(".json"), kind)))
    return whole


def _merged(spans: Iterable[_Span]) -> Iterator[str]:
    """Lines of sorted files by path. A file is open only while the others have come to where it begins."""
    waiting = sorted(spans, reverse=True)
    reading: list[tuple[str, str, _Span, Iterator[str]]] = []  # a heap of the next line of each open file, by its path
    while waiting or reading:
        if not reading and (len(waiting) == 1 or waiting[-1].last < waiting[-2].first):
            yield from _lines(waiting.pop().file)  # nothing lies between
        elif waiting and (not reading or waiting[-1].first <= reading[0][0]):
            span = waiting.pop()
            _next(reading, span, _lines(span.file))
        else:
            _, line, span, lines = heapq.heappop(reading)
            yield line
            _next(reading, span, lines)


def _next(reading: list[tuple[str, str, _Span, Iterator[str]]], span: _Span, lines: Iterator[str]) -> None:
    line = next(lines, None)
    if line is not None:
        heapq.heappush(reading, (json.loads(line)["path"], line, span, lines))


def _lines(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8", newline="\n") as opened:
        yield from opened


def write(path: str, lines: Iterable[str]) -> None:
    """Write lines that end as lines do, atomically."""
    with files.atomic_path(path) as aside, open(aside, "w", encoding="utf-8", newline="\n") as opened:
        opened.writelines(lines)
