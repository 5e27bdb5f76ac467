"""TFMA's result files as one plain `metrics.json`: names of classes instead of indices, and no protocol buffers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.components.classification_metric import CALIBRATION, CONFUSION

Report = dict[str, Any]


def read(folder: str, classes: Mapping[str, Sequence[str]]) -> dict[str, Report]:
    """Read what TFMA wrote.

    Args:
        folder: TFMA's output.
        classes: name of the model -> its classes, in the order of its probabilities.

    Returns:
        Per model: `overall` and each of `slices` (metric -> value), `per_class`, `confusion_matrix` (counts, actual by predicted; the
        last entry of `classes`, None, is a class that the model does not know) and `calibration`. Empty where no row came.
    """
    from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as writer

    reports: dict[str, Report] = {}
    only = next(iter(classes))
    for record in writer.load_and_deserialize_metrics(folder):
        key = _slice_name(record.slice_key)
        for entry in record.metric_keys_and_values:
            if entry.key.is_diff:
                continue
            name = entry.key.model_name or only
            report = reports.setdefault(
                name, {"classes": list(classes[name]), "overall": {}, "slices": {}, "per_class": {}}
            )
            _place(report, key, entry, classes[name])
    for record in writer.load_and_deserialize_plots(folder):
        if not _slice_name(record.slice_key):
            for entry in record.plot_keys_and_values:
                name = entry.key.model_name or only
                if entry.key.name == CONFUSION:
                    reports[name][CONFUSION] = _confusion(entry.value, classes[name])
                elif entry.key.name == CALIBRATION:
                    reports[name][CALIBRATION] = list(_calibration(entry.value))
    for report in reports.values():
        _label_slices_are_classes(report)
    return reports


def _place(report: Report, key: str, entry: Any, classes: Sequence[str]) -> None:
    metric = "examples" if entry.key.name == "example_count" else entry.key.name
    value: float = entry.value.double_value.value
    value = int(value) if metric == "examples" else value
    if entry.key.HasField("sub_key"):
        if not key:
            report["per_class"].setdefault(classes[entry.key.sub_key.class_id.value], {})[metric] = value
    else:
        (report["slices"].setdefault(key, {}) if key else report["overall"])[metric] = value


def _label_slices_are_classes(report: Report) -> None:
    """Among the rows of one class its precision is trivially 1 and its AUC undefined: those of the class against the rest are meant."""
    for label, values in report["per_class"].items():
        if f"label={label}" in report["slices"]:
            report["slices"][f"label={label}"] |= {name: values[name] for name in ("precision", "recall", "auc")}


def _slice_name(slice_key: Any) -> str:
    parts = []
    for single in slice_key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        parts.append(f"{single.column}={value.decode(errors='replace') if isinstance(value, bytes) else value}")
    return ", ".join(parts)


def _confusion(value: Any, classes: Sequence[str]) -> Report:
    counts = [[0] * (len(classes) + 1) for _ in range(len(classes) + 1)]
    for entry in value.multi_class_confusion_matrix_at_thresholds.matrices[0].entries:
        counts[entry.actual_class_id][entry.predicted_class_id] = int(entry.num_weighted_examples)  # -1 is the last
    return {"classes": [*classes, None], "counts": counts}


def _calibration(value: Any) -> Iterator[Report]:
    for bucket in value.calibration_histogram_buckets.buckets:
        rows = bucket.num_weighted_examples.value
        if rows:
            yield {
                "from": bucket.lower_threshold_inclusive,
                "to": bucket.upper_threshold_exclusive,
                "examples": int(rows),
                "confidence": bucket.total_weighted_refined_prediction.value / rows,
                "accuracy": bucket.total_weighted_label.value / rows,
            }


def plain(value: Any) -> Any:
    """The same with None for numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))) else value


def path(folder: str) -> str:
    """Where the report of an evaluation artifact lies."""
    return os.path.join(folder, "metrics.json")
