"""A fixed batch through the model as it stands → the fact `probe`.

Keys beyond the named ones: `rows`, `order` (layers in the order called), `output_layer`, `metric_name`,
`mode_agreement` (share of rows with the same predicted class in both modes), `others` (there are more outputs; all this
is of the first), `modes` (false: nothing in the model tells the modes apart, so it was not called twice); a layer's
`row_std` (mean over its numbers of the standard deviation over rows: 0 → every row looks the same from there on),
`saturated_units` and `zero_units` (medians of the share over units), `pre_abs_max`, `calls`, `units`; `nonfinite` are
counts.
`dead`: share of units (last axis) that are exactly 0 for every row and position. `saturated`: share of values where the
slope of sigmoid or tanh is under 2 % of its steepest; absent for other activations.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import array_of, finite_or_none, is_text, named_arrays, spread_rows
from graduate.looks.capture import Captured, Heard, captured
from graduate.looks.layers import activation_of
from graduate.looks.losses import loss_of
from graduate.looks.quiet import quiet
from graduate.looks.rows import labels_of, pick, row_count
from graduate.looks.scores import score
from graduate.looks.untouched import untouched
from graduate.looks.walk import named_layers

_ROWS = 128
_NUMBERS = 500_000  # of a probe's rows in all
_STEEP = {"sigmoid": (0.25, lambda out: out * (1 - out)), "tanh": (1.0, lambda out: 1 - out**2)}
_FLAT = 0.02


@quiet
def look(
    model: Any,
    x: Any,
    y: Any = None,
    objective: Mapping[str, Any] | None = None,
    *,
    loss: Any = None,
    constant_loss: float | None = None,
    training: bool = True,
    rows: int = _ROWS,
) -> dict[str, Any]:
    """Facts of one batch in inference mode, and in training mode where `training`.

    Args:
        model: a built Keras model; one that is not built gives no facts (a call would build it).
        x: rows as `fit` takes them, at most `rows` are used.
        y: their labels.
        objective: the fact `objective`.
        loss: the loss in use where it is not the compiled one.
        constant_loss: the fact `constant.loss`, passed on.
        training: also call the model in training mode.
        rows: of the batch.
    """
    objective = objective or {}
    count = row_count(x)
    if not count or not _built(model):
        return {}
    rows = fixed_rows(model) or min(rows, rows_for(x))
    if count > rows:
        index = spread_rows(count, rows)
        x, y = pick(x, index), pick(y, index)
    facts: dict[str, Any] = {"rows": min(count, rows)}
    if constant_loss is not None:
        facts["constant_loss"] = constant_loss
    with untouched(model):
        with captured(model) as heard:
            outputs = call(model, x, False)
        if outputs is None:
            return {}
        facts.update(_of_layers(heard))
        facts.update(_of_outputs(model, outputs, y, objective, loss))
        if training:
            facts.update(_of_modes(model, x, y, outputs, objective, loss, facts))
    return facts


def call(model: Any, x: Any, training: bool) -> Any:
    """The model's outputs; None where it cannot be called so."""
    for arguments in ({"training": training}, {}):
        with contextlib.suppress(Exception):
            return model(_tensors(x), **arguments)
        if isinstance(x, list | tuple):  # call(self, a, b)
            with contextlib.suppress(Exception):
                return model(*_tensors(x), **arguments)
    return None


def rows_for(x: Any) -> int:
    """How many rows a probe can afford: 128 small ones, 32 large ones."""
    return max(32, min(_ROWS, _NUMBERS // row_numbers(x)))


def row_numbers(x: Any) -> int:
    """How many numbers a row is, of all inputs together."""
    return max(1, sum(array.size for array in named_arrays(pick(x, np.arange(1))).values()))


def fixed_rows(model: Any) -> int | None:
    """Rows that every batch of the model must have; None where any number will do."""
    with contextlib.suppress(Exception):
        size = model.inputs[0].shape[0]
        return None if size is None else int(size)
    return None


def _tensors(x: Any) -> Any:
    """Arrays as tensors, reals in single precision as Keras feeds them."""
    import tensorflow as tf

    if isinstance(x, Mapping):
        return {key: _tensors(part) for key, part in x.items()}
    if isinstance(x, list | tuple) and any(getattr(part, "shape", None) is not None for part in x):
        parts = [_tensors(part) for part in x]
        return parts if isinstance(x, list) else tuple(parts)
    if hasattr(x, "row_splits") or tf.is_tensor(x):
        return x
    array = array_of(x)
    if array is None:
        return x
    return tf.convert_to_tensor(array.astype(np.float32) if array.dtype == np.float64 else array)


def _built(model: Any) -> bool:
    return bool(getattr(model, "built", False)) or bool(getattr(model, "weights", None))


def _of_layers(heard: Captured) -> dict[str, Any]:
    facts = {}
    for name, outputs in heard.outputs.items():
        if outputs:
            with contextlib.suppress(Exception):
                facts[name] = layer_facts(outputs, heard.before_activation.get(name) or [], heard.layers[name])
    order = heard.order
    return {"layers": facts, "order": order, "output_layer": order[-1] if order else None}


def layer_facts(outputs: list[Heard], before: list[Heard], layer: Any) -> dict[str, Any]:
    """Facts of one layer's outputs; several calls of a shared layer are taken together."""
    alike = [one for one in outputs if one.some.shape[1] == outputs[0].some.shape[1]]
    some = np.concatenate([one.some for one in alike])
    values = np.where(np.isfinite(some), some, 0).astype(np.float64)
    whole = max(1, int(np.isfinite(some).sum()))
    mean = float(values.sum() / whole)
    facts: dict[str, Any] = {
        "mean": mean,
        "std": float(np.sqrt(max(float(np.square(values).sum()) / whole - mean**2, 0.0))),
        "zeros": float((some == 0).mean()),
        "dead": float((~np.any([one.alive for one in alike], axis=0)).mean()),
        "nonfinite": sum(one.nonfinite for one in outputs),
        "abs_max": max(one.abs_max for one in outputs),
        "row_std": outputs[0].row_std,
        "units": int(some.shape[1]),
        "zero_units": float(np.median((some == 0).mean(axis=0))),
        "calls": len(outputs),
    }
    activation = activation_of(layer)
    if activation in _STEEP:
        steepest, slope = _STEEP[activation]
        flat_part = slope(some.astype(np.float64)) < _FLAT * steepest
        facts["saturated"] = float(flat_part.mean())
        facts["saturated_units"] = float((flat_part.mean(axis=0) > 0.95).mean())
    if before:
        pre = before[0].some[np.isfinite(before[0].some)]
        if pre.size:
            facts["pre_std"], facts["pre_abs_max"] = float(pre.std(dtype=np.float64)), before[0].abs_max
    return facts


def _of_outputs(model: Any, outputs: Any, y: Any, objective: Mapping[str, Any], loss: Any) -> dict[str, Any]:
    array = labels_of(outputs, objective)
    if array is None or is_text(array):
        return {}
    facts: dict[str, Any] = {"outputs": output_facts(array)}
    labels = labels_of(y, objective)
    if labels is None or is_text(labels) or not len(labels):
        return facts
    values = labels.astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size:
        facts["labels"] = {
            "least": float(values.min()),
            "largest": float(values.max()),
            "mean": float(values.mean()),
            "std": float(values.std()),
        }
    facts.update(score(labels, array, objective))
    value = loss_of(model, loss, y, outputs, objective)
    if value is not None:
        facts["loss"] = value
    if len(named_arrays(outputs)) > 1:
        facts["others"] = True
    return facts


def output_facts(array: np.ndarray) -> dict[str, Any]:
    """Range and spread of outputs, rows first."""
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    facts: dict[str, Any] = {"nonfinite": int(values.size - finite.size)}
    if not finite.size:
        return facts
    flat = values.reshape(len(values), -1)
    facts.update(
        least=float(finite.min()),
        largest=float(finite.max()),
        mean=float(finite.mean()),
        std=float(finite.std()),
        row_std=float(np.nanmean(np.nanstd(flat, axis=0))),
    )
    if values.ndim > 1:
        sums = values.reshape(-1, values.shape[-1]).sum(axis=1)
        sums = sums[np.isfinite(sums)]
        if sums.size:
            facts["row_sum"] = [float(sums.min()), float(sums.max())]
    return facts


def modes_differ(model: Any) -> bool:
    """Is there anything in the model that may act differently in training?"""
    return any(_has_modes(layer) for layer in (model, *(layer for _, layer in named_layers(model))))


def _has_modes(layer: Any) -> bool:
    kind, of_keras = type(layer).__name__, type(layer).__module__.startswith("keras.")
    if any(part in kind for part in ("Dropout", "BatchNorm", "Noise", "Random", "Augment", "SpectralNorm", "MixUp")):
        return True
    if not of_keras:
        with contextlib.suppress(Exception):
            return "training" in inspect.signature(layer.call).parameters
    inner = [layer, *(getattr(layer, key, None) for key in ("layer", "forward_layer", "backward_layer"))]
    rates = [getattr(one, key, 0) for one in inner for key in ("dropout", "recurrent_dropout")]
    return kind == "Pipeline" or any(isinstance(rate, int | float) and rate > 0 for rate in rates)


def _of_modes(
    model: Any, x: Any, y: Any, outputs: Any, objective: Mapping[str, Any], loss: Any, known: Mapping[str, Any]
) -> dict[str, Any]:
    """The same batch in training mode."""
    differs = modes_differ(model)
    trained = call(model, x, True) if differs else outputs
    here, there = labels_of(outputs, objective), labels_of(trained, objective)
    if here is None or there is None or here.shape != there.shape or is_text(here):
        return {}
    facts: dict[str, Any] = {} if differs else {"modes": False}
    spread = float(np.nanstd(here.astype(np.float64)))
    distance = float(np.nanmean(np.abs(here.astype(np.float64) - there.astype(np.float64))))
    facts["mode_difference"] = 0.0 if distance == 0 else finite_or_none(distance / max(spread, 1e-12))
    if here.ndim > 1 and here.shape[-1] > 1:
        facts["mode_agreement"] = float((here.argmax(-1) == there.argmax(-1)).mean())
    labels = labels_of(y, objective)
    if labels is not None and not is_text(labels):
        facts["metric_training"] = score(labels, there, objective).get("metric")
        facts["loss_training"] = loss_of(model, loss, y, trained, objective)
    return {key: value for key, value in facts.items() if value is not None}
