"""How good outputs are for labels, to be compared with a baseline: accuracy for classes, R² for reals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.labels import classes_of, kind_of

_CLASSES = 200  # told one by one up to here


def score(y: np.ndarray, outputs: np.ndarray, objective: Mapping[str, Any], kind: str | None = None) -> dict[str, Any]:
    """`metric` with `metric_name` ("accuracy" | "r2"), `r2`, `predicted_counts`, `label_counts`, `recall`.

    Args:
        y: labels, rows first.
        outputs: of the model, for the same rows.
        objective: the fact `objective`.
        kind: of the labels, by default looked up.
    """
    if y is None or len(y) != len(outputs) or not len(y) or y.dtype.kind in "USO":
        return {}
    kind = kind or kind_of(y, objective)
    outputs = outputs.astype(np.float64)
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    if kind == "multi_hot":
        return _of_labels_at_once(y.reshape(len(y), -1), outputs.reshape(len(outputs), -1), objective)
    pair = classes_of_outputs(y, outputs, objective, kind) if kind not in ("real", "inputs") else None
    return _of_classes(*pair) if pair is not None else _of_reals(y, outputs)


def classes_of_outputs(
    y: np.ndarray, outputs: np.ndarray, objective: Mapping[str, Any], kind: str
) -> tuple[np.ndarray, np.ndarray] | None:
    """(labels, predictions) as class numbers; None where the outputs do not name classes."""
    labels = classes_of(y, kind)
    if labels is None:
        return None
    width = outputs.shape[-1]
    if width == 1:
        least = labels.min() if len(labels) else 0
        if amounts(labels, objective):
            return None
        above = outputs.reshape(-1) > threshold(objective)
        predicted = np.where(above, 1, -1 if least < 0 else 0)
    else:
        predicted = outputs.argmax(axis=-1).reshape(-1)
    return (labels, predicted) if len(labels) == len(predicted) else None


def amounts(labels: np.ndarray, objective: Mapping[str, Any]) -> bool:
    """Are class numbers amounts to this objective? More than two of them, one output, and no cross-entropy."""
    units, loss = objective.get("output_units"), objective.get("loss")
    return len(np.unique(labels)) > 2 and units in (1, None) and loss is not None and "crossentropy" not in str(loss)


def threshold(objective: Mapping[str, Any]) -> float:
    """From which output on a single one means yes: 0 for logits and signs, otherwise a half."""
    loss, activation = str(objective.get("loss")), objective.get("output_activation")
    if objective.get("from_logits") and activation != "sigmoid":
        return 0.0
    return 0.0 if "hinge" in loss or activation == "tanh" else 0.5


def _of_classes(labels: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    right = labels == predicted
    facts: dict[str, Any] = {"metric": float(right.mean()), "metric_name": "accuracy"}
    classes, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) <= _CLASSES:
        hits = np.bincount(inverse, weights=right, minlength=len(classes))
        facts["label_counts"] = _told(classes, counts)
        facts["recall"] = {str(one): float(hit / n) for one, hit, n in zip(classes, hits, counts, strict=True)}
    said, how_often = np.unique(predicted, return_counts=True)
    if len(said) <= _CLASSES:
        facts["predicted_counts"] = _told(said, how_often)
    return facts


def _told(values: np.ndarray, counts: np.ndarray) -> dict[str, int]:
    return {str(int(value)): int(count) for value, count in zip(values, counts, strict=True)}


def _of_labels_at_once(y: np.ndarray, outputs: np.ndarray, objective: Mapping[str, Any]) -> dict[str, Any]:
    """Several labels a row: accuracy is the mean over labels, `predicted_counts` the positives of each."""
    if y.shape != outputs.shape:
        return {}
    labels, predicted = y > 0.5, outputs > threshold(objective)
    facts: dict[str, Any] = {"metric": float((labels == predicted).mean()), "metric_name": "accuracy"}
    if y.shape[1] <= _CLASSES:
        positives, hits = labels.sum(axis=0), (labels & predicted).sum(axis=0)
        facts["label_counts"] = {str(n): int(one) for n, one in enumerate(positives)}
        facts["predicted_counts"] = {str(n): int(one) for n, one in enumerate(predicted.sum(axis=0))}
        facts["recall"] = {str(n): float(hits[n] / positives[n]) for n in range(len(hits)) if positives[n]}
    return facts


def _of_reals(y: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
    value = r2(y, outputs)
    return {} if value is None else {"metric": value, "metric_name": "r2", "r2": value}


def r2(y: np.ndarray, outputs: np.ndarray) -> float | None:
    """1 − Σ(y − p)² ÷ Σ(y − ȳ)², over all outputs together, ȳ column by column; None where y never changes."""
    labels = y.astype(np.float64).reshape(len(y), -1)
    predicted = outputs.astype(np.float64).reshape(len(outputs), -1)
    if labels.shape != predicted.shape:
        if 1 not in (labels.shape[1], predicted.shape[1]):
            return None
        labels, predicted = np.broadcast_arrays(labels, predicted)
    rows = np.isfinite(labels).all(axis=1)
    labels, predicted = labels[rows], predicted[rows]
    if not len(labels):
        return None
    total = float(((labels - labels.mean(axis=0)) ** 2).sum())
    return float(1 - ((labels - predicted) ** 2).sum() / total) if total > 0 else None
