"""Whether a difference in accuracy is more than chance: which rows happen to be in the test, nothing about training.

Two readings of k₁ of n₁ rows right against k₂ of n₂:

- The same rows: McNemar's exact test (Q. McNemar, 1947) needs the numbers b and c of rows that only one of the two got
  right, and metrics tell only their difference. The fewest that there can be, from the rows right in each class, give
  the smallest p that the test can come to: p ≥ 2 · P(X ≤ min(b, c)), X ~ Binomial(b + c, ½). Where even that is above
  0.05, no test of these rows can tell the two models apart.
- Other rows, and the same rows where McNemar's bound leaves it open: the pooled two-proportion z test,
  z = (p₁ − p₂) / √(p(1 − p)(1/n₁ + 1/n₂)), p the share right of all rows. On the same rows it is too cautious: their
  errors mostly coincide.

Of several slices each is judged at 0.05 divided by their number (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

LEVEL = 0.05
Answer = Literal["chance", "unclear", "beyond_chance"]
MCNEMAR, Z_TEST = "McNemar's exact test, at its smallest", "pooled two-proportion z test"


@dataclass(frozen=True)
class Reading:
    """What a difference in accuracy is worth.

    Attributes:
        answer: `chance`: no more than chance would give; `beyond_chance`; `unclear`: it depends on which rows.
        p: of the test that decided, two-sided.
        test: its name.
        rows: by how many rows right B is ahead (of other rows: None).
        level: what p was held against.
    """

    answer: Answer
    p: float
    test: str
    rows: int | None
    level: float = LEVEL


@dataclass(frozen=True)
class Right:
    """How many of how many rows a model got right, by class where that is known."""

    right: int
    rows: int
    by_class: Mapping[str, int] | None = None


def of_accuracy(accuracy: float, rows: float, by_class: Mapping[str, int] | None = None) -> Right | None:
    """From a share right; None where it is not one of so many rows, since rows were weighted, say."""
    if abs(accuracy * rows - round(accuracy * rows)) > 0.01:
        return None
    return Right(round(accuracy * rows), round(rows), by_class)


def read(a: Right | None, b: Right | None, *, same_rows: bool, level: float = LEVEL) -> Reading | None:
    """Judge a difference; None where there are no rows."""
    if a is None or b is None or not a.rows or not b.rows:
        return None
    ahead = b.right - a.right if same_rows else None
    if same_rows:
        smallest = mcnemar(*_fewest(a, b))
        if smallest > level:
            return Reading("chance", smallest, MCNEMAR, ahead, level)
    p = two_proportions(a.right, a.rows, b.right, b.rows)
    if p <= level:
        return Reading("beyond_chance", p, Z_TEST, ahead, level)
    return Reading("unclear" if same_rows else "chance", p, Z_TEST, ahead, level)


def _fewest(a: Right, b: Right) -> tuple[int, int]:
    """The fewest rows that only A, that only B can have got right."""
    if a.by_class is None or b.by_class is None:
        ahead = [b.right - a.right]
    else:
        ahead = [b.by_class.get(name, 0) - a.by_class.get(name, 0) for name in a.by_class.keys() | b.by_class.keys()]
    return sum(-one for one in ahead if one < 0), sum(one for one in ahead if one > 0)


def mcnemar(only_a: int, only_b: int) -> float:
    """The exact two-sided p of McNemar's test."""
    number = only_a + only_b
    tail = sum(math.comb(number, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * tail / 2**number)


def two_proportions(right_a: int, rows_a: int, right_b: int, rows_b: int) -> float:
    """The two-sided p of the pooled z test; 1 where all rows are right, or none."""
    pooled = (right_a + right_b) / (rows_a + rows_b)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / rows_a + 1 / rows_b))
    if not deviation:
        return 1.0
    return math.erfc(abs(right_a / rows_a - right_b / rows_b) / deviation / math.sqrt(2))
