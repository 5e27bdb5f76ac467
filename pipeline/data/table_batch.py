"""Rows of a table together, column by column: what they are as features, and what becomes of them.

A cell is looked at by itself only where its column holds something that is not plain. What comes out is what
`table_cells.feature` gives for each cell.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from graduate.pipeline.data import example_bytes, table_cells, table_columns
from graduate.pipeline.data.rows import HASH_CHARACTERS, sha256_of

Cells = Mapping[str, Sequence[Any]]  # by column, a cell a row
Column = np.ndarray | list[Any]  # a feature a row: of numbers float64, of dates int, of categories bytes
Label = bytes | list[float]
_NUMBERS = {float, int, bool, type(None)}
_EMPTY = table_cells.USUALLY_MISSING
# Between these a float has no exponent, and the fast writer's digits are Python's
_LEAST, _MOST = 1e-4, 1e15


class _Fault(str):
    """In place of a feature or a label: why it is none."""


@dataclass
class Batch:
    """Rows that can be used.

    Attributes:
        positions: where they are among the rows that were given.
        features: by column.
        labels: one a row.
        bad: why each of the other rows is none, by its position.
    """

    positions: Sequence[int]
    features: dict[str, Column]
    labels: list[Label]
    bad: dict[int, str]

    def hashes(self) -> list[str]:
        """SHA-256 of each row's features, hexadecimal; the label does not count."""
        texts = [_texts(self.features[name]) for name in sorted(self.features)]
        names = [json.dumps(name).replace("%", "%%") for name in sorted(self.features)]
        written = "{" + ", ".join(f'{name}: "%s"' for name in names) + "}"
        return [sha256_of((written % row).encode()) for row in zip(*texts, strict=True)]

    def examples(self, paths: Sequence[str], hashes: Sequence[str]) -> list[bytes]:
        """A serialised tf.Example a row."""
        if not self.labels:
            return []
        own = {"path": [path.encode() for path in paths], "hash": [one[:HASH_CHARACTERS].encode() for one in hashes]}
        with np.errstate(over="ignore"):  # what a label's 32 bits cannot hold is infinite there
            label = self.labels if isinstance(self.labels[0], bytes) else np.array(self.labels).astype(np.float32)
        return example_bytes.examples_of({"label": label, **own, **self.features})

    def lines(
        self, paths: Sequence[str], hashes: Sequence[str], placed: Sequence[str], groups: Sequence[str]
    ) -> Iterator[str]:
        """Of each row its line of the manifest, as `accounts.line_of` writes it.

        Args:
            paths, hashes: of each row.
            placed: its split.
            groups: its group, "" where it has none.
        """
        classes = [_shown(label) for label in self.labels]
        known = {text: _json(text) for text in {*classes, *placed, *groups}}
        for path, sha256, split, name, group in zip(paths, hashes, placed, classes, groups, strict=True):
            grouped = f'"group": {known[group]}, ' if group else ""
            before = f'{{"class": {known[name]}, {grouped}"hash": "{sha256}", '
            yield f'{before}"path": {_json(path)}, "split": {known[split]}}}'

    def cells(self, row: int) -> dict[str, Any]:
        """The features of one row as JSON has them; None where one is missing."""
        return {name: _plain(values[row]) for name, values in self.features.items()}


def batch_of(columns: Cells, kinds: Mapping[str, str], data: Mapping[str, Any]) -> Batch:
    """Rows as features and labels.

    Args:
        columns: of all rows, at least one.
        kinds: of each feature: number, date or category.
        data: the config's group: `label` and `target`.
    """
    bad: dict[int, str] = {}
    features = {name: _features(name, columns[name], kind, bad) for name, kind in kinds.items()}
    labels = _labels(columns, data, bad)
    if not bad:
        return Batch(range(len(labels)), features, labels, bad)
    kept = [at for at in range(len(labels)) if at not in bad]
    return Batch(kept, {name: _some(one, kept) for name, one in features.items()}, _some(labels, kept), bad)


def _some(values: Any, kept: list[int]) -> Any:
    return values[kept] if isinstance(values, np.ndarray) else [values[at] for at in kept]


def _features(name: str, cells: Sequence[Any], kind: str, bad: dict[int, str]) -> Column:
    """A column; rows that have no such feature are added to `bad`, unless they are there already."""
    numbers = _numbers(cells) if kind == "number" else None
    if numbers is not None:
        found: Column = numbers
        odd = np.flatnonzero(~(np.abs(numbers) <= table_cells.LARGEST) & ~np.isnan(numbers)).tolist()
        faults = {at: _feature(cells[at], kind) for at in odd}
    else:
        found = _each(cells, lambda cell: _feature(cell, kind))
        faults = {at: value for at, value in enumerate(found) if isinstance(value, _Fault)}
    for at, fault in faults.items():
        bad.setdefault(at, f"{name}: {fault}")
    if numbers is None and kind == "number":
        return np.array([math.nan if at in faults else value for at, value in enumerate(found)], np.float64)
    return found


def _numbers(cells: Sequence[Any]) -> np.ndarray | None:
    """Numbers where every cell is one as Python writes it, or missing as most files write it; otherwise None."""
    types = set(map(type, cells))
    if types == {str}:
        found = table_cells.plain_numbers(cells)
        if found is None:
            found = table_cells.plain_numbers([None if cell in _EMPTY else cell for cell in cells])
        return None if found is None else np.array(found, np.float64)
    if not types <= _NUMBERS:
        return None
    try:
        return np.array([math.nan if cell is None else float(cell) for cell in cells], np.float64)
    except OverflowError:
        return None


def _feature(cell: Any, kind: str) -> Any:
    try:
        return table_cells.feature(cell, kind)
    except ValueError as error:
        return _Fault(error)


def _each(cells: Sequence[Any], made: Callable[[Any], Any]) -> list[Any]:
    """What is made of each cell; of texts once of each, since they are what they look like."""
    if set(map(type, cells)) == {str}:
        known = {cell: made(cell) for cell in set(cells)}
        return [known[cell] for cell in cells]
    return [made(cell) for cell in cells]


def _labels(columns: Cells, data: Mapping[str, Any], bad: dict[int, str]) -> list[Any]:
    names = table_columns.labels_of(data)
    if len(names) == 1:
        found = _each(columns[names[0]], lambda cell: _label(names, (cell,), data["target"]))
    else:
        rows = zip(*(columns[name] for name in names), strict=True)
        found = [_label(names, row, data["target"]) for row in rows]
    for at, value in enumerate(found):
        if isinstance(value, _Fault):
            bad.setdefault(at, value)
    return found


def _label(names: Sequence[str], cells: Sequence[Any], target: str) -> Label | _Fault:
    for name, cell in zip(names, cells, strict=True):
        if table_cells.is_missing(cell):
            return _Fault(f"the label {name} is missing")
    if target == "class":
        try:
            return str(cells[0]).strip().encode()
        except UnicodeEncodeError as error:  # JSON may write half of a character
            return _Fault(error)
    found = []
    for name, cell in zip(names, cells, strict=True):
        value = _truth(cell) if target == "labels" else table_cells.number(cell)
        if value is None or math.isinf(value):
            wanted = "0 or 1" if target == "labels" else "a number"
            return _Fault(f"the label {name} is {str(cell)[:40]!r}, not {wanted}")
        found.append(value)
    return found


def _truth(cell: Any) -> float | None:
    words = {"0": 0.0, "1": 1.0, "no": 0.0, "yes": 1.0, "false": 0.0, "true": 1.0, "0.0": 0.0, "1.0": 1.0}
    return words.get(str(cell).strip().lower())


def _texts(values: Column) -> Sequence[str]:
    """`str` of each value, as it stands inside a JSON string."""
    if isinstance(values, np.ndarray):
        return _written(values)
    known = {value: json.dumps(str(value))[1:-1] for value in set(values)}
    return [known[value] for value in values]


def _written(numbers: np.ndarray) -> list[str]:
    """`repr` of each number."""
    if not len(numbers):
        return []
    values = numbers.tolist()
    texts = orjson.dumps(values).decode()[1:-1].split(",")
    size = np.abs(numbers)
    for at in np.flatnonzero(~((size >= _LEAST) & (size < _MOST))).tolist():
        texts[at] = repr(values[at])
    return texts


def _plain(value: float | int | bytes) -> float | int | str | None:
    if isinstance(value, bytes):
        return value.decode() or None
    return None if value == table_cells.NO_DATE or math.isnan(value) else value


def _shown(label: Label) -> str:
    return label.decode() if isinstance(label, bytes) else " ".join(f"{one:g}" for one in label)


def _json(text: str) -> str:
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else json.dumps(text, ensure_ascii=False)
