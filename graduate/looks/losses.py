"""The value of the program's own loss for outputs; must be called inside `untouched`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import array_of
from graduate.looks.formulas import FORMULAS, Problem
from graduate.looks.objective import compiled_loss, first_loss, parts_of
from graduate.looks.rows import of_output


def loss_of(model: Any, loss: Any, y: Any, outputs: Any, objective: Mapping[str, Any]) -> float | None:
    """Mean loss a row, without penalties, of all outputs together; None where it cannot be had.

    Args:
        model: for its compiled loss, where `loss` is None.
        loss: name, function or object.
        y: labels.
        outputs: the model's, as tensors.
        objective: the fact `objective`.
    """
    given = loss if loss is not None else compiled_loss(model)
    total = 0.0
    for part in parts_of(objective):
        value = _of_part(first_loss(given, part), of_output(y, part), of_output(outputs, part), part)
        if value is None:
            return None
        total += value * float(part.get("weight") or 1.0)
    return total


def _of_part(given: Any, labels: Any, predicted: Any, objective: Mapping[str, Any]) -> float | None:
    if labels is None or predicted is None:
        return None
    for way in (_called, _by_formula):
        with contextlib.suppress(Exception):
            value = way(given, labels, predicted, objective)
            if value is not None:
                return value
    return None


def _called(loss: Any, labels: Any, outputs: Any, objective: Mapping[str, Any]) -> float | None:
    import keras
    import tensorflow as tf

    if loss is None:
        return None
    if isinstance(loss, str | dict):
        loss = keras.losses.get(loss)
    if isinstance(loss, type):
        loss = loss()
    y = array_of(labels)
    if y is None:
        return None
    if objective.get("raw"):
        y = _as_tensorflow_takes(y, outputs, str(objective.get("loss")))
    elif not isinstance(loss, keras.losses.Loss):
        y = y.astype(np.float32) if y.dtype.kind in "fb" else y
        if y.ndim == 1 and len(outputs.shape) == 2 and "sparse" not in str(objective.get("loss")):
            y = y[:, None]  # as Keras does before it calls a plain function
    value = float(tf.reduce_mean(tf.cast(loss(tf.convert_to_tensor(y), outputs), tf.float32)))
    summed = getattr(loss, "reduction", None) == "sum"
    return value / max(1, int(np.prod(outputs.shape[:-1]))) if summed else value


def _as_tensorflow_takes(y: np.ndarray, outputs: Any, name: str) -> np.ndarray:
    if name.startswith("sparse"):
        return y.reshape(tuple(outputs.shape[:-1])).astype(np.int64)
    return y.reshape(tuple(outputs.shape)).astype(np.float32)


def _by_formula(loss: Any, labels: Any, outputs: Any, objective: Mapping[str, Any]) -> float | None:
    """In NumPy, where the loss itself is not at hand."""
    name = str(objective.get("loss"))
    formula, y, predicted = FORMULAS.get(name), array_of(labels), array_of(outputs)
    if formula is None or y is None or predicted is None:
        return None
    predicted = predicted.astype(np.float64)
    if objective.get("from_logits"):
        predicted = _softmax(predicted) if "categorical" in name else 1 / (1 + np.exp(-predicted))
    config = dict(objective.get("config") or {})
    if formula.layout == "index":
        flat = predicted.reshape(-1, predicted.shape[-1])
        chance = flat[np.arange(len(flat)), y.reshape(-1).astype(np.int64)]
        return float(-np.log(np.clip(chance, 1e-7, 1)).mean())
    problem = Problem.of(formula, y, config, None)
    return formula.value(problem, predicted.reshape(problem.labels.shape))


def _softmax(values: np.ndarray) -> np.ndarray:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
