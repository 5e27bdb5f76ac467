"""Whatever a program feeds, as NumPy arrays: tensors, ragged and sparse ones, lists, dicts, data frames, strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_LONGEST = 512  # elements of a ragged row that are looked at


def array_of(value: Any) -> np.ndarray | None:
    """`value` as an array whose first axis is rows; None where it cannot be one.

    Ragged rows are padded with 0, texts keep a string dtype, half precisions become float32.
    """
    try:
        return _array_of(value)
    except Exception:  # whatever odd thing was passed, a look has nothing to say about it
        return None


def _array_of(value: Any) -> np.ndarray | None:
    if value is None or isinstance(value, Mapping):
        return None
    if hasattr(value, "row_splits") and hasattr(value, "to_tensor"):
        value = value.to_tensor()
    elif hasattr(value, "dense_shape") and hasattr(value, "indices"):
        value = _dense(value)
    for name in ("numpy", "to_numpy"):
        if not isinstance(value, np.ndarray) and hasattr(value, name):
            value = getattr(value, name)()
            break
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = _padded(list(value))
    if array.dtype == object:
        array = _of_objects(array)
    if array.dtype.kind == "V" or str(array.dtype) in ("bfloat16", "float16"):
        array = array.astype(np.float32)
    if array.dtype.kind == "c":
        array = np.abs(array)
    return array.reshape(1) if array.ndim == 0 else array


def _dense(value: Any) -> np.ndarray:
    shape = tuple(int(size) for size in np.asarray(value.dense_shape))
    dense = np.zeros(shape, np.asarray(value.values).dtype)
    dense[tuple(np.asarray(value.indices).T)] = np.asarray(value.values)
    return dense


def _of_objects(array: np.ndarray) -> np.ndarray:
    first = next((one for one in array.ravel()[:100] if one is not None), None)
    if isinstance(first, str | bytes):
        return array.astype(str)
    if isinstance(first, list | tuple | np.ndarray):
        return _padded(list(array))
    return array.astype(np.float64)


def _padded(rows: list[Any]) -> np.ndarray:
    parts = [np.asarray(row)[:_LONGEST] for row in rows]
    padded = np.zeros((len(parts), max(len(part) for part in parts), *parts[0].shape[1:]), parts[0].dtype)
    for row, part in zip(padded, parts, strict=True):
        row[: len(part)] = part
    return padded


def named_arrays(value: Any) -> dict[str, np.ndarray]:
    """The arrays of a structure by name, the first first: keys of dicts, positions of lists, joined by `/`."""
    found: dict[str, np.ndarray] = {}

    def into(one: Any, name: str) -> None:
        if isinstance(one, Mapping):
            for key, part in one.items():
                into(part, f"{name}/{key}" if name else str(key))
        elif isinstance(one, list | tuple) and any(_is_array(part) or isinstance(part, Mapping) for part in one):
            for position, part in enumerate(one):
                into(part, f"{name}/{position}" if name else str(position))
        else:
            array = array_of(one)
            if array is not None:
                found[name] = array

    into(value, "")
    return found


def _is_array(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    return shape is not None and len(shape) > 0


def first_array(value: Any) -> np.ndarray | None:
    """The first array of a structure."""
    return next(iter(named_arrays(value).values()), None)


def is_text(array: np.ndarray) -> bool:
    """Strings or bytes?"""
    return array.dtype.kind in "USO"


def numbers(array: np.ndarray) -> np.ndarray:
    """As float64; an error with texts."""
    return array.astype(np.float64)


def spread_rows(rows: int, limit: int) -> np.ndarray:
    """Up to `limit` row numbers, evenly spread, in order."""
    if rows <= limit:
        return np.arange(rows)
    return np.linspace(0, rows - 1, limit).astype(np.int64)


def some_rows(array: np.ndarray, limit: int, values: int = 4_000_000) -> np.ndarray:
    """Evenly spread rows: at most `limit`, and at most `values` numbers in all (but at least 16 rows)."""
    width = max(1, int(np.prod(array.shape[1:])))
    return array[spread_rows(len(array), max(16, min(limit, values // width)))]


def whole_numbers(array: np.ndarray) -> bool:
    """Only integers, in whatever dtype?"""
    if array.dtype.kind in "iub":
        return True
    if array.dtype.kind != "f" or array.size == 0:
        return False
    finite = array[np.isfinite(array)]
    return finite.size > 0 and bool((finite == np.round(finite)).all())


def count_nonfinite(array: np.ndarray, most: int = 64_000_000) -> tuple[int, int]:
    """How many values, and in how many rows, are NaN or infinite; looked at in pieces."""
    if array.dtype.kind != "f" or array.size == 0:
        return 0, 0
    width = max(1, int(np.prod(array.shape[1:])))
    piece = max(1, 1_000_000 // width)
    values = rows = 0
    for start in range(0, min(len(array), max(1, most // width)), piece):
        bad = ~np.isfinite(array[start : start + piece])
        if bad.any():
            values += int(bad.sum())
            rows += int(bad.reshape(len(bad), -1).any(axis=1).sum())
    return values, rows


def finite_or_none(value: Any) -> float | None:
    """A float, or None where it is not finite."""
    value = float(value)
    return value if np.isfinite(value) else None
