"""Sequences of labels as a table: a position's class from what stands around it."""

from __future__ import annotations

import numpy as np

from graduate.looks.arrays import is_text, numbers, whole_numbers
from graduate.looks.features import WIDEST

_POSITIONS = 1500
_REACH = 2


def positions_of(
    x: np.ndarray | None, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(table, classes, row of every position) of up to 1,500 positions; None where x and labels are not aligned."""
    if x is None or is_text(x) or x.ndim < 2:
        return None
    if labels.ndim >= 3 and labels.shape[-1] > 1 and labels.ndim == x.ndim + (x.ndim == 2):
        labels = labels.argmax(axis=-1)
    elif labels.ndim >= 3 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.ndim != 2 or x.shape[:2] != labels.shape:
        return None
    rows = rng.integers(0, len(labels), _POSITIONS)
    columns = rng.integers(0, labels.shape[1], _POSITIONS)
    around = []
    for step in range(-_REACH, (0 if _foretold(x, labels) else _REACH) + 1):
        place = columns + step
        inside = (place >= 0) & (place < labels.shape[1])
        values = numbers(x[rows, np.clip(place, 0, labels.shape[1] - 1)]).reshape(_POSITIONS, -1)
        around.append(np.where(inside[:, None], values, -1.0))
    if x.ndim == 2 and whole_numbers(x):
        words, counts = np.unique(x, return_counts=True)
        kept = words[np.argsort(-counts)][: WIDEST // len(around)]
        around = [(part == kept).astype(np.float64) for part in around]
    table = np.concatenate(around, axis=1)[:, :WIDEST]
    spread = table.std(axis=0)
    table = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return table.astype(np.float32), labels[rows, columns].astype(np.int64), rows.astype(np.int64)


def _foretold(x: np.ndarray, labels: np.ndarray) -> bool:
    """Whether labels are the inputs of later positions, as in a language model: those must not be looked at."""
    if x.ndim != 2:
        return False
    reach = range(1, min(_REACH, labels.shape[1] - 1) + 1)
    return any(float((x[:500, step:] == labels[:500, :-step]).mean()) > 0.9 for step in reach)
