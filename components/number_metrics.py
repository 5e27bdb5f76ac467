"""What the Evaluator measures where labels are numbers, as one TFMA metric in a single pass over the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from graduate.components import one_pass

NUMBERS = ("loss", "mae", "rmse", "r2")


@dataclass
class Sums:
    """Everything the metrics are made of, of K numbers a row; two of them add up.

    The variance of the labels is kept as mean and squared distances from it, since a difference of two large sums
    would lose it (Chan, Golub and LeVeque 1979).

    Attributes:
        rows: how many.
        absolute, squared: (K,) sums of errors.
        mean, spread: (K,) of the labels: mean, and sum of squared distances from it.
    """

    rows: int = 0
    absolute: Any = 0.0
    squared: Any = 0.0
    mean: Any = 0.0
    spread: Any = 0.0

    def add(self, label: np.ndarray, given: np.ndarray) -> None:
        """Add a row: (K,) each."""
        wanted, said = np.asarray(label, np.float64).ravel(), np.asarray(given, np.float64).ravel()
        self += Sums(1, np.abs(said - wanted), (said - wanted) ** 2, wanted, np.zeros_like(wanted))

    def __iadd__(self, other: Sums) -> Sums:
        rows = self.rows + other.rows
        if rows:
            between = other.mean - self.mean
            self.spread = self.spread + other.spread + between**2 * self.rows * other.rows / rows
            self.mean = self.mean + between * other.rows / rows
        self.rows = rows
        self.absolute = self.absolute + other.absolute
        self.squared = self.squared + other.squared
        return self

    def values(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics, and of several numbers a row those of each, (K,).

        mae, rmse and loss (mean squared error) in the label's units; r2 = 1 - squared error / spread. Of several
        numbers loss and mae are their means, rmse is the root of the one, and r2 the mean of those that vary.
        """
        if not self.rows:
            return {"examples": 0.0}, {}
        squared, absolute = np.atleast_1d(self.squared) / self.rows, np.atleast_1d(self.absolute) / self.rows
        spread = np.atleast_1d(self.spread)
        varies = spread > 0
        r2 = np.where(varies, 1.0 - self.squared / np.where(varies, spread, 1.0), np.nan)
        whole = {
            "examples": float(self.rows),
            "loss": float(squared.mean()),
            "mae": float(absolute.mean()),
            "rmse": float(np.sqrt(squared.mean())),
            "r2": float(r2[varies].mean()) if varies.any() else math.nan,
        }
        each = {"mae": absolute, "rmse": np.sqrt(squared), "loss": squared, "r2": r2}
        return whole, each if len(squared) > 1 else {}


def _computations(
    name: str = "numbers", eval_config: Any = None, model_names: Any = None, **_: Any
) -> metric_types.MetricComputations:
    return one_pass.computations(name, lambda key: one_pass.Combine(key, Sums), model_names)


class NumberMetrics(metric_types.Metric):
    """TFMA's handle on all of it: named in MetricsSpec by class name and module."""

    def __init__(self, name: str = "numbers") -> None:
        super().__init__(_computations, name=name)


metric_types.register_metric(NumberMetrics)
