"""One TFMA metric in a single pass over the rows, of anything that adds them up: what all kinds of labels share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

Made = dict[metric_types.MetricKey, Any]


class Tally(Protocol):
    """Two of them add up with `+=`."""

    def add(self, label: np.ndarray, given: np.ndarray) -> None:
        """Add a row."""
        ...

    def values(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics of all rows, and of each output; NaN where one has no meaning."""
        ...


def answered(element: metric_types.StandardMetricInputs, key: metric_types.MetricKey) -> Any:
    """What the key's model answered: of several models TFMA gives a dict."""
    given = element.predictions
    return given[key.model_name] if isinstance(given, dict) else given


def keyed(key: metric_types.MetricKey, whole: Mapping[str, float], each: Mapping[str, np.ndarray]) -> Made:
    """Metrics by TFMA's keys; of an output's those that have a meaning."""
    made: Made = {key._replace(name=name): value for name, value in whole.items()}
    for name, values in each.items():
        for index in np.flatnonzero(~np.isnan(values)):
            sub_key = metric_types.SubKey(class_id=int(index))
            made[key._replace(name=name, sub_key=sub_key)] = float(values[index])
    return made


class Combine(beam.CombineFn):
    """Adds rows up in a tally.

    Args:
        key: of the model.
        empty: makes a tally without rows.
    """

    def __init__(self, key: metric_types.MetricKey, empty: Callable[[], Any]) -> None:
        self._key, self._empty = key, empty

    def create_accumulator(self) -> Any:
        return self._empty()

    def add_input(self, accumulator: Any, element: metric_types.StandardMetricInputs) -> Any:
        accumulator.add(element.labels, answered(element, self._key))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        merged = self._empty()
        for accumulator in accumulators:
            merged += accumulator
        return merged

    def extract_output(self, accumulator: Any) -> Made:
        return keyed(self._key, *accumulator.values())


def computations(name: str, combine: Callable[[metric_types.MetricKey], beam.CombineFn], model_names: Any) -> Any:
    """One computation a model; a single model has no name."""
    keys = [metric_types.MetricKey(name=name, model_name=model_name) for model_name in model_names or [""]]
    return [metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=combine(key)) for key in keys]
