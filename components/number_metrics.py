"""What the Evaluator measures where labels are numbers, as one TFMA metric in a single pass over the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

NUMBERS = ("loss", "mae", "rmse", "r2")


@dataclass
class Sums:
    """Everything the metrics are made of; two of them add up. Of several numbers a row, all are counted alike.

    The variance of the labels is kept as mean and squared distances from it, since a difference of two large sums
    would lose it (Chan, Golub and LeVeque 1979).
    """

    rows: int = 0
    numbers: int = 0
    absolute: float = 0.0
    squared: float = 0.0
    mean: float = 0.0
    spread: float = 0.0

    def add(self, label: np.ndarray, given: np.ndarray) -> None:
        """Add a row: (K,) each."""
        wanted, said = np.asarray(label, np.float64).ravel(), np.asarray(given, np.float64).ravel()
        apart = said - wanted
        mean = float(wanted.mean())
        self += Sums(
            1,
            len(wanted),
            float(np.abs(apart).sum()),
            float((apart**2).sum()),
            mean,
            float(((wanted - mean) ** 2).sum()),
        )

    def __iadd__(self, other: Sums) -> Sums:
        numbers = self.numbers + other.numbers
        if numbers:
            between = other.mean - self.mean
            self.spread += other.spread + between**2 * self.numbers * other.numbers / numbers
            self.mean += between * other.numbers / numbers
        self.numbers = numbers
        self.rows += other.rows
        self.absolute += other.absolute
        self.squared += other.squared
        return self

    def values(self) -> dict[str, float]:
        """mae, rmse and loss (mean squared error) in the label's units; r2 = 1 - squared error / spread."""
        if not self.numbers:
            return {"examples": 0.0}
        squared = self.squared / self.numbers
        return {
            "examples": float(self.rows),
            "loss": squared,
            "mae": self.absolute / self.numbers,
            "rmse": math.sqrt(squared) if squared >= 0 else math.nan,
            "r2": 1.0 - self.squared / self.spread if self.spread > 0 else math.nan,
        }


class _Combine(beam.CombineFn):
    def __init__(self, key: metric_types.MetricKey) -> None:
        self._key = key

    def create_accumulator(self) -> Sums:
        return Sums()

    def add_input(self, accumulator: Sums, element: metric_types.StandardMetricInputs) -> Sums:
        given = element.predictions
        if isinstance(given, dict):
            given = given[self._key.model_name]
        accumulator.add(element.labels, given)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sums]) -> Sums:
        merged = Sums()
        for accumulator in accumulators:
            merged += accumulator
        return merged

    def extract_output(self, accumulator: Sums) -> dict[metric_types.MetricKey, Any]:
        return {self._key._replace(name=name): value for name, value in accumulator.values().items()}


def _computations(
    name: str = "numbers", eval_config: Any = None, model_names: Any = None, **_: Any
) -> metric_types.MetricComputations:
    made = []
    for model_name in model_names or [""]:
        key = metric_types.MetricKey(name=name, model_name=model_name)
        made.append(metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=_Combine(key)))
    return made


class NumberMetrics(metric_types.Metric):
    """TFMA's handle on all of it: named in MetricsSpec by class name and module."""

    def __init__(self, name: str = "numbers") -> None:
        super().__init__(_computations, name=name)


metric_types.register_metric(NumberMetrics)
