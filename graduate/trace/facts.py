"""What a trace holds beside numbers: the run's facts, and what happened to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["resume", "rollback", "remedy", "stop"]


@dataclass(frozen=True)
class Variable:
    """One trainable variable, in forward order.

    Args:
        name: unique within the run, e.g. `dense_1/kernel`.
        layer: the layer it belongs to.
        shape: its shape.
        activation: of its layer, by Keras' name; None where the layer has none.
        initializer: by Keras' class name; None where it is not known.
    """

    name: str
    layer: str
    shape: tuple[int, ...]
    activation: str | None = None
    initializer: str | None = None


@dataclass(frozen=True)
class RunFacts:
    """What rules may know that no step measures; written before step 1.

    Args:
        variables: the trainable ones, in forward order: the columns of every table.
        loss: its name, or None where it is not known.
        output_activation: of the last layer.
        optimizer: its name and numbers, e.g. {"name": "adam", "learning_rate": 0.001}.
        batch_size: global, in examples.
        label_counts: training rows by class.
        input_range: least and largest value that goes into the model.
        constant_loss: the loss of the best constant predictor.
    """

    variables: tuple[Variable, ...]
    loss: str | None = None
    output_activation: str | None = None
    optimizer: Mapping[str, float | str] = field(default_factory=dict)
    batch_size: int = 0
    label_counts: Mapping[str, int] | None = None
    input_range: tuple[float, float] | None = None
    constant_loss: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> RunFacts:
        """Back from `to_json`; keys that this version does not know are passed over."""
        known = _known(cls, stored)
        known["variables"] = tuple(
            Variable(**{**_known(Variable, one), "shape": tuple(one["shape"])}) for one in stored["variables"]
        )
        if known.get("input_range") is not None:
            low, high = known["input_range"]
            known["input_range"] = (low, high)
        return cls(**known)


@dataclass(frozen=True)
class Event:
    """Something that happened to the training.

    Args:
        step: after which step it happened.
        kind: `resume`, `rollback`, `remedy` or `stop`.
        detail: JSON values.
    """

    step: int
    kind: Kind
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """Something that was found out beside the columns.

    Args:
        step: after which step.
        name: see docs/facts.md.
        value: JSON values; NaN and infinities may be among them.
    """

    step: int
    name: str
    value: Any


def _known(cls: Any, stored: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(cls)}
    return {key: value for key, value in stored.items() if key in names}
