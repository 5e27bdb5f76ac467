"""What cheap honest models make of the rows → the fact `baseline`.

Ridge regression on standardised features (to one-hot columns for classes; the labels themselves for reals), the same
on 200 random ReLU features (kind "random_features"), and 5 nearest neighbours; on flattened rows, and for images and
series also on what their small pieces look like; bags of words for tokens and texts. Cross-validated in 4 parts (copies
of a row stay together; neighbours: of up to 800 rows among all others, equal ones left out). The best counts, with the
labels permuted as well, so that both are best of as many.
Keys beyond the named ones: `scores` ({model/view: score}), `view`, `permuted_largest`, `permutations`, `features`,
`classes`, `distinct_rows` (share), `single_feature.explained` (share of the feature's variance that labels explain),
`single_feature.alike` (features that do nearly as well), `single_feature.features`, `.gap`, `.constant_within`,
`.gives_away` (see docs/facts.md), `validation_own` (the best, cross-validated on the validation rows alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import first_array, is_text, numbers, spread_rows
from graduate.looks.features import is_tokens, standardised, views_of
from graduate.looks.labels import classes_of, kind_of
from graduate.looks.overlap import repeats_by_nature, row_hashes
from graduate.looks.quiet import quiet
from graduate.looks.rows import labels_of, pick, row_count
from graduate.looks.scores import amounts
from graduate.looks.single import single_feature
from graduate.looks.windows import positions_of

_ROWS = 1500
_PARTS = 4
_NEIGHBOURS = 5
_JUDGED = 800
_PERMUTATIONS = 3
_HIDDEN = 200
_CLASSES = 100
_FIRMNESS = (0.005, 0.5)  # ridge factors, times rows


@quiet
def look(
    x: Any,
    y: Any,
    x_val: Any = None,
    y_val: Any = None,
    kind: str | None = None,
    *,
    objective: Mapping[str, Any] | None = None,
    tokens: bool | None = None,
) -> dict[str, Any]:
    """Facts of what can be predicted cheaply.

    Args:
        x: training rows.
        y: their labels.
        x_val: validation rows.
        y_val: their labels.
        kind: of the labels, as in the fact `labels.train`; by default looked up.
        objective: the fact `objective`, so that the metric is that of the facts `probe` and `final`.
        tokens: whether the rows are token numbers; by default where they look so.
    """
    labels = labels_of(y, objective)
    if labels is None or is_text(labels) or row_count(x) != len(labels) or len(labels) < 20:
        return {}
    kind = kind or kind_of(labels, objective, x)
    if kind in ("class_index", "binary") and amounts(labels.reshape(len(labels), -1)[:, 0], objective or {}):
        kind = "real"
    if kind == "inputs":
        return {}
    rng = np.random.default_rng(3)
    index = np.sort(rng.permutation(len(labels))[:_ROWS])
    x, labels = pick(x, index), labels[index]
    other = _validation(x_val, labels_of(y_val, objective), rng)
    if kind == "sequence":
        table = positions_of(first_array(x), labels, rng)
        if table is None:
            return {}
        views, labels, kind, groups = {"plain": table[0]}, table[1], "class_index", table[2]
        other, pixels = None, None
    else:
        views, groups = _views(x, other, tokens), _copies(x)
        pixels = first_array(x)
    targets = _targets(labels, kind)
    if targets is None or not views:
        return {}
    if tokens or (pixels is not None and (is_text(pixels) or is_tokens(pixels))):
        pixels = None  # one word may rightly tell
    facts = _judged(views, targets, groups, len(labels), rng)
    facts["single_feature"] = single_feature(pixels, targets.y, targets.classes) if pixels is not None else None
    facts["validation"] = None
    if other is not None:
        truth = _targets(other[1], kind, targets)
        if truth is not None:
            facts["validation"] = _on_validation(facts, views, targets, truth, len(labels))
            facts["validation_own"] = _of_its_own(views, truth, other[0], len(labels), rng)
    return facts


class Targets:
    """Labels as columns: one a class for classes, with the class numbers beside; the values for reals.

    Args:
        y: (rows, columns).
        classes: the class of every row, or None.
        several: each column is a yes or no of its own.
        names: class of every column.
    """

    def __init__(self, y: np.ndarray, classes: np.ndarray | None, several: bool = False, names: Any = None) -> None:
        self.y, self.classes, self.several, self.names = y.astype(np.float32), classes, several, names

    @property
    def metric(self) -> str:
        return "accuracy" if self.classes is not None or self.several else "r2"

    def constant(self) -> float:
        """Accuracy of the commonest class; R² 0."""
        if self.several:
            shares = self.y.mean(axis=0)
            return float(np.maximum(shares, 1 - shares).mean())
        return float(self.y.mean(axis=0).max()) if self.classes is not None else 0.0

    def score(self, predicted: np.ndarray, order: np.ndarray | None = None) -> float:
        """Of predictions for these rows; with `order` for the labels put in that order."""
        y = self.y if order is None else self.y[order]
        if self.several:
            return float(((predicted > 0.5) == (y > 0.5)).mean())
        if self.classes is not None:
            return float((predicted.argmax(axis=1) == y.argmax(axis=1)).mean())
        total = float(((y - y.mean(axis=0)) ** 2).sum())
        return float(1 - ((y - predicted) ** 2).sum() / total) if total > 0 else 0.0


def _targets(labels: np.ndarray, kind: str, like: Targets | None = None) -> Targets | None:
    """Columns for labels; those of `like` (training) for validation labels."""
    classes = classes_of(labels, kind)
    if classes is not None and len(classes) == len(labels):
        names = np.unique(classes) if like is None else like.names
        if len(names) > _CLASSES or (like is None and len(names) < 2):
            return None
        return Targets(classes[:, None] == names, classes, names=names)
    values = numbers(labels).reshape(len(labels), -1)[:, :32]
    values = np.where(np.isfinite(values), values, np.nanmean(values) if np.isfinite(values).any() else 0.0)
    if kind == "multi_hot":
        return Targets(values > 0.5, None, several=True)
    if like is None and not (values.std(axis=0) > 0).any():
        return None
    return Targets(values, None)


def _validation(x: Any, y: Any, rng: np.random.Generator) -> tuple[Any, np.ndarray] | None:
    labels = first_array(y) if y is not None else None
    if labels is None or is_text(labels) or row_count(x) != len(labels) or len(labels) < 8:
        return None
    index = np.sort(rng.permutation(len(labels))[:500])
    return pick(x, index), labels[index]


def _views(x: Any, other: tuple[Any, np.ndarray] | None, tokens: bool | None) -> dict[str, np.ndarray]:
    """Training rows first, validation rows behind: both see the same columns."""
    both = x if other is None else _behind(x, other[0])
    return {name: standardised(view) for name, view in views_of(both, tokens).items() if view.shape[1]}


def _copies(x: Any) -> np.ndarray:
    """A number a row, equal for copies; where rows are equal by nature every row stands for itself."""
    hashes = row_hashes(x)
    if len(np.unique(hashes)) < len(hashes) and repeats_by_nature(x):
        return np.arange(len(hashes))
    return hashes


def _behind(x: Any, other: Any) -> Any:
    from graduate.looks.arrays import named_arrays

    mine, theirs = named_arrays(x), named_arrays(other)
    joined = {}
    for (name, array), more in zip(mine.items(), theirs.values(), strict=False):
        if array.shape[1:] != more.shape[1:]:
            length = min(array.shape[1], more.shape[1])
            array, more = array[:, :length], more[:, :length]
        joined[name] = np.concatenate([array, more])
    return joined


def _judged(
    views: dict[str, np.ndarray],
    targets: Targets,
    groups: np.ndarray,
    rows: int,
    rng: np.random.Generator,
    permutations: int = _PERMUTATIONS,
) -> dict[str, Any]:
    """Every model on every view, with the labels as they are and permuted."""
    orders = [np.arange(rows)] + [rng.permutation(rows) for _ in range(permutations)]
    same, where = np.unique(groups, return_inverse=True)
    parts = rng.permutation(len(same))[where] % _PARTS
    scores: dict[str, list[float]] = {}
    for view, table in views.items():
        train = table[:rows]
        scores[f"ridge/{view}"] = _ridge_scores(train, targets, parts, orders)
        scores[f"knn/{view}"] = _neighbour_scores(train, targets, where, orders)
        if view == "plain":
            scores[f"random_features/{view}"] = _ridge_scores(_hidden(train), targets, parts, orders)
    best = max(scores, key=lambda name: scores[name][0])
    permuted = [max(values[n] for values in scores.values()) for n in range(1, len(orders))]
    return {
        "kind": best.split("/")[0],
        "view": best.split("/")[1],
        "metric": targets.metric,
        "rows": rows,
        "constant": targets.constant(),
        "score": scores[best][0],
        "scores": {name: values[0] for name, values in scores.items()},
        "permuted": float(np.mean(permuted)) if permuted else None,
        "permuted_largest": float(max(permuted)) if permuted else None,
        "permutations": len(permuted),
        "features": int(views["plain"].shape[1]),
        "classes": len(targets.names) if targets.names is not None else None,
        "distinct_rows": len(same) / rows,
    }


def _hidden(table: np.ndarray) -> np.ndarray:
    """Random ReLU features of a standardised table."""
    rng = np.random.default_rng(17)
    width = table.shape[1]
    weights = rng.standard_normal((width, _HIDDEN), dtype=np.float32) / np.sqrt(max(1, width))
    return np.maximum(table @ weights + rng.uniform(-1, 1, _HIDDEN).astype(np.float32), 0)


def _ridge_scores(table: np.ndarray, targets: Targets, parts: np.ndarray, orders: list[np.ndarray]) -> list[float]:
    """Best cross-validated score over the firmnesses, for every order of the labels."""
    width = targets.y.shape[1]
    columns = np.concatenate([targets.y[order] for order in orders], axis=1)
    table = np.concatenate([table - table.mean(axis=0), np.ones((len(table), 1), np.float32)], axis=1)
    whole, answers = table.T @ table, table.T @ columns
    predicted = np.zeros((len(_FIRMNESS), *columns.shape), np.float32)
    for part in np.unique(parts):
        out = parts == part
        gram = whole - table[out].T @ table[out]
        right = answers - table[out].T @ columns[out]
        for number, firmness in enumerate(_FIRMNESS):
            predicted[number, out] = table[out] @ _solved(gram, right, firmness * (~out).sum())
    return [
        max(targets.score(one[:, n * width : (n + 1) * width], order) for one in predicted)
        for n, order in enumerate(orders)
    ]


def _solved(gram: np.ndarray, right: np.ndarray, firmness: float) -> np.ndarray:
    """(G + λ)⁻¹ r; the last row, the constant, is not held back."""
    held = np.full(len(gram), firmness)
    held[-1] = 1e-3
    return np.linalg.solve((gram + np.diag(held)).astype(np.float64), right.astype(np.float64)).astype(np.float32)


def _neighbour_scores(table: np.ndarray, targets: Targets, same: np.ndarray, orders: list[np.ndarray]) -> list[float]:
    """Every row by its nearest others; rows that equal it do not count."""
    judged = spread_rows(len(table), _JUDGED)
    nearest = _nearest(table[judged], table, same[judged], same)
    return [targets.score(targets.y[order][nearest].mean(axis=1), order[judged]) for order in orders]


def _nearest(
    rows: np.ndarray, among: np.ndarray, own: np.ndarray | None = None, theirs: np.ndarray | None = None
) -> np.ndarray:
    """Numbers of the 5 rows of `among` nearest to each of `rows`, those of the same group left out."""
    squared = (among**2).sum(axis=1)[None] - 2 * (rows @ among.T)
    if own is not None and theirs is not None:
        squared[own[:, None] == theirs[None]] = np.inf
    count = min(_NEIGHBOURS, squared.shape[1] - 1)
    return np.argpartition(squared, count - 1, axis=1)[:, :count]


def _of_its_own(
    views: dict[str, np.ndarray], truth: Targets, x: Any, rows: int, rng: np.random.Generator
) -> float | None:
    """The same cross-validated on the validation rows: can their own labels be learnt?"""
    count = len(truth.y)
    if count < 40 or not truth.y.std(axis=0).any():
        return None
    own = {name: standardised(table[rows:]) for name, table in views.items()}
    return float(_judged(own, truth, _copies(x), count, rng, permutations=0)["score"])


def _on_validation(
    facts: dict[str, Any], views: dict[str, np.ndarray], targets: Targets, truth: Targets, rows: int
) -> float:
    """The best model, trained on all training rows."""
    table = views[facts["view"]]
    train, other = table[:rows], table[rows:]
    if facts["kind"] == "knn":
        return truth.score(targets.y[_nearest(other, train)].mean(axis=1))
    if facts["kind"] == "random_features":
        both = _hidden(table)
        train, other = both[:rows], both[rows:]
    middle = train.mean(axis=0)
    ones = np.ones((len(table), 1), np.float32)
    train = np.concatenate([train - middle, ones[: len(train)]], axis=1)
    other = np.concatenate([other - middle, ones[: len(other)]], axis=1)
    gram, right = train.T @ train, train.T @ targets.y
    return max(truth.score(other @ _solved(gram, right, firmness * rows)) for firmness in _FIRMNESS)
