"""Sums of numbers and of their squares, exact: the same in whichever order they are added.

Beam promises no order of rows, and the last bits of a float's sum depend on it: another engine would learn another
mean. A float is a whole number times a power of two. Here whole numbers are added, Python's, of any length; what
numpy adds up before are parts of them, so small that its floats hold their sums exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

_BITS = 53  # of a float's whole number
_LEAST = 1074 + _BITS  # 2^-_LEAST divides every float
_PART = 18  # bits of a part: three are a whole number
_ROWS = 2**14  # at a time: sums of products of two parts stay below 2^53


@dataclass
class Sums:
    """Of columns: how many numbers, their sum times 2^_LEAST, and the sum of their squares times its square."""

    count: list[int] = field(default_factory=list)
    total: list[int] = field(default_factory=list)
    squares: list[int] = field(default_factory=list)

    def add(self, numbers: np.ndarray, there: np.ndarray) -> None:
        """Rows (B, n), of which those `there`, all finite, count."""
        for start in range(0, len(numbers), _ROWS):
            some = slice(start, start + _ROWS)
            self.merge(_of(np.where(there[some], numbers[some], 0.0), there[some].sum(0)))

    def merge(self, more: Sums) -> None:
        """Add other rows' sums."""
        for name in ("count", "total", "squares"):
            ours, theirs = getattr(self, name), getattr(more, name)
            setattr(
                self, name, [a + b for a, b in zip(ours, theirs, strict=True)] if ours and theirs else ours or theirs
            )

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the deviation of each column; 0 of one without a number."""
        columns = zip(self.count, self.total, self.squares, strict=True)
        found = [_moments(*column) for column in columns]
        return np.array([mean for mean, _ in found]), np.array([deviation for _, deviation in found])


def _of(values: np.ndarray, count: np.ndarray) -> Sums:
    """Of rows (B, n) with zeros where nothing is."""
    columns = values.shape[1]
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, _BITS).astype(np.int64)
    place = exponents.astype(np.int64) - _BITS + _LEAST  # of the lowest bit
    alike, groups = np.unique(place * columns + np.arange(columns), return_inverse=True)
    groups = groups.reshape(-1)
    low, middle, high = (part.reshape(-1).astype(float) for part in _parts(whole))

    def added(parts: np.ndarray) -> list[int]:
        return [int(one) for one in np.bincount(groups, parts, len(alike))]

    plain = _joined([added(low), added(middle), added(high)])
    crossed = [low * low, 2 * low * middle, 2 * low * high + middle * middle, 2 * middle * high, high * high]
    square = _joined([added(parts) for parts in crossed])
    sums = Sums([int(one) for one in count], [0] * columns, [0] * columns)
    for at, one, squared in zip(alike.tolist(), plain, square, strict=True):
        shift, column = divmod(at, columns)
        sums.total[column] += one << shift
        sums.squares[column] += squared << (2 * shift)
    return sums


def _parts(whole: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The low 18 bits, the next, and the signed rest."""
    mask = (1 << _PART) - 1
    return whole & mask, (whole >> _PART) & mask, whole >> (2 * _PART)


def _joined(parts: list[list[int]]) -> Iterable[int]:
    """Sums of parts, the lowest first, as the whole numbers that they are parts of."""
    return (sum(one << (_PART * at) for at, one in enumerate(group)) for group in zip(*parts, strict=True))


def _moments(count: int, total: int, squares: int) -> tuple[float, float]:
    if not count:
        return 0.0, 0.0
    mean = Fraction(total, count << _LEAST)
    variance = Fraction(squares, count << (2 * _LEAST)) - mean**2
    return _rounded(mean), float(np.sqrt(_rounded(variance)))


def _rounded(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:  # the square of what a float just holds
        return float("inf")
