"""Pairs that are nearly the same within one set of rows, by what finds them between two sets (graduate/leakage)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Found = Iterable[tuple[int, int, float]]  # position in the first, position in the second, how alike


def within(count: int, between: Callable[[Sequence[int], Sequence[int]], Found]) -> list[tuple[int, int, float]]:
    """Pairs of different positions, each once, the most alike first.

    Two different positions differ in a bit of their number, so that comparing those that have it with those that have
    it not, once for every bit, compares every pair. Of the rows that are like one row, the one most like it is found.

    Args:
        count: how many rows there are.
        between: finds pairs of two sets of positions.
    """
    found: dict[tuple[int, int], float] = {}
    for bit in range(max(count - 1, 0).bit_length()):
        without = [at for at in range(count) if not at >> bit & 1]
        having = [at for at in range(count) if at >> bit & 1]
        for first, second, like in between(without, having):
            pair = sorted((without[first], having[second]))
            found[pair[0], pair[1]] = like
    return sorted(((*pair, like) for pair, like in found.items()), key=lambda one: (-one[2], one[:2]))


def evenly(count: int, most: int) -> list[int]:
    """At most `most` positions of `count`, evenly spread; all where they are few."""
    if count <= most:
        return list(range(count))
    return [at * count // most for at in range(most)]
