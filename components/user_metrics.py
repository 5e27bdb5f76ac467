"""Metrics that a user has written, beside ours in the same pass of TFMA: each sees all rows of a slice at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from graduate import user_code
from graduate.components import classifier_metrics, labels_metrics, number_metrics

Rows = tuple[list[np.ndarray], list[np.ndarray]]  # labels, answers


OURS = frozenset((*classifier_metrics.NUMBERS, *labels_metrics.NUMBERS, *number_metrics.NUMBERS))


def asked_for(evaluation: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """The user's file and the metrics in it that have a bound: all that are not ours; None where there is no file.

    Args:
        evaluation: `module`, `bounds` and `slices`, as the Evaluator takes them.
    """
    if not evaluation.get("module"):
        return None
    groups = [evaluation.get("bounds") or {}, *(evaluation.get("slices") or [])]
    bounded = dict.fromkeys(name for group in groups for name, bound in group.items() if isinstance(bound, Mapping))
    return evaluation["module"], [name for name in bounded if name not in OURS]


def measured(file: str, names: Sequence[str], labels: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """Call the functions of a file.

    Args:
        file: the user's.
        names: of its functions.
        labels: (N,) whole numbers, the classes' indices, -1 for one that training never saw; or (N, K) numbers, of
            several labels 0 and 1.
        answers: (N, K) probabilities, or numbers.

    Returns:
        {name: what the function gave}.

    Raises:
        UserCodeError: a function raised, is missing, or gave no single number.
    """
    path, found = Path(file), {}
    for name in names:
        function: Callable[..., Any] = user_code.load_function(path, name, "evaluation.bounds")
        given = user_code.call(path, function, labels, answers)
        if np.ndim(given) != 0 or not np.issubdtype(np.asarray(given).dtype, np.number):
            raise user_code.UserCodeError(
                f"{name} gave {type(given).__name__}, not a number",
                where=str(path),
                hint=f"{name}(labels, answers) -> float",
            )
        found[name] = float(given)
    return found


class _Combine(beam.CombineFn):
    def __init__(self, key: metric_types.MetricKey, file: str, names: Sequence[str]) -> None:
        self._key, self._file, self._names = key, file, names

    def create_accumulator(self) -> Rows:
        return [], []

    def add_input(self, accumulator: Rows, element: metric_types.StandardMetricInputs) -> Rows:
        given = element.predictions
        if isinstance(given, dict):
            given = given[self._key.model_name]
        accumulator[0].append(np.asarray(element.labels))
        accumulator[1].append(np.asarray(given))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Rows]) -> Rows:
        merged: Rows = ([], [])
        for labels, answers in accumulators:
            merged[0].extend(labels)
            merged[1].extend(answers)
        return merged

    def extract_output(self, accumulator: Rows) -> dict[metric_types.MetricKey, Any]:
        if not accumulator[0]:
            return {}
        labels, answers = (np.stack(rows) for rows in accumulator)
        if np.issubdtype(labels.dtype, np.integer):  # a class's index stands alone
            labels = labels[:, 0]
        found = measured(self._file, self._names, labels, answers)
        return {self._key._replace(name=name): value for name, value in found.items()}


def _computations(
    file: str, names: Sequence[str], eval_config: Any = None, model_names: Any = None, **_: Any
) -> metric_types.MetricComputations:
    made = []
    for model_name in model_names or [""]:
        key = metric_types.MetricKey(name="own", model_name=model_name)
        combiner = _Combine(key, file, tuple(names))
        made.append(metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=combiner))
    return made


class UserMetrics(metric_types.Metric):
    """TFMA's handle: named in MetricsSpec by class name and module, with the file and the functions in its config."""

    def __init__(self, file: str, names: Sequence[str], name: str = "own") -> None:
        super().__init__(_computations, name=name, file=file, names=list(names))


metric_types.register_metric(UserMetrics)
