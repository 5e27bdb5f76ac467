"""One feature that alone gives the label away."""

from __future__ import annotations

from typing import Any

import numpy as np

_TRIED = 8
_BINS = 16
_MOST = 20_000
_COPIED, _WIDE = 0.98, 30.0


def single_feature(x: np.ndarray, y: np.ndarray, classes: np.ndarray | None) -> dict[str, Any] | None:
    """The feature that predicts best, if it does so nearly perfectly: what docs/facts.md lists under `single_feature`.

    Nearly: accuracy nine tenths of the way from the commonest class to 1, or R² 0.95; rows halved, one half says what a
    value means, the other is judged. None as well where there are fewer than two features.

    Args:
        x: rows; features are numbered as they lie in a flattened row.
        y: labels as columns.
        classes: class of every row, None for reals.
    """
    rows = len(x) if x[0].size <= 512 else min(len(x), 600)
    x, y, classes = x[:rows], y[:rows], classes[:rows] if classes is not None else None
    table = x.reshape(rows, -1)[:, :_MOST].astype(np.float32)
    table[~np.isfinite(table)] = 0.0
    if table.shape[1] < 2:
        return None
    explained = _explained(table, y, classes)
    tried = range(table.shape[1]) if table.shape[1] <= 64 else np.argsort(-explained)[:_TRIED]
    scores = {int(index): _score(table[:, index], y, classes) for index in tried}
    best = max(scores, key=lambda index: (scores[index], explained[index]))
    constant = float(y.mean(axis=0).max()) if classes is not None else 0.0
    if scores[best] < (constant + 0.9 * (1 - constant) if classes is not None else 0.95):
        return None
    near = constant + 0.8 * (scores[best] - constant)
    feature, alike = table[:, best], sum(score >= near for score in scores.values()) - 1
    told = float(explained[best]) if classes is not None else max(float(explained[best]), _by_ranks(feature, y))
    facts: dict[str, Any] = {
        "index": best,
        "score": scores[best],
        "explained": told,
        "alike": alike,
        "features": int(table.shape[1]),
    }
    if classes is not None:
        facts["constant_within"], facts["gap"] = _constant_within(feature, classes), _gap(feature, classes)
    copied = told >= _COPIED or facts.get("constant_within", 0) > 0 or (facts.get("gap") or 0) >= _WIDE
    facts["gives_away"] = bool(copied and alike == 0 and table.shape[1] >= 3)
    return facts


def _constant_within(feature: np.ndarray, classes: np.ndarray) -> int:
    """Classes of ten rows or more in which the feature has one value only: it is filled in by the answer."""
    parts = [feature[classes == one] for one in np.unique(classes)]
    return sum(len(part) >= 10 and bool((part == part[0]).all()) for part in parts)


def _gap(feature: np.ndarray, classes: np.ndarray) -> float | None:
    """Narrowest gap between classes ÷ the usual distance of neighbours; None where the classes overlap.

    A label that is a threshold on an honest feature has rows right up to the threshold: a gap of a few distances.
    """
    order = np.argsort(feature, kind="stable")
    values, labels = feature[order], classes[order]
    borders = np.flatnonzero(labels[1:] != labels[:-1])
    if len(borders) != len(np.unique(classes)) - 1:
        return None
    steps = np.diff(values)
    inner = np.delete(steps, borders)
    usual = float(np.median(inner[inner > 0])) if (inner > 0).any() else 0.0
    narrowest = float(steps[borders].min())
    return narrowest / usual if usual > 0 else (np.inf if narrowest > 0 else None)


def _by_ranks(feature: np.ndarray, y: np.ndarray) -> float:
    """Squared rank correlation with the first label column: 1 for any rising or falling function of it."""
    ranks = [np.argsort(np.argsort(one, kind="stable"), kind="stable") for one in (feature, y[:, 0])]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1] ** 2) if len(np.unique(feature)) > 2 else 0.0


def _explained(table: np.ndarray, y: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """Share of every feature's variance that the label explains: η² for classes, r² (best label column) for reals."""
    centred = table - table.mean(axis=0)
    total = np.maximum((centred**2).sum(axis=0), 1e-30)
    if classes is not None:
        counts = np.maximum(y.sum(axis=0), 1)[:, None]
        return (((y.T @ centred) ** 2) / counts).sum(axis=0) / total
    labels = y - y.mean(axis=0)
    return ((labels.T @ centred) ** 2 / np.maximum((labels**2).sum(axis=0), 1e-30)[:, None] / total).max(axis=0)


def _score(feature: np.ndarray, y: np.ndarray, classes: np.ndarray | None) -> float:
    """Bins of the feature, each says its commonest class or mean; learnt on even rows, judged on odd ones."""
    edges = np.unique(np.quantile(feature, np.linspace(0, 1, _BINS + 1)[1:-1]))
    values = np.unique(feature)
    if len(values) <= 4 * _BINS:
        edges = (values[1:] + values[:-1]) / 2
    bins = np.searchsorted(edges, feature)
    learn, judge = slice(0, None, 2), slice(1, None, 2)
    sums = np.zeros((len(edges) + 1, y.shape[1]))
    np.add.at(sums, bins[learn], y[learn])
    counts = np.bincount(bins[learn], minlength=len(edges) + 1)[:, None]
    said = np.where(counts > 0, sums / np.maximum(counts, 1), y[learn].mean(axis=0))[bins[judge]]
    truth = y[judge]
    if classes is not None:
        return float((said.argmax(axis=1) == truth.argmax(axis=1)).mean())
    total = ((truth - truth.mean(axis=0)) ** 2).sum()
    linear = _linear(feature, y)
    return max(linear, float(1 - ((truth - said) ** 2).sum() / total) if total > 0 else 0.0)


def _linear(feature: np.ndarray, y: np.ndarray) -> float:
    """R² of a straight line in the feature, the mean over label columns."""
    centred, labels = feature - feature.mean(), y - y.mean(axis=0)
    shared = (labels * centred[:, None]).sum(axis=0) ** 2
    total = (centred**2).sum() * (labels**2).sum(axis=0)
    return float((shared / np.maximum(total, 1e-30)).mean())
