"""A feature that alone gives the label away: an id that was numbered class by class, a diagnosis filled in afterwards.

Each feature alone predicts the label of rows that it has not learned from: by the majority of the rows with the same
value, or, for a number, of those in the same of up to 64 equally filled bins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RIGHT = 0.99  # share of held-out rows that one feature gets right
RANKS = 0.999  # correlation of ranks
_MAJORITY = 0.95  # with one class above it, nothing can be told from a share of 0.99
_FEWEST, _BINS = 40, 64
_PARTS = 4  # that are held out in turn


@dataclass(frozen=True)
class Giveaway:
    """A feature that tells the label.

    Attributes:
        feature: its name.
        right: share of held-out rows whose label it tells.
        majority: share of the most frequent label: what one gets right without looking.
        rows: how many.
    """

    feature: str
    right: float
    majority: float
    rows: int


def giveaway(
    features: Mapping[str, Sequence[Any]], labels: Sequence[Any], *, right: float = RIGHT, seed: int = 0
) -> list[Giveaway]:
    """Features that alone tell at least `right` of the labels, the best first; none where there are too few rows.

    Args:
        features: name → one value a row: numbers, or anything that can be compared for equality as text.
        labels: classes, one a row.
        right: see above.
        seed: of the parts that are held out.
    """
    names, target = np.unique([_text(label) for label in labels], return_inverse=True)
    rows = len(target)
    majority = float(np.bincount(target).max() / rows) if rows else 1.0
    if rows < _FEWEST or len(names) < 2 or majority > _MAJORITY:
        return []
    part = np.random.default_rng(seed).permutation(rows) % _PARTS
    found = []
    for name, values in features.items():
        share = _told(_codes(values), target, len(names), part)
        if share >= right:
            found.append(Giveaway(name, share, majority, rows))
    return sorted(found, key=lambda one: (-one.right, one.feature))


def follows(features: Mapping[str, Sequence[float]], target: Sequence[float]) -> list[Giveaway]:
    """Numbers that alone tell a number: whose ranks are its ranks (Spearman's correlation, its sign aside).

    Args:
        features: name → numbers, NaN where missing; rows that lack one are left out of its comparison.
        target: numbers, one a row.

    Returns:
        Those of at least `RANKS`, the best first: `right` is the correlation, `majority` 0.
    """
    wanted, found = np.asarray(target, np.float64), []
    for name, values in features.items():
        numbers = np.asarray(values, np.float64)
        there = np.isfinite(numbers) & np.isfinite(wanted)
        if there.sum() < _FEWEST:
            continue
        first, second = _ranks(numbers[there]), _ranks(wanted[there])
        if first.std() and second.std():
            share = abs(float(np.corrcoef(first, second)[0, 1]))
            if share >= RANKS:
                found.append(Giveaway(name, share, 0.0, int(there.sum())))
    return sorted(found, key=lambda one: (-one.right, one.feature))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; the same for the same value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[place]


def _told(codes: np.ndarray, target: np.ndarray, classes: int, part: np.ndarray) -> float:
    """Share of rows whose label the majority of the other parts' rows with the same code has."""
    right = 0
    for held_out in range(_PARTS):
        learn = part != held_out
        counts = np.zeros((int(codes.max()) + 1, classes), np.int64)
        np.add.at(counts, (codes[learn], target[learn]), 1)
        unseen = counts.sum(axis=1) == 0
        counts[unseen] = np.bincount(target[learn], minlength=classes)
        right += int((counts.argmax(axis=1)[codes[~learn]] == target[~learn]).sum())
    return right / len(target)


def _codes(values: Sequence[Any]) -> np.ndarray:
    """int (N,): the same number for the same value, or for numbers in the same bin."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu" and len(np.unique(array)) > _BINS:
        edges = np.unique(np.nanquantile(array.astype(np.float64), np.linspace(0, 1, _BINS + 1)[1:-1]))
        return np.searchsorted(edges, array.astype(np.float64), side="right").astype(np.int64)
    return np.unique([_text(value) for value in values], return_inverse=True)[1].astype(np.int64)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
