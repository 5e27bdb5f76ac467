"""Best constants under Keras' losses, and the loss they give; formulas as Keras documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_EPSILON = 1e-7  # Keras' own, where it keeps probabilities off 0 and 1


@dataclass(frozen=True)
class Formula:
    """One loss: how labels are laid out, its best constant, its mean value for a constant.

    Args:
        layout: `columns` (every output number its own constant), `classes` (last axis is a distribution), `index`
            (class numbers).
        loss: (labels, constant, config) → loss of every row and column, or every row.
        best: the best constant; None to search column by column between the least and largest label.
        bounds: of that search, where not the labels' own.
    """

    layout: str
    loss: Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], np.ndarray]
    constant: Callable[[Problem], np.ndarray] | None = None
    bounds: tuple[float, float] | None = None

    def best(self, problem: Problem) -> np.ndarray:
        return self.constant(problem) if self.constant is not None else _searched(self, problem)

    def value(self, problem: Problem, constant: np.ndarray) -> float:
        losses = self.loss(problem.labels, constant, problem.config)
        if losses.ndim > 1:
            losses = losses.mean(axis=1)
        return float((losses * problem.weights).mean())


@dataclass(frozen=True)
class Problem:
    """Labels laid out for a formula: (rows, columns), a weight a row, the loss's own numbers."""

    labels: np.ndarray
    weights: np.ndarray
    config: Mapping[str, Any]

    @classmethod
    def of(cls, formula: Formula, array: np.ndarray, config: Mapping[str, Any], weights: np.ndarray | None) -> Problem:
        """`array` as the loss gets it, NaN rows left out."""
        values = array.astype(np.float64)
        if formula.layout == "index":
            labels = _one_hot(values, config)
        elif formula.layout == "classes":
            labels = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(-1, 1)
        else:
            labels = values.reshape(len(values), -1)
            if labels.shape[1] > 4096:
                labels = labels[:, np.linspace(0, labels.shape[1] - 1, 4096).astype(int)]
        weights = weights if weights is not None and len(weights) == len(labels) else np.ones(len(labels))
        whole = np.isfinite(labels).all(axis=1)
        return cls(labels[whole], weights[whole], config)


def _one_hot(values: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    """Class numbers as a table of one row a class share: equal rows are merged by their mean."""
    flat = values.reshape(-1)
    ignored = config.get("ignore_class")
    flat = flat[np.isfinite(flat)].astype(np.int64)
    if ignored is not None:
        flat = flat[flat != ignored]
    flat = flat[:200_000]
    classes, inverse = np.unique(flat, return_inverse=True)
    if len(classes) > 2000:
        raise ValueError("too many classes to count")
    table = np.zeros((len(flat), len(classes)))
    table[np.arange(len(flat)), inverse] = 1
    return table


def _mean(problem: Problem) -> np.ndarray:
    return np.average(problem.labels, axis=0, weights=_or_equal(problem.weights))


def _or_equal(weights: np.ndarray) -> np.ndarray:
    return weights if weights.sum() > 0 else np.ones_like(weights)


def _median(problem: Problem) -> np.ndarray:
    return np.median(problem.labels, axis=0)


def _shares(problem: Problem) -> np.ndarray:
    mean = np.clip(_mean(problem), 0, None)
    return mean / mean.sum() if mean.sum() > 0 else np.full(len(mean), 1 / len(mean))


def _smoothed_binary(labels: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    smoothing = float(config.get("label_smoothing") or 0)
    return labels * (1 - smoothing) + 0.5 * smoothing


def _binary_crossentropy(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    labels, chance = _smoothed_binary(labels, config), np.clip(constant, _EPSILON, 1 - _EPSILON)
    return -(labels * np.log(chance) + (1 - labels) * np.log(1 - chance))


def _binary_mean(problem: Problem) -> np.ndarray:
    mean = np.average(_smoothed_binary(problem.labels, problem.config), axis=0, weights=_or_equal(problem.weights))
    return np.clip(mean, 0, 1)


def _binary_focal(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    gamma, alpha = float(config.get("gamma", 2.0)), float(config.get("alpha", 0.25))
    chance = np.clip(constant, _EPSILON, 1 - _EPSILON)
    right = labels * chance + (1 - labels) * (1 - chance)
    losses = (1 - right) ** gamma * _binary_crossentropy(labels, constant, config)
    if config.get("apply_class_balancing"):
        losses *= labels * alpha + (1 - labels) * (1 - alpha)
    return losses


def _crossentropy(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    smoothing = float(config.get("label_smoothing") or 0)
    labels = labels * (1 - smoothing) + smoothing / max(1, labels.shape[1])
    chance = np.clip(constant, _EPSILON, 1 - _EPSILON) if labels.shape[1] > 1 else np.ones(1)
    return -(labels * np.log(chance)).sum(axis=1)


def _smoothed_shares(problem: Problem) -> np.ndarray:
    smoothing = float(problem.config.get("label_smoothing") or 0)
    return _shares(problem) * (1 - smoothing) + smoothing / problem.labels.shape[1]


def _kl(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    labels, chance = np.clip(labels, _EPSILON, 1), np.clip(constant, _EPSILON, 1)
    return (labels * np.log(labels / chance)).sum(axis=1)


def _poisson(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return constant - labels * np.log(np.maximum(constant, 0) + _EPSILON)


def _huber(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    delta = float(config.get("delta", 1.0))
    error = np.abs(labels - constant)
    return np.where(error <= delta, 0.5 * error**2, delta * error - 0.5 * delta**2)


def _log_cosh(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    error = np.abs(constant - labels)
    return error + np.log1p(np.exp(-2 * error)) - np.log(2)


def _percentage(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return 100 * np.abs(labels - constant) / np.maximum(np.abs(labels), _EPSILON)


def _logarithmic(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return (np.log(np.maximum(labels, _EPSILON) + 1) - np.log(np.maximum(constant, _EPSILON) + 1)) ** 2


def _logarithmic_mean(problem: Problem) -> np.ndarray:
    return np.expm1(np.log(np.maximum(problem.labels, _EPSILON) + 1).mean(axis=0))


def _signs(labels: np.ndarray) -> np.ndarray:
    """Keras takes 0 and 1 for −1 and 1."""
    return 2 * labels - 1 if np.isin(labels, (0, 1)).all() else labels


def _hinge(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return np.maximum(1 - _signs(labels) * constant, 0)


def _squared_hinge(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return _hinge(labels, constant, config) ** 2


def _cosine(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return -(_unit(labels) * _unit(constant[None])).sum(axis=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _direction(problem: Problem) -> np.ndarray:
    return _unit(_unit(problem.labels).mean(axis=0)[None])[0]


def _searched(formula: Formula, problem: Problem) -> np.ndarray:
    """Golden-section search in every column at once: all these losses are convex in the constant."""
    labels = problem.labels[: max(16, 400_000 // max(1, problem.labels.shape[1]))]
    low, high = labels.min(axis=0), labels.max(axis=0)
    if formula.bounds is not None:
        low, high = (np.full_like(low, bound) for bound in formula.bounds)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(36):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        better = formula.loss(labels, left, problem.config).mean(0) < formula.loss(labels, right, problem.config).mean(
            0
        )
        low, high = np.where(better, low, left), np.where(better, right, high)
    return (low + high) / 2


def _squared(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return (labels - constant) ** 2


def _absolute(labels: np.ndarray, constant: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return np.abs(labels - constant)


FORMULAS: dict[str, Formula] = {
    "mean_squared_error": Formula("columns", _squared, _mean),
    "mean_absolute_error": Formula("columns", _absolute, _median),
    "mean_absolute_percentage_error": Formula("columns", _percentage),
    "mean_squared_logarithmic_error": Formula("columns", _logarithmic, _logarithmic_mean),
    "huber": Formula("columns", _huber),
    "log_cosh": Formula("columns", _log_cosh),
    "poisson": Formula("columns", _poisson, _mean),
    "hinge": Formula("columns", _hinge, bounds=(-1.0, 1.0)),
    "squared_hinge": Formula("columns", _squared_hinge, bounds=(-1.0, 1.0)),
    "binary_crossentropy": Formula("columns", _binary_crossentropy, _binary_mean),
    "binary_focal_crossentropy": Formula("columns", _binary_focal, bounds=(_EPSILON, 1 - _EPSILON)),
    "categorical_crossentropy": Formula("classes", _crossentropy, _smoothed_shares),
    "sparse_categorical_crossentropy": Formula("index", _crossentropy, _shares),
    "kl_divergence": Formula("classes", _kl, _shares),
    "cosine_similarity": Formula("classes", _cosine, _direction),
}
