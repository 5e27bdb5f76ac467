"""Rows of anything that a model can be given, the structure kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import array_of, first_array


def row_count(value: Any) -> int:
    """Rows of a structure of arrays: of its first array; 0 where there is none."""
    array = first_array(value)
    return 0 if array is None else len(array)


def pick(value: Any, index: np.ndarray) -> Any:
    """The rows `index` of every array in `value`; None stays None."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: pick(part, index) for key, part in value.items()}
    if isinstance(value, list | tuple) and any(getattr(part, "shape", None) or _nested(part) for part in value):
        return type(value)(pick(part, index) for part in value) if isinstance(value, list) else _tuple(value, index)
    if hasattr(value, "row_splits"):
        import tensorflow as tf

        return tf.gather(value, index[index < value.shape[0]])
    array = array_of(value)
    if array is None:
        return value
    return array[index[index < len(array)]]


def of_output(value: Any, objective: Mapping[str, Any] | None) -> Any:
    """The part of labels, outputs or losses that belongs to the output which `objective` tells of."""
    objective = objective or {}
    name, position = objective.get("output_name"), int(objective.get("output_position") or 0)
    while isinstance(value, Mapping | list | tuple) and len(value):
        if isinstance(value, Mapping):
            value = value[name] if name in value else list(value.values())[min(position, len(value) - 1)]
        elif any(getattr(part, "shape", None) or isinstance(part, Mapping) for part in value):
            value = value[min(position, len(value) - 1)]
        else:
            break  # a list of numbers
        position = 0
    return value


def labels_of(y: Any, objective: Mapping[str, Any] | None) -> np.ndarray | None:
    """`of_output`, as an array."""
    return first_array(of_output(y, objective)) if y is not None else None


def _tuple(value: Any, index: np.ndarray) -> tuple[Any, ...]:
    return tuple(pick(part, index) for part in value)


def _nested(part: Any) -> bool:
    return isinstance(part, Mapping) or hasattr(part, "row_splits")
