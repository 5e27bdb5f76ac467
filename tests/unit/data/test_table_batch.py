"""Rows of a table together are what they are one by one, whatever their cells hold."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import math

import numpy as np
import pytest

from graduate.pipeline.data import splits, table_batch, table_cells
from graduate.pipeline.data.accounts import line_of
from graduate.pipeline.data.table_cells import Column

NUMBERS = ["1", " 2.5 ", "-3e4", "1,234.5", "", "NA", "nan", "-nan", "inf", "-Infinity", "1e39", "1_000", "abc", "0x10"]
NUMBERS += [
    "1e-5",
    "1e15",
    "1e16",
    "123456789012345678",
    "0.1",
    "-0.0",
    "٣",
    "1,20",
    "True",
    "?",
    "n/a ",
    "5e-324",
    "+7",
]
DATES = [
    "2024-01-31",
    "2024-01-31 12:30",
    "2024-01-31T12:30:00+02:00",
    "",
    "null",
    "2024-02-31",
    "31.01.2024",
    "20240131",
]
WORDS = [
    "red",
    " blue",
    "",
    "None",
    'say "x"',
    "O'Neil",
    "two\nlines",
    "città",
    "日本",
    "\\",
    "%s",
    "1.0",
    "-",
    "\u2028",
]
OBJECTS = [None, 1, 2.5, True, False, math.nan, math.inf, 10**400, "7", "x", b"raw", datetime.date(2024, 1, 31), ""]


class Odd(str):
    """A text that is none of the plain types: whatever is quick passes it over, and it is looked at by itself."""


def many(cells, rows=3000):
    return [cells[at % len(cells)] for at in range(rows)]


def plain(rows=3000):
    """Numbers of every size, as files have them."""
    random = np.random.default_rng(0)
    return [repr(value) for value in (random.normal(size=rows) * 10.0 ** random.integers(-8, 18, rows)).tolist()]


def odd(cells):
    return [Odd(cell) if isinstance(cell, str) else cell for cell in cells]


COLUMNS = {
    "plain": plain(),
    "plain and missing": [cell if at % 7 else "" for at, cell in enumerate(plain())],
    "rounded": [f"{float(cell):.3g}" for cell in plain()],
    "numbers": many(NUMBERS),
    "dates": many(DATES),
    "words": many(WORDS),
    "objects": many(OBJECTS),
    "numbers of JSON": many([1, 2.5, None, -3, 1e300]),
    "several types": many(["1", None, 2, "", 4.5]),
    "booleans": many([True, False, None]),
    "missing": many(["", "NA", "null"]),
}


def shown(values):
    """NaN is not itself."""
    return [repr(value) for value in (values.tolist() if isinstance(values, np.ndarray) else values)]


@pytest.mark.parametrize("kind", ["number", "date", "category"])
@pytest.mark.parametrize("name", COLUMNS)
def test_features_of_a_column_are_those_of_its_cells(name, kind):
    columns, data = {"x": COLUMNS[name], "y": ["a"] * 3000}, {"label": "y", "target": "class"}
    batch = table_batch.batch_of(columns, {"x": kind}, data)
    features, bad = [], {}
    for at, cell in enumerate(columns["x"]):
        try:
            features.append(table_cells.feature(cell, kind))
        except ValueError as error:
            bad[at] = f"x: {error}"
    assert batch.bad == bad
    assert list(batch.positions) == [at for at in range(3000) if at not in bad]
    assert shown(batch.features["x"]) == shown([float(f) for f in features] if kind == "number" else features)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [7, 3000])
def test_what_is_seen_of_a_column_is_what_is_seen_of_its_cells(name, rows):
    together, alone = Column(), Column()
    for _ in range(2):
        together.look(COLUMNS[name][:rows])
        alone.look(odd(COLUMNS[name][:rows]))
    assert dataclasses.asdict(together) == dataclasses.asdict(alone)
    assert list(together.values or ()) == list(alone.values or ())


def test_more_values_than_are_counted_are_not_counted_however_they_come():
    column = Column()
    for start in range(0, 12_000, 3_000):
        column.look([f"{number}.5" for number in range(start, start + 3_000)])
    assert (column.values, column.numbers, column.kind) == (None, 12_000, "number")


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        ("class", ["yes", " no ", "", "città", "n/a", 'a "b"']),
        ("class", ["yes", None, 1, 2.0, "\ud83d"]),
        ("number", ["1", "1,234", "", "inf", "abc", "1e39", "-2.5"]),
        ("labels", ["0", "yes", "No", "", "2", "true", "1.0"]),
    ],
)
def test_labels_together_are_those_of_each_row(target, cells):
    names = ["y", "z"] if target == "labels" else ["y"]
    columns = {"x": ["1"] * len(cells), "y": cells, "z": ["1"] * len(cells)}
    data = {"label": names, "target": target}
    whole = table_batch.batch_of(columns, {"x": "number"}, data)
    labels, bad = [], {}
    for at in range(len(cells)):
        one = table_batch.batch_of({n: odd(c[at : at + 1]) for n, c in columns.items()}, {"x": "number"}, data)
        labels += one.labels
        bad |= dict.fromkeys([at] if one.bad else [], one.bad.get(0))
    assert (whole.labels, whole.bad) == (labels, bad)
    assert bad


def test_a_row_is_bad_for_the_first_of_its_reasons():
    columns = {"a": ["x", "1", "1"], "b": ["inf", "inf", "1"], "y": ["", "", ""]}
    batch = table_batch.batch_of(columns, {"a": "number", "b": "number"}, {"label": "y", "target": "class"})
    assert batch.bad == {
        0: "a: 'x' is not a number",
        1: "b: 'inf' is not a finite number",
        2: "the label y is missing",
    }
    assert (batch.labels, batch.hashes(), batch.examples([], [])) == ([], [], [])


@pytest.fixture(scope="module")
def batch():
    columns = {"n%": COLUMNS["plain and missing"], 'the "word"': COLUMNS["words"], "when": many(DATES[:5])}
    kinds = {"n%": "number", 'the "word"': "category", "when": "date"}
    labels = {"y": many(["yes", 'no "way"', "città"])}
    return table_batch.batch_of(columns | labels, kinds, {"label": "y", "target": "class"})


def test_a_hash_is_of_the_features_as_json(batch):
    rows = zip(*(shown_values(values) for values in batch.features.values()), strict=True)
    texts = (json.dumps(dict(zip(batch.features, map(str, row), strict=True)), sort_keys=True) for row in rows)
    assert batch.hashes() == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def shown_values(values):
    return values.tolist() if isinstance(values, np.ndarray) else values


def test_a_line_of_the_manifest_is_the_entry_as_json(batch):
    hashes, rows = batch.hashes(), len(batch.labels)
    paths = [f'a "b"/città.csv#{at:06d}' for at in range(rows)]
    placed, groups = many(["train", "test"], rows), many(["", "1", 'g "h"'], rows)
    entries = [
        {"path": path, "hash": sha256, "split": split, "class": label.decode(), **({"group": group} if group else {})}
        for path, sha256, split, label, group in zip(paths, hashes, placed, batch.labels, groups, strict=True)
    ]
    assert list(batch.lines(paths, hashes, placed, groups)) == [line_of(entry) for entry in entries]


@pytest.mark.parametrize(
    "shares", [{"train": 0.8, "eval": 0.1, "test": 0.1}, {"train": 0.5, "eval": 0.5}, {"train": 1}]
)
def test_splits_of_many_keys_are_those_of_each(shares):
    keys = [f"key {number}" for number in range(2000)]
    assert splits.of_keys(keys, shares) == [splits.of_key(key, shares) for key in keys]
    assert splits.of_keys([], shares) == []
