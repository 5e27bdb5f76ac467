"""What a model is trained for → the fact `objective`.

Keys beyond the named ones: `outputs` (number of them), `output_name` and `output_position` (of several losses: which
output this is; all other facts are of the same one), `others` ({output: loss name}), `config` (plain numbers of the
loss: delta, label_smoothing, ignore_class…), `custom_name` (of a loss of the program's own), `logits_undone` (Keras
takes the logits behind the last softmax or sigmoid although from_logits is set), `raw` (TensorFlow's own op, which does
not look behind an activation).
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Mapping
from typing import Any

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
    losses = _flat(compiled)
    which = _which_output(model, losses, compiled)
    facts.update(_of_loss(losses[which][1] if losses else None))
    several = len(getattr(model, "output_names", None) or []) > 1
    if losses and (len(losses) > 1 or (several and isinstance(compiled, dict | list | tuple))):
        name, position = _output_named(model, losses[which][0])
        facts.update(output_name=name, output_position=position)
    if from_logits is not None:
        facts["from_logits"] = bool(from_logits)
    if len(losses) > 1:
        facts["others"] = {name: _of_loss(one)["loss"] for n, (name, one) in enumerate(losses) if n != which}
    facts["seen"] = seen if losses else None
    if class_weight is not None:
        facts["class_weight"] = bool(class_weight)
    names = _metric_names(model, metrics)
    if names is not None:
        facts["metrics"] = names
    if model is not None:
        with contextlib.suppress(Exception):  # an unbuilt or unusual model: what its outputs are is not known
            facts.update(_of_outputs(model, int(facts.get("output_position") or 0)))
    facts["negative_ok"] = facts["loss"] in _NEGATIVE or facts["loss"] is None
    if facts.get("from_logits") and not facts.get("raw"):
        facts["logits_undone"] = facts.get("output_activation") in ("softmax", "sigmoid")
    return facts


def compiled_loss(model: Any) -> Any:
    """The loss as given to `compile`; None where there is none."""
    inner = getattr(model, "_compile_loss", None)
    given = getattr(inner, "_user_loss", None)
    return given if given is not None else getattr(model, "loss", None) if model is not None else None


def first_loss(loss: Any, objective: Mapping[str, Any] | None = None) -> Any:
    """The loss that `objective` tells of, of a structure of them."""
    losses = _flat(loss)
    wanted = {(objective or {}).get("output_name"), str((objective or {}).get("output_position"))}
    return next((one for name, one in losses if name in wanted), losses[0][1] if losses else None)


def _which_output(model: Any, losses: list[tuple[str, Any]], compiled: Any) -> int:
    """Position in `losses` of the one that belongs to the model's first output with a loss."""
    if not isinstance(compiled, dict):
        return 0
    for name in getattr(model, "output_names", None) or []:
        for position, (key, _) in enumerate(losses):
            if key == name:
                return position
    return 0


def _output_named(model: Any, key: str) -> tuple[str | None, int]:
    """(name, position) of the output that a loss under this key belongs to."""
    names = list(getattr(model, "output_names", None) or [])
    if key in names:
        return key, names.index(key)
    if key.isdigit():
        position = int(key)
        return (names[position] if position < len(names) else None), position
    return key, 0


def _flat(loss: Any) -> list[tuple[str, Any]]:
    """(output name, loss) of a structure; None entries (outputs without a loss) are left out."""
    if loss is None:
        return []
    if isinstance(loss, dict):
        return [(str(k), one) for k, part in loss.items() for _, one in _flat(part)]
    if isinstance(loss, list | tuple):
        return [(str(n), one) for n, part in enumerate(loss) for _, one in _flat(part)]  # None: that output has none
    return [("0", loss)]


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
    return [_snake(_name(one)) if not isinstance(one, str) else one for _, one in _flat(metrics)]


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
