"""What the Evaluator measures, as one TFMA metric: a single pass over the rows gives every number of a classifier.

A row adds its class probabilities to a buffer; a full buffer is folded into counts by NumPy. TFMA's own metrics, a
combiner each, cost several seconds more on a small split; `tests/tensorflow/test_evaluator.py` compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from graduate.components import one_pass

CONFUSION, CALIBRATION = "confusion_matrix", "calibration"
NUMBERS = ("accuracy", "loss", "precision", "recall", "auc", "calibration_error")
PER_CLASS = ("precision", "recall", "auc", "examples")
CALIBRATION_BINS = 15  # Guo et al. 2017, section 2: expected calibration error with M = 15
SMALLEST = 1e-7  # Keras's epsilon: its cross-entropy clips probabilities to it
_SCORE_BINS, _LARGEST_LOGIT = 8192, 30.0
_BUFFER = 1 << 20  # probabilities


@dataclass
class Counts:
    """Everything the numbers are made of; two of them add up.

    `confusion` maps true * (K + 1) + predicted to rows, where true is K for a label that the model does not know.
    `scores` maps (class * 2 + is true) * _SCORE_BINS + bin of the score to rows; bins are equally wide in log-odds, so
    that scores near 0 and 1 are told apart. Both are sparse: sorted codes and their counts.
    """

    classes: int = 0
    rows: int = 0
    right: int = 0
    loss: float = 0.0
    confusion: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: _nothing())
    scores: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: _nothing())
    calibration: np.ndarray = field(default_factory=lambda: np.zeros((CALIBRATION_BINS, 3)))  # rows, confidence, right
    buffer: list[tuple[int, np.ndarray]] = field(default_factory=list)

    def add(self, label: int, probabilities: np.ndarray) -> None:
        """Add one row; a label below 0 is one that the model does not know."""
        self.classes = len(probabilities)
        self.buffer.append((label, probabilities))
        if len(self.buffer) * self.classes >= _BUFFER:
            self.fold()

    def fold(self) -> Counts:
        """Count what is in the buffer."""
        if not self.buffer:
            return self
        labels = np.array([label for label, _ in self.buffer])
        given = np.array([row for _, row in self.buffer], np.float64)
        self.buffer.clear()
        known = labels >= 0
        labels = np.where(known, labels, self.classes)
        broken = ~np.isfinite(given).all(axis=1)
        best = np.argmax(np.nan_to_num(given, nan=-1.0), axis=1)
        right = (best == labels) & ~broken
        of_label = np.where(known, given[np.arange(len(labels)), np.minimum(labels, self.classes - 1)], 0.0)
        self.rows += len(labels)
        self.right += int(right.sum())
        self.loss += float(-np.log(np.clip(of_label, SMALLEST, 1 - SMALLEST)).sum()) if not broken.any() else np.nan
        self.confusion = _merged(self.confusion, _counted(labels * (self.classes + 1) + best))
        self.scores = _merged(self.scores, _counted(self._score_codes(labels, given)))
        self._calibrate(given, best, right)
        return self

    def _score_codes(self, labels: np.ndarray, given: np.ndarray) -> np.ndarray:
        classes = np.arange(self.classes)
        clipped = np.clip(np.nan_to_num(given), 1e-30, 1.0)
        odds = np.log(clipped) - np.log(np.maximum(1.0 - clipped, 1e-16))
        place = (odds + _LARGEST_LOGIT) / (2 * _LARGEST_LOGIT) * _SCORE_BINS
        return (classes * 2 + (labels[:, None] == classes)) * _SCORE_BINS + np.clip(place, 0, _SCORE_BINS - 1).astype(
            int
        )

    def _calibrate(self, given: np.ndarray, best: np.ndarray, right: np.ndarray) -> None:
        confidence = np.nan_to_num(given[np.arange(len(best)), best])
        # bins are (low, high], so that a probability of exactly 1 lies in the last one
        places = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
        for column, weights in enumerate((None, confidence, right.astype(float))):
            self.calibration[:, column] += np.bincount(places, weights, CALIBRATION_BINS)

    def __iadd__(self, other: Counts) -> Counts:
        self.fold()
        other.fold()
        self.classes = max(self.classes, other.classes)
        self.rows += other.rows
        self.right += other.right
        self.loss += other.loss
        self.confusion = _merged(self.confusion, other.confusion)
        self.scores = _merged(self.scores, other.scores)
        self.calibration = self.calibration + other.calibration
        return self

    def numbers(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics of all rows, and per class an array (K,); what has no meaning is NaN, macro means leave it out.

        precision, recall: of a class; their mean is over the classes that have rows, 0 where none was predicted.
        auc: area under the ROC curve of one class against the rest (Mann-Whitney, ties count half).
        """
        support, predicted, hits = self._margins()
        has_rows = support > 0
        precision = np.where(has_rows, hits / np.maximum(predicted, 1), np.nan)
        recall = np.where(has_rows, hits / np.maximum(support, 1), np.nan)
        auc = self._auc()
        _, confidence, right = self.calibration.T
        overall = {
            "examples": float(self.rows),
            "accuracy": self.right / self.rows,
            "loss": self.loss / self.rows,
            "precision": _mean(precision),
            "recall": _mean(recall),
            "auc": _mean(auc),
            "calibration_error": float(np.abs(confidence - right).sum() / self.rows),
        }
        return overall, {"precision": precision, "recall": recall, "auc": auc, "examples": support.astype(float)}

    def _margins(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        codes, counts = self.confusion
        true, predicted = codes // (self.classes + 1), codes % (self.classes + 1)
        size = self.classes + 1
        hits = np.bincount(true[true == predicted], counts[true == predicted], size)
        margins = np.bincount(true, counts, size), np.bincount(predicted, counts, size), hits
        return tuple(margin[: self.classes] for margin in margins)  # type: ignore[return-value]

    def _auc(self) -> np.ndarray:
        codes, counts = self.scores
        auc = np.full(self.classes, np.nan)
        edges = np.searchsorted(codes, np.arange(2 * self.classes + 1) * _SCORE_BINS)
        for index in range(self.classes):
            low, middle, high = edges[2 * index : 2 * index + 3]
            others, own = counts[low:middle], counts[middle:high]
            if not len(others) or not len(own):
                continue
            other_bins, own_bins = codes[low:middle] % _SCORE_BINS, codes[middle:high] % _SCORE_BINS
            below = np.concatenate([[0.0], np.cumsum(others)])
            wins = below[np.searchsorted(other_bins, own_bins, "left")]
            ties = below[np.searchsorted(other_bins, own_bins, "right")] - wins
            auc[index] = (own * (wins + ties / 2)).sum() / (own.sum() * others.sum())
        return auc


def _nothing() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(0, np.int64), np.zeros(0, np.float64)


def _counted(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unique, counts = np.unique(codes.ravel(), return_counts=True)
    return unique, counts.astype(np.float64)


def _merged(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    if not len(one[0]) or not len(two[0]):
        return one if len(one[0]) else two
    codes, place = np.unique(np.concatenate([one[0], two[0]]), return_inverse=True)
    return codes, np.bincount(place, np.concatenate([one[1], two[1]]))


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


class _Combine(beam.CombineFn):
    def __init__(self, key: metric_types.MetricKey) -> None:
        self._model = key.model_name
        self._key = key

    def create_accumulator(self) -> Counts:
        return Counts()

    def add_input(self, accumulator: Counts, element: metric_types.StandardMetricInputs) -> Counts:
        accumulator.add(int(element.labels[0]), one_pass.answered(element, self._key))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Counts]) -> Counts:
        merged = Counts()
        for accumulator in accumulators:
            merged += accumulator
        return merged

    def compact(self, accumulator: Counts) -> Counts:
        return accumulator.fold()

    def extract_output(self, accumulator: Counts) -> dict[metric_types.MetricKey, Any]:
        accumulator.fold()
        overall, per_class = accumulator.numbers()
        made = one_pass.keyed(self._key, overall, per_class)
        for name, plot in ((CONFUSION, _confusion(accumulator)), (CALIBRATION, _calibration(accumulator))):
            made[metric_types.PlotKey(name=name, model_name=self._model)] = plot
        return made


def _confusion(counts: Counts) -> metrics_for_slice_pb2.MultiClassConfusionMatrixAtThresholds:
    """TFMA's plot; class -1 is a label that the model does not know."""
    plot = metrics_for_slice_pb2.MultiClassConfusionMatrixAtThresholds()
    matrix = plot.matrices.add(threshold=0.0)
    for code, count in zip(*counts.confusion, strict=True):
        true, predicted = divmod(int(code), counts.classes + 1)
        matrix.entries.add(
            actual_class_id=true if true < counts.classes else -1,
            predicted_class_id=predicted,
            num_weighted_examples=float(count),
        )
    return plot


def _calibration(counts: Counts) -> metrics_for_slice_pb2.CalibrationHistogramBuckets:
    """TFMA's plot, over the confidence in the most probable class and how often it is right."""
    plot = metrics_for_slice_pb2.CalibrationHistogramBuckets()
    for index, (rows, confidence, right) in enumerate(counts.calibration):
        bucket = plot.buckets.add(
            lower_threshold_inclusive=index / CALIBRATION_BINS, upper_threshold_exclusive=(index + 1) / CALIBRATION_BINS
        )
        bucket.num_weighted_examples.value = rows
        bucket.total_weighted_refined_prediction.value = confidence
        bucket.total_weighted_label.value = right
    return plot


def _computations(
    name: str = "classifier", eval_config: Any = None, model_names: Any = None, **_: Any
) -> metric_types.MetricComputations:
    return one_pass.computations(name, _Combine, model_names)


class ClassifierMetrics(metric_types.Metric):
    """TFMA's handle on all of it: named in MetricsSpec by class name and module."""

    def __init__(self, name: str = "classifier") -> None:
        super().__init__(_computations, name=name)


metric_types.register_metric(ClassifierMetrics)
