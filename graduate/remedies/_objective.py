"""Which last layer and which loss fit the labels of a run."""

from __future__ import annotations

from dataclasses import dataclass

from graduate.remedies import _about
from graduate.trace import Trace


@dataclass(frozen=True)
class Right:
    """Code for the last layer and the loss."""

    layer: str
    loss: str


def right(trace: Trace) -> Right:
    """By the kind of labels, and how many there are."""
    labels = _about.told(trace, "labels.train")
    kind, distinct = labels.get("kind"), labels.get("distinct") or len(_about.counts(trace)) or 0
    shape = labels.get("shape") or ()
    width = int(shape[-1]) if shape else 1
    if kind == "binary" or (kind == "class_index" and distinct == 2):
        return Right('keras.layers.Dense(1, activation="sigmoid")', '"binary_crossentropy"')
    if kind == "one_hot":
        return Right(f'keras.layers.Dense({width}, activation="softmax")', '"categorical_crossentropy"')
    if kind == "multi_hot":
        return Right(f'keras.layers.Dense({width}, activation="sigmoid")', '"binary_crossentropy"')
    if kind == "class_index":
        units = int(max(distinct, (labels.get("largest") or 0) + 1))
        return Right(f'keras.layers.Dense({units}, activation="softmax")', '"sparse_categorical_crossentropy"')
    if kind in ("real", "sequence", "inputs"):
        return Right(f"keras.layers.Dense({width}), without an activation,", '"mean_squared_error"')
    return Right('keras.layers.Dense(classes, activation="softmax")', '"sparse_categorical_crossentropy"')


def now(trace: Trace) -> str:
    """What the run has, in brackets."""
    objective = _about.told(trace, "objective")
    activation = objective.get("output_activation") or trace.facts.output_activation
    loss = objective.get("loss") or trace.facts.loss
    units = objective.get("output_units")
    parts = []
    if activation or units:
        parts.append(f"now {f'{units} × ' if units else ''}{activation or 'linear'}")
    if loss:
        parts.append(f"loss {loss}")
    return f" ({', '.join(parts)})" if parts else ""
