"""What a look at data finds: what it is, how much of it, what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["refused", "warning", "note"]
SHOWN = 5  # paths that are named of a finding


@dataclass(frozen=True)
class Finding:
    """Something odd.

    Attributes:
        what: its name: `duplicates`, `imbalance`, …
        severity: `refused` where a run of the pipeline would not start on such data; `warning` where its model may
            suffer; `note` for the rest.
        text: a sentence.
        paths: what it is about, the first few.
        count: of how many things.
    """

    what: str
    severity: Severity
    text: str
    paths: tuple[str, ...] = ()
    count: int = 0


class Pair(NamedTuple):
    """Two rows that are nearly the same; `like` is the measure of their task, at most 1."""

    first: str
    second: str
    like: float


@dataclass
class Look:
    """What was found.

    Attributes:
        path: what was asked for.
        task: `image`, `text`, `audio` or `table`.
        source: the key of the config's `data` group that is to name it.
        data: the absolute path that it is to name.
        rows: how many.
        nouns: what a row is called, one and several.
        classes: rows of each class, the largest first; empty for numbers.
        splits: rows of each ready-made split.
        class_of: the class of each row, by its path; a table's rows have none.
        split_of: the ready-made split of each row, by its path.
        hashes: SHA-256 of each file, by its path.
        measured: what was measured, by name, as JSON values.
        findings: what is odd.
        bad: why a row cannot be used, by its path.
        near: rows that are nearly the same.
        outliers: rows that are unlike all others: path → what is odd.
    """

    path: str
    task: str
    source: str
    data: str
    rows: int
    nouns: tuple[str, str]
    classes: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    class_of: dict[str, str] = field(default_factory=dict)
    split_of: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    bad: dict[str, str] = field(default_factory=dict)
    near: list[Pair] = field(default_factory=list)
    outliers: dict[str, str] = field(default_factory=dict)

    def find(self, what: str, severity: Severity, text: str, paths: Sequence[str] = (), count: int = 0) -> None:
        """Take note of something odd."""
        self.findings.append(Finding(what, severity, text, tuple(paths[:SHOWN]), count or len(paths)))

    def to_json(self) -> dict[str, Any]:
        """For a program: all but the lists of every file."""
        return {
            "path": self.path,
            "task": self.task,
            "data": self.data,
            "rows": self.rows,
            "classes": self.classes,
            "splits": self.splits,
            "measured": {name: value for name, value in self.measured.items() if not name.startswith("_")},
            "findings": [one.__dict__ | {"paths": list(one.paths)} for one in self.findings],
            "bad": dict(sorted(self.bad.items())[:100]),
            "near": [list(pair) for pair in self.near[:100]],
            "outliers": dict(list(self.outliers.items())[:100]),
        }


def counted(count: int, nouns: Sequence[str]) -> str:
    """`1 image`, `2,300 images`."""
    return f"{count:,} {nouns[0] if count == 1 else nouns[1]}"


def some(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    from graduate.pipeline.data.listing import shown

    named = ", ".join(shown(name) for name in names[:most])
    return named + (f" and {len(names) - most:,} more" if len(names) > most else "")


def quantiles(values: Sequence[float]) -> Mapping[str, float]:
    """Least, 5 %, middle, 95 % and largest."""
    import numpy as np

    names = ("least", "low", "median", "high", "most")
    if not len(values):
        return dict.fromkeys(names, 0.0)
    found = np.quantile(np.asarray(values, float), [0, 0.05, 0.5, 0.95, 1])
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}
