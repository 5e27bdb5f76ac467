"""What is known of a Keras model and its optimizer before the first step: the facts in a trace's header."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from graduate.trace import RunFacts, Variable


def facts_of(
    model: Any,
    optimizer: Any,
    *,
    batch_size: int,
    loss: str | None = None,
    label_counts: Mapping[str, int] | None = None,
    input_range: tuple[float, float] | None = None,
) -> RunFacts:
    """The facts of a built model.

    Args:
        model: a Keras model.
        optimizer: its optimizer, wrapped for loss scaling or not.
        batch_size: global, in examples.
        loss: Keras' name of it.
        label_counts: training rows by class; with a cross-entropy the constant predictor's loss follows from them.
        input_range: least and largest value that goes into the model.
    """
    layers = list(_innermost(model))
    owners = {id(variable): layer for layer in layers for variable in layer.trainable_variables}
    return RunFacts(
        variables=tuple(_variable(variable, owners.get(id(variable))) for variable in model.trainable_variables),
        loss=loss,
        output_activation=_activation(layers[-1]) if layers else None,
        optimizer=_optimizer(optimizer),
        batch_size=batch_size,
        label_counts=dict(label_counts) if label_counts else None,
        input_range=input_range,
        constant_loss=entropy(label_counts) if label_counts and "crossentropy" in (loss or "") else None,
    )


def entropy(counts: Mapping[str, int]) -> float:
    """Cross-entropy, in nats, of the best constant predictor: the class shares themselves."""
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values() if n)


def _innermost(layer: Any) -> Iterator[Any]:
    """Layers that hold no others of a model, in its order."""
    inner = getattr(layer, "layers", None)
    if not inner:
        yield layer
        return
    for one in inner:
        yield from _innermost(one)


def _variable(variable: Any, layer: Any) -> Variable:
    path = variable.path.split("/")
    owner = layer.name if layer is not None else "/".join(path[:-1])
    initializer = getattr(layer, f"{path[-1]}_initializer", None)
    return Variable(
        name=variable.path,
        layer=owner,
        shape=tuple(int(size) for size in variable.shape),
        activation=_activation(layer),
        initializer=type(initializer).__name__ if initializer is not None else None,
    )


def _activation(layer: Any) -> str | None:
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", None) or getattr(activation, "name", None)


def _config(optimizer: Any) -> Mapping[str, Any]:
    """Its settings; its attributes where it cannot say them, as with a schedule of one's own without `get_config`."""
    try:
        return optimizer.get_config()  # type: ignore[no-any-return]
    except Exception:
        return {key: value for key, value in vars(optimizer).items() if not key.startswith("_")}


def _optimizer(optimizer: Any) -> dict[str, float | str]:
    """Name and plain numbers; the rate only where it is a number, a schedule's is in every row."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    config = _config(inner)
    numbers = {key: value for key, value in config.items() if isinstance(value, int | float) and value is not False}
    return {"name": type(inner).__name__.lower(), **{key: float(value) for key, value in numbers.items()}}
