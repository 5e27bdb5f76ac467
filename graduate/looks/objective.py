"""What a model is trained for → the fact `objective`.

Keys beyond the named ones: `outputs` (number of them), `output_name`, `output_position`, `weight` (of several outputs:
which one this is, and its loss weight; all other facts are of the first with a loss, but losses are of all together),
`parts` (the same facts of every output with a loss), `others` ({output: loss name}), `config` (plain numbers of the
loss: delta, label_smoothing, ignore_class…), `custom_name` (of a loss of the program's own), `logits_undone` (Keras
takes the logits behind the last softmax or sigmoid although from_logits is set), `raw` (TensorFlow's own op, which does
not look behind an activation).
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from graduate.looks.layers import _end_layers, activation_of
from graduate.looks.quiet import quiet
from graduate.looks.walk import named_layers

_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "log_cosh": "log_cosh",
    "huber_loss": "huber",
    # TensorFlow's own ops
    "sparse_softmax_cross_entropy_with_logits": "sparse_categorical_crossentropy",
    "softmax_cross_entropy_with_logits": "categorical_crossentropy",
    "sigmoid_cross_entropy_with_logits": "binary_crossentropy",
    "softmax_cross_entropy_with_logits_v2": "categorical_crossentropy",
    "sparse_softmax_cross_entropy_with_logits_v2": "sparse_categorical_crossentropy",
    "sigmoid_cross_entropy_with_logits_v2": "binary_crossentropy",
}
KNOWN = frozenset(
    (
        *_SHORT.values(),
        *("cosine_similarity", "hinge", "squared_hinge", "categorical_hinge", "poisson", "binary_focal_crossentropy"),
        *("categorical_focal_crossentropy", "categorical_generalized_cross_entropy"),
        *("ctc", "dice", "tversky", "circle"),
    )
)
_NEGATIVE = ("cosine_similarity", "poisson", "kl_divergence", "custom")


@quiet
def look(
    model: Any = None,
    loss: Any = None,
    *,
    seen: str | None = None,
    class_weight: bool | None = None,
    metrics: list[Any] | None = None,
    from_logits: bool | None = None,
) -> dict[str, Any]:
    """Facts of a loss and of the outputs it judges.

    Args:
        model: a Keras model, for its outputs and, where `loss` is None, its compiled loss.
        loss: a loss as given to `compile`, or called by the program: name, object, function, list or dict of them.
        seen: where the loss was met: "compile", "call" or "guess"; by default from the arguments.
        class_weight: whether `fit` got class weights.
        metrics: as given to `compile`; by default the model's.
        from_logits: as seen in the call of a loss function.
    """
    facts: dict[str, Any] = {}
    if seen is None:
        seen = "call" if loss is not None else "compile"
    compiled = loss if loss is not None else compiled_loss(model)
    parts = _parts(model, compiled)
    facts.update(_of_part(model, parts[0]) if parts else _of_part(model, None))
    if from_logits is not None:
        facts["from_logits"] = bool(from_logits)
    if len(parts) > 1:
        facts["parts"] = [_of_part(model, part) for part in parts]
        facts["others"] = {str(one["output_name"]): one["loss"] for one in facts["parts"][1:]}
    facts["seen"] = seen if parts else None
    if class_weight is not None:
        facts["class_weight"] = bool(class_weight)
    names = _metric_names(model, metrics)
    if names is not None:
        facts["metrics"] = names
    facts["negative_ok"] = facts["loss"] in _NEGATIVE or facts["loss"] is None
    return facts


def parts_of(objective: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The objectives of a model's outputs: one for most models."""
    return list((objective or {}).get("parts") or [objective or {}])


class _Part(NamedTuple):
    """A loss, the output it judges, its weight in the sum; `named`: there are more outputs."""

    loss: Any
    name: str
    position: int
    weight: float
    named: bool


def _parts(model: Any, compiled: Any) -> list[_Part]:
    """The losses in the order of the model's outputs; outputs without a loss are left out."""
    names = [str(name) for name in getattr(model, "output_names", None) or []]
    weights = getattr(getattr(model, "_compile_loss", None), "_user_loss_weights", None)
    if isinstance(compiled, Mapping) and "class_name" not in compiled:
        keys = [name for name in names if name in compiled] or list(compiled)
        found = [(compiled[key], str(key), names.index(key) if key in names else n) for n, key in enumerate(keys)]
    elif isinstance(compiled, list | tuple):
        found = [(one, names[n] if n < len(names) else str(n), n) for n, one in enumerate(compiled)]
    else:
        found = [(compiled, "", 0)]
    found = [(first_loss(one), name, position) for one, name, position in found]
    found = [one for one in found if one[0] is not None]
    named = len(found) > 1 or len(names) > 1
    return [_Part(one, name, at, _weight(weights, name, at), named and bool(name)) for one, name, at in found]


def _weight(weights: Any, name: str, position: int) -> float:
    try:
        if isinstance(weights, Mapping):
            return float(weights.get(name, 1.0))
        if isinstance(weights, list | tuple):
            return float(weights[position])
        return 1.0 if weights is None else float(weights)
    except (TypeError, ValueError, IndexError):
        return 1.0


def _of_part(model: Any, part: _Part | None) -> dict[str, Any]:
    facts = _of_loss(part.loss if part is not None else None)
    if part is not None and part.named:
        facts.update(output_name=part.name, output_position=part.position, weight=part.weight)
    if model is not None:
        with contextlib.suppress(Exception):  # an unbuilt or unusual model: what its outputs are is not known
            facts.update(_of_outputs(model, part.position if part is not None else 0))
    if facts.get("from_logits") and not facts.get("raw"):
        facts["logits_undone"] = facts.get("output_activation") in ("softmax", "sigmoid")
    return facts


def compiled_loss(model: Any) -> Any:
    """The loss as given to `compile`; None where there is none."""
    inner = getattr(model, "_compile_loss", None)
    given = getattr(inner, "_user_loss", None)
    return given if given is not None else getattr(model, "loss", None) if model is not None else None


def first_loss(loss: Any, objective: Mapping[str, Any] | None = None) -> Any:
    """The loss of the output that `objective` tells of, in a structure of losses."""
    while (isinstance(loss, Mapping) and "class_name" not in loss) or isinstance(loss, list | tuple):
        if not len(loss):
            return None
        name, position = (objective or {}).get("output_name"), int((objective or {}).get("output_position") or 0)
        if isinstance(loss, Mapping):
            loss = loss[name] if name in loss else next(iter(loss.values()))
        else:
            loss = loss[min(position, len(loss) - 1)]
        objective = None
    return loss


def _of_loss(loss: Any) -> dict[str, Any]:
    if loss is None:
        return {"loss": None, "from_logits": None}
    raw_name = _name(loss)
    name = _SHORT.get(raw_name.lower(), _SHORT.get(_snake(raw_name), _snake(raw_name)))
    facts: dict[str, Any] = {"loss": name if name in KNOWN and _of_keras(loss) else "custom"}
    if facts["loss"] == "custom":
        facts["custom_name"] = raw_name
        facts["from_logits"] = None
        return facts
    config = _config(loss)
    if "_with_logits" in raw_name:
        facts["from_logits"], facts["raw"] = True, True
    elif "crossentropy" in name:
        facts["from_logits"] = bool(config.get("from_logits", False))
    else:
        facts["from_logits"] = None
    kept = {key: value for key, value in config.items() if key not in ("from_logits", "fn", "name", "dtype")}
    if kept:
        facts["config"] = kept
    return facts


def _name(loss: Any) -> str:
    if isinstance(loss, str):
        return loss
    if isinstance(loss, dict):
        return str(loss.get("class_name", "custom"))
    if inspect.isclass(loss):
        return loss.__name__
    inner = getattr(loss, "func", None)  # functools.partial
    if inner is not None:
        return _name(inner)
    if hasattr(loss, "fn") and type(loss).__name__ == "LossFunctionWrapper":
        return _name(loss.fn)
    return getattr(loss, "__name__", None) or type(loss).__name__


def _of_keras(loss: Any) -> bool:
    """Keras' or TensorFlow's own, not a function of the program with the same name."""
    if isinstance(loss, str | dict):
        return True
    inner = getattr(loss, "func", None)
    if inner is not None:
        return _of_keras(inner)
    if hasattr(loss, "fn") and type(loss).__name__ == "LossFunctionWrapper":
        return _of_keras(loss.fn)
    owner = loss if inspect.isclass(loss) or (hasattr(loss, "__module__") and inspect.isroutine(loss)) else type(loss)
    return str(getattr(owner, "__module__", "")).startswith(("keras.", "tensorflow.", "tf_keras."))


def _config(loss: Any) -> dict[str, Any]:
    """Plain numbers of a loss: of its object, of a partial's keywords."""
    values: dict[str, Any] = {}
    if isinstance(loss, dict):
        values.update(loss.get("config", {}))
    values.update(getattr(loss, "_fn_kwargs", None) or {})
    values.update(getattr(loss, "keywords", None) or {})
    reduction = getattr(loss, "reduction", None)
    if reduction is not None:
        values["reduction"] = reduction
    return {key: value for key, value in values.items() if isinstance(value, bool | int | float | str)}


def _snake(name: str) -> str:
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _metric_names(model: Any, metrics: list[Any] | None) -> list[str] | None:
    if metrics is None:
        compiled = getattr(model, "_compile_metrics", None)
        metrics = getattr(compiled, "_user_metrics", None)
    if metrics is None:
        return [] if getattr(model, "compiled", False) else None
    return [one if isinstance(one, str) else _snake(_name(one)) for one in _leaves(metrics)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _leaves(part)]
    if isinstance(value, list | tuple):
        return [one for part in value for one in _leaves(part)]
    return [] if value is None else [value]


def _of_outputs(model: Any, position: int = 0) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    ends = _end_layers(model)
    pairs = named_layers(model)
    last = ends[min(position, len(ends) - 1)] if ends else (pairs[-1][1] if pairs else None)
    if last is not None:
        facts["output_activation"] = _last_activation(last)
    shape = _output_shape(model, last, position)
    if shape is not None:
        facts["output_shape"] = [None if size is None else int(size) for size in shape[1:]]
        if len(shape) > 1 and shape[-1] is not None:
            facts["output_units"] = int(shape[-1])
        elif len(shape) == 1:
            facts["output_units"] = 1
    if ends:
        facts["outputs"] = len(ends)
    return facts


def _last_activation(layer: Any) -> str | None:
    """Of the layer itself, or of what stands before reshaping layers; `linear` where a layer has none."""
    for _ in range(8):
        found = activation_of(layer)
        if found is not None:
            return found
        if type(layer).__name__ not in ("Reshape", "Flatten", "Identity", "Dropout", "Cropping1D", "Cropping2D"):
            return None if getattr(layer, "_layers", None) else "linear"
        nodes = getattr(layer, "_inbound_nodes", None)
        history = getattr(nodes[0].input_tensors[0], "_keras_history", None) if nodes else None
        if history is None:
            return None
        layer = history.operation
    return None


def _output_shape(model: Any, last: Any, position: int = 0) -> Any:
    for one in (model, last):
        shape = getattr(one, "output_shape", None) if _has_output(one) else None
        while isinstance(shape, list | tuple) and shape and isinstance(shape[0], list | tuple):
            shape = shape[min(position, len(shape) - 1)]
        if isinstance(shape, dict):
            shape = list(shape.values())[min(position, len(shape) - 1)]
        if shape is not None:
            return shape
    units = getattr(last, "units", None) or getattr(last, "filters", None)
    return (None, units) if units else None


def _has_output(layer: Any) -> bool:
    return layer is not None and bool(getattr(layer, "_inbound_nodes", None) or getattr(layer, "outputs", None))
