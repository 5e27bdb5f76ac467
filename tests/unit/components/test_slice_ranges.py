"""A number with many values is sliced into four ranges; one with few, and what is no number, is not."""

from __future__ import annotations

import math

from graduate.components.slice_ranges import Ranges


def test_the_ranges_hold_as_many_rows_each():
    ranges = Ranges(list(range(100)))
    counts = {}
    for value in range(100):
        counts[ranges.of(value)] = counts.get(ranges.of(value), 0) + 1
    assert len(counts) == 4
    assert max(counts.values()) - min(counts.values()) <= 2


def test_an_edge_belongs_to_the_range_above_it_and_the_largest_value_to_the_last():
    ranges = Ranges([0.0, 1.0, 2.0, 3.0, 4.0])
    assert [ranges.of(value) for value in (0.0, 1.0, 3.0, 4.0)] == ["0 to 1", "1 to 2", "3 to 4", "3 to 4"]


def test_what_lies_outside_is_in_the_nearest_range():
    ranges = Ranges([0.0, 1.0, 2.0, 3.0, 4.0])
    assert ranges.of(-5.0) == "0 to 1"
    assert ranges.of(9.0) == "3 to 4"


def test_a_value_that_most_rows_have_makes_fewer_ranges():
    ranges = Ranges([0.0] * 90 + list(map(float, range(1, 11))))
    assert {ranges.of(value) for value in (0.0, 1.0, 10.0)} == {"0 to 10"}


def test_what_is_missing_is_a_slice_of_its_own():
    ranges = Ranges([*map(float, range(50)), math.nan])
    assert ranges.of(math.nan) == "missing"
    assert Ranges(list(range(50))).of(-(2**63)) == "missing"
