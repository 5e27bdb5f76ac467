"""How good the model is when training has ended → the fact `final`.

For `train` and `validation`: `rows` (looked at), `loss` (inference mode, without penalties), `metric`, `metric_name`,
`r2`, `predicted_counts`, `label_counts`, `recall`, `constant_loss`, `constant_metric` (of the constant that is best
on the training rows), and beyond the named ones `outputs` as in `probe`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks import constant
from graduate.looks.arrays import is_text
from graduate.looks.losses import loss_of
from graduate.looks.objective import compiled_loss
from graduate.looks.probe import _built, call, fixed_rows, output_facts, row_numbers
from graduate.looks.quiet import quiet
from graduate.looks.rows import labels_of, pick, row_count
from graduate.looks.scores import score
from graduate.looks.untouched import untouched
from graduate.looks.walk import named_layers

_ROWS = 2000
_BATCH = 250
_SECONDS = 0.6
_NUMBERS = 2_000_000  # of a call's rows in all


@quiet
def look(
    model: Any,
    x: Any,
    y: Any,
    x_validation: Any = None,
    y_validation: Any = None,
    objective: Mapping[str, Any] | None = None,
    *,
    loss: Any = None,
    seconds: float = _SECONDS,
) -> dict[str, Any]:
    """Facts of up to 2,000 evenly spread rows of each set, as many as `seconds` allow (at least a batch).

    Args:
        model: a built Keras model.
        x: training rows as `fit` takes them.
        y: their labels.
        x_validation: validation rows.
        y_validation: their labels.
        objective: the fact `objective`.
        loss: the loss in use where it is not the compiled one.
        seconds: for the calls of the model on each set.
    """
    objective = objective or {}
    if not _built(model):
        return {}
    facts: dict[str, Any] = {"validation": None}
    train, labels = _of(model, x, y, objective, loss, seconds)
    if train:
        facts["train"] = train
    other, other_labels = _of(model, x_validation, y_validation, objective, loss, seconds)
    if other:
        facts["validation"] = other
    if labels is not None:
        given = loss if loss is not None else compiled_loss(model)
        best = constant.look(labels, objective, given, y_validation=other_labels)
        amounts = train.get("metric_name") == "r2"  # a constant's R² is 0
        majority = 0.0 if amounts else best.get("metric")
        train.update(constant_loss=best.get("loss"), constant_metric=majority)
        if other:
            there = 0.0 if amounts else best.get("metric_validation", majority)
            other.update(constant_loss=best.get("loss_validation"), constant_metric=there)
    return facts


def _of(
    model: Any, x: Any, y: Any, objective: Mapping[str, Any], loss: Any, seconds: float
) -> tuple[dict[str, Any], Any]:
    """(facts, labels looked at)."""
    count = row_count(x) if x is not None else 0
    if not count or y is None:
        return {}, None
    recurrent = any(hasattr(layer, "cell") or hasattr(layer, "forward_layer") for _, layer in named_layers(model))
    affordable = max(16, _NUMBERS // row_numbers(x))
    most = 4 * _BATCH if recurrent else _BATCH  # a step in time costs the same for few rows and for many
    batch = fixed_rows(model) or min(most, affordable)
    parts = max(1, -(-min(count, _ROWS) // batch))
    stride = max(1, count // min(count, _ROWS))
    until = time.monotonic() + seconds
    outputs, labels, losses, seen = [], [], [], []
    with untouched(model):
        for part in range(parts):  # every part is spread over all rows, so that an early end still sees all of them
            index = np.arange(part * stride, count, parts * stride)[:batch]
            if fixed_rows(model) not in (None, len(index)):
                break
            rows = pick(y, index)
            answer = call(model, pick(x, index), False) if len(index) else None
            given, truth = labels_of(answer, objective), labels_of(rows, objective)
            if given is None or truth is None or is_text(given) or len(given) != len(truth):
                break
            outputs.append(given)
            labels.append(truth)
            seen.append(index)
            losses.append((loss_of(model, loss, rows, answer, objective), len(index)))
            if time.monotonic() > until:
                break
    if not outputs:
        return {}, None
    truth, given = _joined(labels), _joined(outputs)
    facts: dict[str, Any] = {"rows": len(truth), "outputs": output_facts(given), **score(truth, given, objective)}
    if all(value is not None for value, _ in losses):
        facts["loss"] = float(np.average([value for value, _ in losses], weights=[n for _, n in losses]))
    return facts, pick(y, np.concatenate(seen))


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    """Batches as one array; of rows padded to different lengths only the first batches that agree."""
    return np.concatenate([one for one in arrays if one.shape[1:] == arrays[0].shape[1:]])
