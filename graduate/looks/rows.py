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

        return tf.gather(value, index)
    array = array_of(value)
    if array is None:
        return value
    return array[index] if len(array) else array


def _tuple(value: Any, index: np.ndarray) -> tuple[Any, ...]:
    return tuple(pick(part, index) for part in value)


def _nested(part: Any) -> bool:
    return isinstance(part, Mapping) or hasattr(part, "row_splits")
