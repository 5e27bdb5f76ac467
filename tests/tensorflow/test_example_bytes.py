"""Examples that are written column by column are the bytes that TensorFlow writes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from graduate.pipeline.data.example_bytes import examples_of
from graduate.pipeline.data.rows import serialised

ROWS = 500


@pytest.fixture(scope="module")
def columns():
    random = np.random.default_rng(0)
    numbers = random.normal(size=ROWS)
    numbers[::7] = math.nan
    return {
        "label": [b"yes", b"no"] * (ROWS // 2),
        "hash": [b"%016x" % row for row in range(ROWS)],
        "città": [("é" * (row % 200)).encode() for row in range(ROWS)],  # empty, and lengths of two bytes
        "name " * 40: [b""] * ROWS,
        "z": numbers,
        "a": random.normal(size=ROWS),
        "b": np.linspace(-3.4e38, 3.4e38, ROWS),
        "when": [(-(2**63), 0, 1, 127, 128, 1_700_000_000, -5)[row % 7] for row in range(ROWS)],
    }


def test_bytes_are_those_of_tensorflow(columns):
    rows = [{name: plain(values[row]) for name, values in columns.items()} for row in range(ROWS)]
    assert examples_of(columns) == [serialised(row) for row in rows]


def plain(value):
    return float(value) if isinstance(value, np.floating) else value


def test_several_numbers_a_row_and_what_32_bits_cannot_hold(columns):
    labels = np.array([[row, row / 3, 1e300] for row in range(ROWS)])
    with np.errstate(over="ignore"):
        made = examples_of({"a": columns["a"], "label": labels.astype(np.float32)})
    assert made == [serialised({"a": float(columns["a"][row]), "label": labels[row].tolist()}) for row in range(ROWS)]
