"""Sums that do not know in which order they were added: the same mean to the last bit, and the right one."""

import math
from fractions import Fraction

import numpy as np
import pytest

from graduate.pipeline.tasks.sums import Sums

_GENERATOR = np.random.default_rng(7)
_COLUMNS = np.stack(
    [
        _GENERATOR.normal(1e6, 1e-2, 5000),  # far from zero: E[x²] - E[x]² in plain floats has no digit left
        _GENERATOR.normal(0, 1, 5000) * 10.0 ** _GENERATOR.integers(-8, 8, 5000),
        _GENERATOR.integers(0, 3, 5000).astype(float),
    ],
    axis=1,
)


def _moments(order, parts):
    """Rows in an order, in parts that are added and then merged in yet another."""
    pieces = []
    for rows in np.array_split(_COLUMNS[order], parts):
        piece = Sums()
        for some in np.array_split(rows, 3):
            piece.add(some, np.isfinite(some))
        pieces.append(piece)
    whole = Sums()
    for piece in reversed(pieces):
        whole.merge(piece)
    return whole.moments()


@pytest.mark.parametrize("parts", [1, 2, 7, 500])
def test_any_order_and_any_parts_give_the_same_bits(parts):
    straight = _moments(np.arange(5000), 1)
    shuffled = _moments(np.random.default_rng(parts).permutation(5000), parts)
    np.testing.assert_array_equal(straight, shuffled)


def test_plain_floats_would_not():
    shuffled = np.random.default_rng(1).permutation(5000)
    one, other = np.float64(0), np.float64(0)
    for value in _COLUMNS[:, 1]:
        one += value
    for value in _COLUMNS[shuffled, 1]:
        other += value
    assert one != other


def test_they_are_right():
    means, deviations = _moments(np.arange(5000), 4)
    for column, mean, deviation in zip(_COLUMNS.T, means, deviations, strict=True):
        exact = [Fraction(value) for value in column]
        average = sum(exact) / len(exact)
        assert mean == float(average)
        variance = sum((value - average) ** 2 for value in exact) / len(exact)
        assert math.isclose(deviation, math.sqrt(variance), rel_tol=1e-15)


def test_what_is_missing_does_not_count():
    some = np.array([[1.0, np.nan], [np.inf, np.nan], [3.0, np.nan]])
    sums = Sums()
    sums.add(some, np.isfinite(some))
    means, deviations = sums.moments()
    assert sums.count == [2, 0]
    assert means.tolist() == [2.0, 0.0]
    assert deviations.tolist() == [1.0, 0.0]


def test_of_no_row_there_is_nothing():
    assert [one.tolist() for one in Sums().moments()] == [[], []]


def test_what_no_float_holds_is_no_crash():
    large = np.array([[1e200], [1e250]])
    sums = Sums()
    sums.add(large, np.isfinite(large))
    means, deviations = sums.moments()
    assert math.isfinite(means[0])
    assert math.isinf(deviations[0])
