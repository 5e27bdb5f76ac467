"""TFMA's results read back: what was measured of each model, by slice and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graduate.components.classifier_metrics import CALIBRATION, CALIBRATION_BINS, CONFUSION
from graduate.components.evaluated_rows import CANDIDATE


@dataclass
class Measured:
    """One model's numbers.

    Attributes:
        classes: their names, by index.
        metrics: slice ("" for all rows, else `feature=value`) -> metric -> value; `examples` is the number of rows.
        per_class: class -> precision, recall, auc, examples, on all rows; what has no meaning is left out.
        confusion: [true, predicted] rows of K + 1 by K; the last row is of labels that the model does not know.
        calibration: a row a bin of confidence: rows, summed confidence, rows that were right.
    """

    classes: Sequence[str]
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    per_class: dict[str, dict[str, float]] = field(default_factory=dict)
    confusion: np.ndarray | None = None
    calibration: np.ndarray | None = None

    def to_json(self) -> dict[str, Any]:
        """As in `metrics.json`."""
        return {
            "overall": self.metrics.get("", {}),
            "slices": {key: values for key, values in self.metrics.items() if key},
            "per_class": self.per_class,
            "confusion_matrix": {"classes": list(self.classes), "rows": self._confusion()},
            "calibration": self._calibration(),
        }

    def _confusion(self) -> list[list[int]]:
        return [] if self.confusion is None else self.confusion.astype(int).tolist()

    def _calibration(self) -> list[dict[str, float]]:
        bins = []
        for index, (rows, confidence, right) in enumerate([] if self.calibration is None else self.calibration):
            if rows:
                edges = {"from": index / CALIBRATION_BINS, "to": (index + 1) / CALIBRATION_BINS}
                bins.append({**edges, "examples": int(rows), "confidence": confidence / rows, "accuracy": right / rows})
        return bins


def read(folder: str, classes: Sequence[str] | None) -> dict[str, Measured]:
    """What TFMA wrote to a folder, by the model's name; a single model is the candidate."""
    import tensorflow_model_analysis as tfma

    found: dict[str, Measured] = {}
    for of_slice in tfma.load_metrics(folder):
        where = _slice(of_slice.slice_key)
        for item in of_slice.metric_keys_and_values:
            if item.key.is_diff:
                continue
            name = item.key.model_name or CANDIDATE
            one = found.setdefault(name, Measured(list(classes or [])))
            _take(one, where, item.key, item.value)
    for of_slice in tfma.load_plots(folder):
        for item in of_slice.plot_keys_and_values if not _slice(of_slice.slice_key) else ():
            one = found[item.key.model_name or CANDIDATE]
            if item.key.name == CONFUSION:
                one.confusion = _confusion(item.value, len(one.classes))
            elif item.key.name == CALIBRATION:
                one.calibration = _calibration(item.value)
    for one in found.values():
        _slices_by_label(one)
    return found or {CANDIDATE: Measured(list(classes or []))}


def _slices_by_label(one: Measured) -> None:
    """Among the rows of one class precision is 1 and AUC undefined: those of the class against the rest are meant."""
    for name, values in one.per_class.items():
        of_slice = one.metrics.get(f"label={name}")
        if of_slice is not None:
            of_slice |= {key: value for key, value in values.items() if key in ("precision", "recall", "auc")}


def _take(one: Measured, where: str, key: Any, value: Any) -> None:
    number = value.double_value.value
    if not key.HasField("sub_key"):
        one.metrics.setdefault(where, {})[key.name] = number
    elif not where:
        one.per_class.setdefault(_class(one, key.sub_key.class_id.value), {})[key.name] = number


def _class(one: Measured, index: int) -> str:
    return one.classes[index] if index < len(one.classes) else str(index)


def _confusion(value: Any, classes: int) -> np.ndarray:
    matrix = np.zeros((classes + 1, classes))
    for entry in value.multi_class_confusion_matrix_at_thresholds.matrices[0].entries:
        matrix[entry.actual_class_id, entry.predicted_class_id] = entry.num_weighted_examples  # -1 is the last row
    return matrix if matrix[classes].any() else matrix[:classes]


def _calibration(value: Any) -> np.ndarray:
    buckets = value.calibration_histogram_buckets.buckets
    columns = ("num_weighted_examples", "total_weighted_refined_prediction", "total_weighted_label")
    return np.array([[getattr(bucket, column).value for column in columns] for bucket in buckets])


def _slice(key: Any) -> str:
    """`label=7`; "" for all rows; several features are joined by a comma."""
    parts = []
    for single in key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        shown = value.decode(errors="replace") if isinstance(value, bytes) else value
        parts.append(f"{single.column}={shown}")
    return ",".join(parts)
