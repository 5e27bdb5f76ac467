"""Which rows came, went, moved between splits, have another class or another name: by the manifests of both runs.

A row is the same where its content is (SHA-256), so that a renamed file is one row, and one whose file was overwritten
under the same name is another.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, files_of, same_artifact
from graduate.pipeline.lineage.records import Artifact

LISTED = 100  # rows that an answer names of each kind; the numbers are of all
_MANIFEST = "graduate.Manifest"


class Row(NamedTuple):
    """A line of a manifest."""

    path: str
    hash: str
    split: str
    label: str


@dataclass(frozen=True)
class Group:
    """Rows that something happened to: how many, and the first of them."""

    number: int = 0
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Data:
    """What differs between the rows of two runs.

    Attributes:
        state: `unknown` where a manifest cannot be read, and `why`.
        rows: how many A and B have; None where that is not known.
        added, removed: whose content only B, only A has.
        changed: the same path with another content; counted here alone.
        relabelled: the same content with another class.
        renamed: the same content and class under another path.
        moved: the same content, in another split (relabelled and renamed rows too).
        counts: rows by split and class, of A and B, where they differ.
        splits: by split, whether its rows are the same: content and class.
    """

    state: State
    why: str = ""
    rows: tuple[int | None, int | None] = (None, None)
    added: Group = field(default_factory=Group)
    removed: Group = field(default_factory=Group)
    changed: Group = field(default_factory=Group)
    relabelled: Group = field(default_factory=Group)
    renamed: Group = field(default_factory=Group)
    moved: Group = field(default_factory=Group)
    counts: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    splits: Mapping[str, bool] = field(default_factory=dict)


def compare(a: Side, b: Side) -> Data:
    """Compare the manifests."""
    one, other = a.made(_MANIFEST), b.made(_MANIFEST)
    number = _number(one), _number(other)
    if same_artifact(a, b, one, other):
        return Data(SAME, rows=number)
    if one is None and other is None:
        return _of_examples(a, b)
    left, right, why = files_of(a, b, _MANIFEST, "manifest.jsonl")
    if left is None or right is None:
        return Data(UNKNOWN, why)
    try:
        if _digest(left) == _digest(right):
            return Data(SAME, rows=number)
        return of_rows(_read(left), _read(right))
    except (OSError, ValueError, KeyError) as error:
        return Data(UNKNOWN, f"a manifest cannot be read: {error}")


def _number(manifest: Artifact | None) -> int | None:
    return manifest.properties.get("rows") if manifest else None


def _of_examples(a: Side, b: Side) -> Data:
    """Another program's run has no manifest: its first Examples are the same artifact, or TFX's fingerprint tells."""
    one, other = a.made("Examples", slot="examples"), b.made("Examples", slot="examples")
    if same_artifact(a, b, one, other):
        return Data(SAME)
    prints = [artifact and artifact.properties.get("input_fingerprint") for artifact in (one, other)]
    if all(prints) and prints[0] != prints[1]:
        return Data(DIFFERS, f"the input's fingerprint is {prints[0]} in A and {prints[1]} in B; there is no manifest")
    return Data(UNKNOWN, "there is no manifest of the rows")


def _digest(path: Path) -> str:
    with open(path, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read(path: Path) -> list[Row]:
    with open(path, encoding="utf-8") as lines:
        told = (json.loads(line) for line in lines if line.strip())
        return [Row(one["path"], one["hash"], one["split"], str(one["class"])) for one in told]


def of_rows(one: Sequence[Row], other: Sequence[Row]) -> Data:
    """What differs between two lists of rows."""
    left, right = _unlike(one, other), _unlike(other, one)  # most rows are the same: what follows is of few
    pairs, gone, new = _paired(left, right)
    by_path = {row.path: row for row in new}
    changed = [(row, by_path[row.path]) for row in gone if row.path in by_path]
    taken = {row.path for row, _ in changed}
    removed = [row for row in gone if row.path not in taken]
    added = [row for row in new if row.path not in taken]
    relabelled = [pair for pair in pairs if pair[0].label != pair[1].label]
    renamed = [pair for pair in pairs if pair[0].label == pair[1].label and pair[0].path != pair[1].path]
    moved = [pair for pair in pairs if pair[0].split != pair[1].split]
    found = Data(
        SAME,
        rows=(len(one), len(other)),
        added=_group(added, _plain),
        removed=_group(removed, _plain),
        changed=_group(changed, _before_and_after),
        relabelled=_group(relabelled, _before_and_after),
        renamed=_group(renamed, _before_and_after),
        moved=_group(moved, _before_and_after),
        counts=_counts(one, other),
        splits=_splits(one, other, left, right),
    )
    differs = added or removed or changed or relabelled or renamed or moved
    return replace(found, state=DIFFERS) if differs else found


def _unlike(one: Sequence[Row], other: Sequence[Row]) -> list[Row]:
    """The rows of A that are not wholly the same as one of B's."""
    return list((Counter(one) - Counter(other)).elements())


def _paired(one: Iterable[Row], other: Iterable[Row]) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Rows of the same content, each with the one that is most alike; what only A has, what only B has."""
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in other:
        waiting[row.hash].append(row)
    pairs: list[tuple[Row, Row]] = []
    rest = sorted(one)
    for alike in (_but_for_the_split, _but_for_the_path, _by_content):
        unpaired = []
        for row in rest:
            found = next((mate for mate in waiting.get(row.hash, ()) if alike(row, mate)), None)
            if found is None:
                unpaired.append(row)
            else:
                waiting[row.hash].remove(found)
                pairs.append((row, found))
        rest = unpaired
    return pairs, rest, sorted(row for rows in waiting.values() for row in rows)


def _but_for_the_split(row: Row, mate: Row) -> bool:
    return (row.path, row.label) == (mate.path, mate.label)


def _but_for_the_path(row: Row, mate: Row) -> bool:
    return row.label == mate.label


def _by_content(row: Row, mate: Row) -> bool:
    return True


def _group(found: Sequence[Any], told: Any) -> Group:
    return Group(len(found), tuple(told(one) for one in sorted(found)[:LISTED]))


def _plain(row: Row) -> dict[str, Any]:
    return {"path": row.path, "split": row.split, "class": row.label}


def _before_and_after(pair: tuple[Row, Row]) -> dict[str, Any]:
    return {"a": _plain(pair[0]), "b": _plain(pair[1])}


def _counts(one: Sequence[Row], other: Sequence[Row]) -> dict[str, dict[str, tuple[int, int]]]:
    left, right = (Counter((row.split, row.label) for row in rows) for rows in (one, other))
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for split, label in sorted(left.keys() | right.keys()):
        if left[split, label] != right[split, label]:
            found.setdefault(split, {})[label] = (left[split, label], right[split, label])
    return found


def _splits(one: Sequence[Row], other: Sequence[Row], left: Sequence[Row], right: Sequence[Row]) -> dict[str, bool]:
    """By split, whether its rows are the same but for their paths; `left` and `right` are the rows that are not."""
    here, there = (Counter((row.split, row.hash, row.label) for row in rows) for rows in (left, right))
    moved = {key[0] for key in (here - there) + (there - here)}
    names = {row.split for rows in (one, other) for row in rows}
    return {split: split not in moved for split in sorted(names)}
