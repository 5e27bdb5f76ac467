"""The rows of a manifest for what is asked of all of them: thirty bytes a row, however much its line says.

What most rows lack (the cells of a table's sample, the look of an image) is kept as it is, in `noted`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

_OF_ALL = {"path", "hash", "split", "class", "group"}
_HEXADECIMAL = 32  # digits of a SHA-256 that are compared: 128 bits


@dataclass
class Rows:
    """Columns of a manifest.

    Attributes:
        splits, classes, groups: names, by code; of groups those there are.
        counts: int64 (splits, classes), rows of each.
        noted: the rows of which more is told than where they are, whole.
    """

    splits: list[str]
    classes: list[str]
    groups: list[str]
    noted: Sequence[Mapping[str, Any]]
    split: np.ndarray  # int64 (N,), as the next
    label: np.ndarray
    group: np.ndarray  # -1: none
    hashes: np.ndarray  # uint64 (N, 2)
    path: Callable[[int], str]  # of a row
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        codes = self.split * max(1, len(self.classes)) + self.label
        shape = len(self.splits), len(self.classes)
        self.counts = np.bincount(codes, minlength=shape[0] * shape[1]).reshape(shape)

    def __len__(self) -> int:
        return len(self.split)

    def classes_of(self, split: str) -> Counter[str]:
        """How many rows of a split each class has; of classes that it has."""
        if split not in self.splits:
            return Counter()
        of_split = self.counts[self.splits.index(split)].tolist()
        return Counter({name: count for name, count in zip(self.classes, of_split, strict=True) if count})

    def first_of(self, split: str, name: str) -> str:
        """The path of the first row of a class in a split."""
        chosen = (self.split == self.splits.index(split)) & (self.label == self.classes.index(name))
        return self.path(int(np.argmax(chosen)))

    def repeated(self) -> list[np.ndarray]:
        """Rows with the same content as others: the positions of each content, the first that appears first."""
        order = np.lexsort((self.hashes[:, 1], self.hashes[:, 0]))  # keeps the order of what is equal
        ordered = self.hashes[order]
        same = (ordered[1:] == ordered[:-1]).all(axis=1)
        starts = np.flatnonzero(~np.concatenate([[False], same]))
        sizes = np.diff(np.append(starts, len(order)))
        found = [order[start : start + size] for start, size in zip(starts, sizes, strict=True) if size > 1]
        return sorted(found, key=lambda rows: int(rows[0]))

    def straddling(self) -> list[tuple[str, str]]:
        """Group and split of every row whose group lies in several splits."""
        there = self.group >= 0
        pairs = np.unique(np.stack([self.group[there], self.split[there]]), axis=1)
        groups, splits = np.unique(pairs[0], return_counts=True)
        rows = np.flatnonzero(np.isin(self.group, groups[splits > 1]))
        return [(self.groups[self.group[row]], self.splits[self.split[row]]) for row in rows]


def of_entries(entries: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows that are in memory."""
    return _of(entries, lambda at: str(entries[at]["path"]))


def read(path: str) -> Rows:
    """The rows of a `manifest.jsonl`."""
    starts = array("q")

    def entries() -> Iterator[Mapping[str, Any]]:
        start = 0
        with open(path, "rb") as opened:
            for line in opened:
                starts.append(start)
                start += len(line)
                yield orjson.loads(line)

    def path_of(row: int) -> str:
        with open(path, "rb") as opened:
            opened.seek(starts[row])
            return str(orjson.loads(opened.readline())["path"])

    return _of(entries(), path_of)


def _of(entries: Iterable[Mapping[str, Any]], path: Callable[[int], str]) -> Rows:
    splits, classes, groups = dict[str, int](), dict[str, int](), dict[str, int]()
    split, label, group = array("q"), array("q"), array("q")
    hashes, noted = bytearray(), list[Mapping[str, Any]]()
    for entry in entries:
        split.append(splits.setdefault(entry["split"], len(splits)))
        label.append(classes.setdefault(entry["class"], len(classes)))
        name = entry.get("group")
        group.append(groups.setdefault(name, len(groups)) if name else -1)
        hashes += bytes.fromhex(entry["hash"][:_HEXADECIMAL])
        if not entry.keys() <= _OF_ALL:
            noted.append(entry)
    return Rows(
        list(splits),
        list(classes),
        list(groups),
        noted,
        np.array(split, np.int64),
        np.array(label, np.int64),
        np.array(group, np.int64),
        np.frombuffer(hashes, ">u8").reshape(-1, 2),
        path,
    )
