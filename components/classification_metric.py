"""A TFMA metric that computes everything about a classifier in one pass: a combiner a metric would cost seconds of graph.

Precision and recall go by the most probable class (TFMA's own, binarised, by a threshold of 0.5). TFMA finds this class
by its module's name in the EvalConfig.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as proto

from graduate.tally import CONFIDENCE_BINS, Scores, Tally

OVERALL = ("example_count", "accuracy", "loss", "calibration_error", "precision", "recall", "auc")
PER_CLASS = ("precision", "recall", "auc", "example_count")
CONFUSION, CALIBRATION = "confusion_matrix", "calibration"


class Classification(metric_types.Metric):
    """Accuracy, cross-entropy, calibration error, macro and per-class precision, recall and AUC, and two plots.

    Args:
        classes: model name -> number of its classes.
    """

    def __init__(self, classes: dict[str, int], name: str = "classification") -> None:
        super().__init__(metric_util.merge_per_key_computations(_computations), name=name, classes=classes)


metric_types.register_metric(Classification)


def _computations(
    classes: dict[str, int], name: str = "classification", model_name: str = "", **_: Any
) -> metric_types.MetricComputations:
    keys = [metric_types.MetricKey(name=each, model_name=model_name) for each in OVERALL]
    return [
        metric_types.MetricComputation(
            keys=keys, preprocessors=None, combiner=_Combiner(model_name, classes[model_name])
        )
    ]


class _Combiner(beam.CombineFn):
    def __init__(self, model_name: str, classes: int) -> None:
        self._model_name, self._classes = model_name, classes

    def create_accumulator(self) -> Tally:
        return Tally(self._classes)

    def add_input(self, accumulator: Tally, element: metric_types.StandardMetricInputs) -> Tally:
        label = element.get_labels(self._model_name)
        accumulator.add(label.item(), element.get_predictions(self._model_name))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Tally]) -> Tally:
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged.merge(accumulator)
        return merged

    def extract_output(self, accumulator: Tally) -> dict[metric_types.MetricKey, Any]:
        scores = accumulator.scores()
        values = {**scores.overall(), "example_count": scores.examples}
        result: dict[metric_types.MetricKey, Any] = {
            metric_types.MetricKey(name=name, model_name=self._model_name): float(values[name]) for name in OVERALL
        }
        for index in range(self._classes):
            sub_key = metric_types.SubKey(class_id=index)
            of_class = {"example_count": scores.support[index], **{n: getattr(scores, n)[index] for n in PER_CLASS[:3]}}
            for name in PER_CLASS:
                key = metric_types.MetricKey(name=name, model_name=self._model_name, sub_key=sub_key)
                result[key] = float(of_class[name])
        result[metric_types.PlotKey(name=CONFUSION, model_name=self._model_name)] = _confusion(scores)
        result[metric_types.PlotKey(name=CALIBRATION, model_name=self._model_name)] = _calibration(scores)
        return result


def _confusion(scores: Scores) -> proto.MultiClassConfusionMatrixAtThresholds:
    """TFMA's message; class -1 is a label that the model does not know, or an answer that is not a number."""
    result = proto.MultiClassConfusionMatrixAtThresholds()
    matrix = result.matrices.add(threshold=0.0)
    last = len(scores.confusion) - 1
    for actual, predicted in zip(*scores.confusion.nonzero(), strict=True):
        matrix.entries.add(
            actual_class_id=-1 if actual == last else int(actual),
            predicted_class_id=-1 if predicted == last else int(predicted),
            num_weighted_examples=float(scores.confusion[actual, predicted]),
        )
    return result


def _calibration(scores: Scores) -> proto.CalibrationHistogramBuckets:
    """TFMA's message over the confidence in the most probable class: how often it is right."""
    result = proto.CalibrationHistogramBuckets()
    for index, (rows, confidence, right) in enumerate(scores.bins):
        bucket = result.buckets.add(
            lower_threshold_inclusive=index / CONFIDENCE_BINS, upper_threshold_exclusive=(index + 1) / CONFIDENCE_BINS
        )
        bucket.num_weighted_examples.value = rows
        bucket.total_weighted_refined_prediction.value = confidence
        bucket.total_weighted_label.value = right
    return result
