"""Rows of any sort as plain tables, for a baseline: several views of the same rows, each at most 200 columns wide."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from graduate.looks.arrays import is_text, named_arrays, numbers, whole_numbers

WIDEST = 200
_WORDS = 200
_PATCHES = 32


def views_of(x: Any, tokens: bool | None = None) -> dict[str, np.ndarray]:
    """{"plain": table, and where rows have a shape "patches": what small pieces of it look like}; may be empty.

    Args:
        x: rows; several inputs are put side by side.
        tokens: whole numbers name words; by default where they look so.
    """
    plain: list[np.ndarray] = []
    views: dict[str, np.ndarray] = {}
    for array in list(named_arrays(x).values())[:8]:
        if array.size == 0:
            continue
        if is_text(array):
            plain.append(_words(array))
        elif is_tokens(array) if tokens is None else tokens and whole_numbers(array) and array.ndim == 2:
            plain.append(_tokens(array))
        else:
            values = _filled(array)
            plain.append(_flat(values))
            if values.ndim >= 3 and "patches" not in views:
                views["patches"] = _patches(values)
    if not plain:
        return {}
    table = np.concatenate([part.astype(np.float32) for part in plain], axis=1)
    return {"plain": _narrowed(table), **{name: _narrowed(view) for name, view in views.items()}}


def is_tokens(array: np.ndarray) -> bool:
    """Whole numbers in rows of four or more, of an integer type that is not a pixel's."""
    if array.ndim != 2 or array.shape[1] < 4 or array.dtype.kind not in "iu" or array.dtype == np.uint8:
        return False
    return bool(array.min() >= 0 and array.max() > 1)


def standardised(table: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and standard deviation 1; what never changes becomes 0, far values are drawn in to ±8."""
    table = table.astype(np.float32)
    spread = table.std(axis=0)
    table = (table - table.mean(axis=0)) / np.where(spread > 1e-12, spread, 1)
    return np.clip(np.where(spread > 1e-12, table, 0), -8, 8)


def _filled(array: np.ndarray) -> np.ndarray:
    """In single precision, the mean of what is finite in place of what is not."""
    values = numbers(array)
    bad = ~np.isfinite(values)
    if bad.any():
        values[bad] = values[~bad].mean() if (~bad).any() else 0.0
    if np.abs(values).max(initial=0) > 1e30:
        values = np.sign(values) * np.log1p(np.abs(values))
    return values.astype(np.float32)


def _flat(values: np.ndarray) -> np.ndarray:
    if values.ndim == 1:
        return values[:, None]
    return _pooled(values, WIDEST).reshape(len(values), -1)


def _pooled(values: np.ndarray, widest: int) -> np.ndarray:
    """Neighbours along the middle axes averaged until at most `widest` numbers a row are left."""
    while values.ndim >= 3 and np.prod(values.shape[1:]) > widest and max(values.shape[1:-1]) > 1:
        axis = 1 + int(np.argmax(values.shape[1:-1]))
        whole = values.shape[axis] // 2 * 2
        values = np.take(values, range(whole), axis=axis)
        values = (np.take(values, range(0, whole, 2), axis) + np.take(values, range(1, whole, 2), axis)) / 2
    return values


def _narrowed(table: np.ndarray) -> np.ndarray:
    """At most `WIDEST` columns: a random projection of more."""
    changing = table.std(axis=0) > 0
    table = table[:, changing]
    if table.shape[1] <= WIDEST:
        return table
    turned = np.random.default_rng(11).standard_normal((table.shape[1], WIDEST), dtype=np.float32)
    return standardised(table) @ turned / np.sqrt(WIDEST)


def _tokens(array: np.ndarray) -> np.ndarray:
    """How often the commonest words stand in a row; for short rows and few words also what stands where."""
    words, counts = np.unique(array, return_counts=True)
    kept = words[np.argsort(-counts, kind="stable")][:_WORDS]
    kept.sort()
    place = np.minimum(np.searchsorted(kept, array), len(kept) - 1)
    known = kept[place] == array
    bag = np.zeros((len(array), len(kept)), np.float32)
    np.add.at(bag, (np.nonzero(known)[0], place[known]), 1)
    if array.shape[1] * len(kept) > 100:
        return bag
    where = (array[:, :, None] == kept).reshape(len(array), -1).astype(np.float32)
    return np.concatenate([bag, where], axis=1)


def _words(array: np.ndarray) -> np.ndarray:
    """Bags of the words of texts."""
    texts = [" ".join(map(str, np.ravel(row))).lower().split() for row in array]
    common = [word for word, _ in Counter(word for text in texts for word in set(text)).most_common(_WORDS)]
    columns = {word: column for column, word in enumerate(common)}
    bag = np.zeros((len(texts), max(1, len(common))), np.float32)
    for row, text in zip(bag, texts, strict=True):
        for word in text:
            if word in columns:
                row[columns[word]] += 1
    return bag


def _patches(values: np.ndarray) -> np.ndarray:
    """Like a convolution of one layer: how much the most and the mean piece of a row is like each of 32 pieces.

    Pieces of the rows themselves, standardised, serve as filters (Coates and Ng 2012, "Learning feature
    representations with k-means", without the k-means). Series also get their spectrum.
    """
    rng = np.random.default_rng(5)
    values = _pooled(values, 1024 if values.ndim == 3 else 400 * values.shape[-1])
    sizes = [min(length, 8 if values.ndim == 3 else 4) for length in values.shape[1:-1]]
    axes: Any = tuple(range(1, values.ndim - 1))
    windows = np.lib.stride_tricks.sliding_window_view(values, sizes, axis=axes)
    windows = windows.reshape(len(values), -1, int(values.shape[-1] * np.prod(sizes)))
    windows = windows[:, :: max(1, windows.shape[1] * windows.shape[2] * len(values) // 3_000_000)]
    some = windows[rng.integers(0, len(values), 4 * _PATCHES), rng.integers(0, windows.shape[1], 4 * _PATCHES)]
    some = some - some.mean(axis=1, keepdims=True)
    some = some[np.argsort(-some.std(axis=1), kind="stable")[:_PATCHES]]  # pieces where something is to be seen
    filters = some / np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-6)
    answers = windows @ filters.T
    parts = [answers.max(axis=1), np.maximum(answers, 0).mean(axis=1)]
    if values.ndim == 3:
        spectrum = np.abs(np.fft.rfft(values, axis=1))[:, :65]
        parts += [
            np.log1p(spectrum).reshape(len(values), -1),
            values.mean(axis=1),
            values.std(axis=1),
            values.max(axis=1),
        ]
        parts += [np.abs(np.diff(values, axis=1)).mean(axis=1)] if values.shape[1] > 1 else []
    return np.concatenate([part.astype(np.float32) for part in parts], axis=1)
