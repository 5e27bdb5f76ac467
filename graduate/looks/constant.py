"""How good the best prediction is that never changes → the fact `constant`.

Loss in the units of the objective (nats for cross-entropies), of the constant that is best on the training labels:
class shares for cross-entropies, the mean for squared errors, the median for absolute ones (a constant for every
output; sequences of classes share one over all positions). For a loss of the program's own it is searched for. Of
several outputs the losses are added up, weighted. A loss that sums over its batch is told per row.
Keys beyond the named ones: `how` ("formula" | "search"), `prediction` (the constant, up to 16 numbers), `rows`,
`metric_validation` (the training set's majority class on validation labels), `kind` (of the labels).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import finite_or_none, first_array, is_text, numbers, some_rows
from graduate.looks.formulas import FORMULAS, Problem
from graduate.looks.labels import classes_of, kind_of
from graduate.looks.objective import first_loss, parts_of
from graduate.looks.quiet import quiet
from graduate.looks.rows import labels_of

_ROWS = 50_000


@quiet
def look(
    y: Any,
    objective: Mapping[str, Any] | None = None,
    loss: Any = None,
    *,
    y_validation: Any = None,
    class_weight: Mapping[Any, float] | None = None,
    sample_weight: Any = None,
) -> dict[str, Any]:
    """Facts of the best constant predictor.

    Args:
        y: training labels; of several outputs the first.
        objective: the fact `objective`.
        loss: the loss itself, for a search where no formula is known.
        y_validation: validation labels, judged by the training labels' constant.
        class_weight: as given to `fit`.
        sample_weight: one number a row.
    """
    objective = objective or {}
    parts = parts_of(objective)
    if len(parts) > 1:
        return _of_several(y, parts, loss, y_validation)
    array, loss = labels_of(y, objective), first_loss(loss, objective)
    if array is None or is_text(array) or len(array) == 0:
        return {}
    array = some_rows(array, _ROWS, 8_000_000)
    kind = kind_of(array, objective)
    facts: dict[str, Any] = {"kind": kind, "rows": len(array), "loss": None, "metric": None}
    other = labels_of(y_validation, objective)
    other = some_rows(other, _ROWS, 8_000_000) if other is not None and len(other) and not is_text(other) else None
    facts.update(_of_labels(array, kind, other))
    with contextlib.suppress(Exception):  # labels that do not fit the loss: its value for them is not known
        weights = _weights(array, kind, class_weight, sample_weight)
        facts.update(_by_formula(array, objective, weights, other))
    if facts["loss"] is None and callable(loss) and objective.get("loss") not in (None, *FORMULAS):
        from graduate.looks.search import constant_by_search

        facts.update(constant_by_search(array, objective, loss, other))
    return {key: value for key, value in facts.items() if value is not None or key in ("loss", "metric")}


def _of_several(y: Any, parts: list[Mapping[str, Any]], loss: Any, y_validation: Any) -> dict[str, Any]:
    """Of the first output; losses of all outputs together, weighted, None where one of them is not known."""
    each = [look(y, part, loss, y_validation=y_validation) for part in parts]
    facts = dict(each[0])
    for key in ("loss", "loss_validation"):
        values = [one.get(key) for one in each]
        if key in facts:
            known = all(value is not None for value in values)
            facts[key] = (
                sum(v * part.get("weight", 1.0) for v, part in zip(values, parts, strict=True)) if known else None
            )
    return facts


def _of_labels(array: np.ndarray, kind: str, other: np.ndarray | None) -> dict[str, Any]:
    """Majority share, entropy, variance."""
    classes = classes_of(array, kind)
    if classes is not None and len(classes):
        values, counts = np.unique(classes, return_counts=True)
        shares = counts / counts.sum()
        facts = {"metric": float(shares.max()), "label_entropy": float(-(shares * np.log(shares)).sum())}
        theirs = classes_of(other, kind) if other is not None and other.shape[1:] == array.shape[1:] else None
        if theirs is not None and len(theirs):
            facts["metric_validation"] = float((theirs == values[counts.argmax()]).mean())
        return facts
    flat = numbers(array).reshape(len(array), -1)
    if kind == "multi_hot":
        shares = np.clip(flat.mean(axis=0), 0, 1)
        return {"metric": float(np.maximum(shares, 1 - shares).mean())}
    return {"label_variance": finite_or_none(np.nanvar(flat, axis=0).mean())}


def _weights(array: np.ndarray, kind: str, class_weight: Any, sample_weight: Any) -> np.ndarray | None:
    if sample_weight is not None:
        weights = first_array(sample_weight)
        if weights is not None and weights.size == len(array):
            return numbers(weights).reshape(-1)
    if class_weight and kind in ("class_index", "binary", "one_hot"):
        classes = classes_of(array, kind)
        if classes is not None and len(classes) == len(array):
            return np.array([float(class_weight.get(int(one), 1.0)) for one in classes])
    return None


def _by_formula(
    array: np.ndarray, objective: Mapping[str, Any], weights: np.ndarray | None, other: np.ndarray | None
) -> dict[str, Any]:
    name = str(objective.get("loss"))
    if name not in FORMULAS:
        return {}
    formula = FORMULAS[name]
    config = dict(objective.get("config") or {}, output_units=objective.get("output_units"))
    problem = Problem.of(formula, array, config, weights)
    constant = formula.best(problem)
    facts = {
        "loss": finite_or_none(formula.value(problem, constant)),
        "prediction": [float(one) for one in np.ravel(constant)[:16]],
        "how": "formula",
    }
    if other is not None and other.shape[1:] == array.shape[1:]:
        theirs = Problem.of(formula, other, config, None)
        facts["loss_validation"] = finite_or_none(formula.value(theirs, constant))
    return facts
