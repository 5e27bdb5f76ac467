"""The layers of a Keras model before step 1 → the fact `layers`.

Keys beyond the named ones: `path` (as Keras names it), `built`, `inputs` (names of the layers it follows, functional
graphs only), `initial.kernel_shape`, `initial.zeros` (share of exact zeros in the kernel),
`initial.nonfinite` (count over all its weights), `initial.bias_abs_max`, `activity` (factor of an activity penalty),
`return_sequences`, `stateful`, `stddev`. An opened layer of the program's own that has weights itself is listed too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graduate.looks.quiet import quiet
from graduate.looks.walk import named_layers, own_variables

_WEIGHTLESS_TAIL = ("Activation", "Softmax", "Reshape", "Flatten", "Rescaling", "ReLU", "Identity", "Lambda")
_ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
    "ThresholdedReLU": "relu",
}
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


@quiet
def look(model: Any, weights: bool = True) -> list[dict[str, Any]]:
    """Facts of every innermost layer in forward order (attribute order in subclassed models).

    Args:
        model: any Keras 3 model or layer, built or not.
        weights: also look at the values of the weights (`initial`).
    """
    pairs = named_layers(model)
    names = {id(layer): name for name, layer in pairs}
    outputs = _outputs(model, pairs)
    first = _first_with_input(pairs)
    facts = []
    for name, layer in pairs:
        try:
            one = _of(layer, weights)
        except Exception:  # a program's own layer may raise from any attribute
            one = {"class": type(layer).__name__}
        entry = {"name": name, **one}
        entry["output"] = name in outputs
        entry["input_embedding"] = type(layer).__name__ == "Embedding" and name == first
        before = _before(layer, names)
        if before is not None:
            entry["inputs"], entry["shared"] = before
        facts.append(entry)
    return facts


def activation_of(layer: Any) -> str | None:
    """Keras' name of a layer's activation; None where the layer has none."""
    kind = type(layer).__name__
    if kind in _ACTIVATION_LAYERS:
        return _ACTIVATION_LAYERS[kind]
    inner = layer
    for attribute in ("layer", "forward_layer", "cell"):  # wrappers
        if not hasattr(inner, "activation") and hasattr(inner, attribute):
            inner = getattr(inner, attribute)
    activation = getattr(inner, "activation", None)
    if activation is None:
        return None
    name = getattr(activation, "__name__", None) or getattr(activation, "name", None)
    if name is None and type(activation).__name__ in _ACTIVATION_LAYERS:
        name = _ACTIVATION_LAYERS[type(activation).__name__]
    return str(name) if name else type(activation).__name__.lower()


def _of(layer: Any, weights: bool) -> dict[str, Any]:
    variables = own_variables(layer)
    kind = type(layer).__name__
    facts: dict[str, Any] = {
        "class": kind,
        "path": str(getattr(layer, "path", None) or layer.name),
        "trainable": bool(layer.trainable),
        "built": bool(getattr(layer, "built", False)),
        "activation": activation_of(layer),
        "parameters": sum(int(np.prod(variable.shape)) for variable in variables),
        "recurrent": kind in _RECURRENT or hasattr(layer, "cell"),
    }
    inner = getattr(layer, "layer", None) or getattr(layer, "forward_layer", None) or layer
    for key in ("units", "filters"):
        if isinstance(getattr(inner, key, None), int):
            facts["units"] = int(getattr(inner, key))
    for key, attribute in (("kernel_initializer", "kernel_initializer"), ("bias_initializer", "bias_initializer")):
        initializer = getattr(inner, attribute, None)
        if initializer is not None:
            facts[key] = _initializer(initializer)
    if kind == "Embedding" and getattr(layer, "embeddings_initializer", None) is not None:
        facts["kernel_initializer"] = _initializer(layer.embeddings_initializer)
        facts["units"] = int(layer.output_dim)
    for key in ("use_bias", "rate", "momentum", "epsilon", "stddev", "return_sequences", "stateful"):
        value = getattr(inner, key, None)
        if isinstance(value, bool | int | float):
            facts[key] = value
    facts.update(_penalties(inner))
    initial = _initial(layer, variables) if weights and variables else None
    if initial:
        facts["initial"] = initial
    return facts


def _initializer(initializer: Any) -> dict[str, Any]:
    config = {}
    if hasattr(initializer, "get_config"):
        try:
            config = {
                k: v for k, v in initializer.get_config().items() if isinstance(v, int | float | str | type(None))
            }
        except Exception:  # a program's own initialiser
            config = {}
    name = type(initializer).__name__
    if name in ("function", "method", "builtin_function_or_method", "partial"):
        name = getattr(initializer, "__name__", name)
    return {"class": name, **config}


def _penalties(layer: Any) -> dict[str, float]:
    """Sums of the l1 and l2 factors of a layer's regularisers."""
    found: dict[str, float] = {}
    for attribute in ("kernel_regularizer", "bias_regularizer", "recurrent_regularizer", "embeddings_regularizer"):
        regularizer = getattr(layer, attribute, None)
        for key in ("l1", "l2"):
            factor = getattr(regularizer, key, None)
            if factor is not None and np.ndim(factor) == 0 and float(factor):
                found[key] = max(found.get(key, 0.0), float(factor))
    if getattr(layer, "activity_regularizer", None) is not None:
        regularizer = layer.activity_regularizer
        found["activity"] = float(max(getattr(regularizer, "l1", 0.0) or 0.0, getattr(regularizer, "l2", 0.0) or 0.0))
    return found


def _initial(layer: Any, variables: list[Any]) -> dict[str, Any]:
    """Statistics of the values that the weights have now."""
    kernels = [one for one in variables if len(one.shape) >= 2]
    biases = [one for one in variables if len(one.shape) == 1 and "bias" in one.name]
    facts: dict[str, Any] = {}
    if kernels:
        kernel = np.asarray(kernels[0]).astype(np.float64)
        facts.update(
            kernel_std=float(kernel.std()),
            kernel_mean=float(kernel.mean()),
            kernel_abs_max=float(np.abs(kernel).max()) if kernel.size else 0.0,
            identical_units=_identical_units(layer, kernel),
            zeros=float((kernel == 0).mean()) if kernel.size else 0.0,
            kernel_shape=[int(size) for size in kernel.shape],
        )
        facts["fan_in"], facts["fan_out"] = _fans(layer, kernel.shape)
    if biases:
        facts["bias_mean"] = float(np.mean(np.asarray(biases[0]).astype(np.float64)))
        facts["bias_abs_max"] = float(np.abs(np.asarray(biases[0]).astype(np.float64)).max())
    values = [np.asarray(one) for one in variables if "float" in str(one.dtype)]
    facts["nonfinite"] = int(sum((~np.isfinite(value.astype(np.float32))).sum() for value in values))
    return facts


def _identical_units(layer: Any, kernel: np.ndarray) -> bool:
    """Do all units start with the same weights? (One unit alone cannot.)"""
    if "Depthwise" in type(layer).__name__ or kernel.ndim < 2 or kernel.shape[-1] < 2:
        return False
    flat = kernel.reshape(-1, kernel.shape[-1])
    return bool((flat == flat[:, :1]).all())


def _fans(layer: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    if type(layer).__name__ == "Embedding" or len(shape) < 2:
        return int(shape[0]), int(shape[-1])
    field = int(np.prod(shape[:-2]))
    return int(shape[-2]) * field, int(shape[-1]) * field


def _first_with_input(pairs: list[tuple[str, Any]]) -> str | None:
    """The first layer that is not an input's placeholder."""
    return next((name for name, layer in pairs if type(layer).__name__ not in ("InputLayer", "Masking")), None)


def _outputs(model: Any, pairs: list[tuple[str, Any]]) -> set[str]:
    """Names of the layers whose values leave the model, and of those with weights right before them."""
    names = {id(layer): name for name, layer in pairs}
    ends = _end_layers(model)
    found: set[str] = set()
    for layer in ends or ([pairs[-1][1]] if pairs else []):
        if id(layer) in names:
            found.add(names[id(layer)])
    order = [name for name, _ in pairs]
    for name in list(found):  # Dense → Activation("softmax"): both are the output
        position = order.index(name)
        while position > 0 and type(pairs[position][1]).__name__ in _WEIGHTLESS_TAIL:
            position -= 1
            found.add(order[position])
    return found


def _end_layers(model: Any) -> list[Any]:
    """The innermost layers that make a functional or sequential model's outputs; empty where that is not known."""
    found: list[Any] = []
    inner = list(getattr(model, "layers", []) or [])
    names = {base.__name__ for base in type(model).__mro__}
    if "Functional" in names:
        for tensor in _flat(getattr(model, "outputs", [])):
            history = getattr(tensor, "_keras_history", None)
            if history is not None:
                found.append(history.operation)
    elif "Sequential" in names and inner:
        found.append(inner[-1])
    ends: list[Any] = []
    for layer in found:
        deeper = _end_layers(layer) if getattr(layer, "layers", None) else []
        ends.extend(deeper or [layer])
    return ends


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _flat(part)]
    if isinstance(value, list | tuple):
        return [one for part in value for one in _flat(part)]
    return [value]


def _before(layer: Any, names: dict[int, str]) -> tuple[list[str], bool] | None:
    """Which layers it follows in a functional graph, and whether it is called more than once there."""
    nodes = getattr(layer, "_inbound_nodes", None)
    if not nodes:
        return None
    before: list[str] = []
    for node in nodes:
        for tensor in getattr(node, "input_tensors", []):
            history = getattr(tensor, "_keras_history", None)
            name = names.get(id(history.operation)) if history is not None else None
            if name is not None and name not in before:
                before.append(name)
    return before, len(nodes) > 1
