"""Labels and the order in which they were fed → the facts `labels.train`, `labels.validation`.

Keys beyond the named ones: `nonfinite_rows`; `order.expected_one_class_share` and `order.correlation` (of neighbours:
rank correlation of lag 1 of real labels; of classes the excess of equal neighbours over chance, 0 shuffled … 1 sorted);
`others` ({name: {kind, shape, dtype}} of further outputs); kind `text` for strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.looks.arrays import (
    count_nonfinite,
    is_text,
    named_arrays,
    numbers,
    some_rows,
    spread_rows,
    whole_numbers,
)
from graduate.looks.quiet import quiet
from graduate.looks.rows import labels_of

_LIMIT = 200_000  # rows that statistics are taken from
_FEW = 10  # values of amounts that are looked at like classes
_CLASSES = 1000  # counted one by one up to here
_REGRESSION = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "poisson",
)

_AMOUNTS = ("poisson", "mean_squared_logarithmic_error", "mean_absolute_percentage_error")  # of no class number


@quiet
def look(
    y: Any,
    y_in_fed_order: Any = None,
    objective: Mapping[str, Any] | None = None,
    *,
    x: Any = None,
    batch_size: int | None = None,
) -> dict[str, Any]:
    """Facts of labels.

    Args:
        y: labels, rows first; several outputs: of the first, the others shortly.
        y_in_fed_order: labels in the order in which training got them (an epoch's beginning is enough); by default `y`.
        objective: the fact `objective`, which settles what numbers alone leave open.
        x: the inputs, to tell an autoencoder, whose labels they are.
        batch_size: rows a batch, for `order`; by default 32.
    """
    named = named_arrays(y)
    array = labels_of(y, objective)
    if not named or array is None:
        return {}
    rest = [name for name in named if name != (objective or {}).get("output_name")]
    rest = rest if len(rest) < len(named) else rest[1:]
    facts: dict[str, Any] = {
        "shape": [int(size) for size in array.shape[1:]],
        "dtype": "text" if is_text(array) else str(array.dtype),
        "rows": len(array),
    }
    if rest:
        facts["others"] = {
            name: {"kind": kind_of(named[name]), "shape": list(named[name].shape[1:]), "dtype": str(named[name].dtype)}
            for name in rest
        }
    if len(array) == 0:
        return facts
    facts["kind"] = kind_of(array, objective, x)
    fed = labels_of(y_in_fed_order, objective)
    fed = fed if fed is not None and len(fed) else array
    if is_text(array):
        facts["counts"] = _counts(array.ravel())
        facts["distinct"] = len(set(array.ravel()[:_LIMIT].tolist()))
        return facts
    facts["nonfinite"], facts["nonfinite_rows"] = count_nonfinite(array)
    facts.update(_statistics(some_rows(array, _LIMIT)))
    facts["integers"] = whole_numbers(some_rows(array, _LIMIT))
    classes = classes_of(array, facts["kind"])
    if classes is not None:
        facts["counts"] = _counts(classes)
        facts["distinct"] = len(np.unique(classes[:_LIMIT]))
    elif facts["kind"] == "multi_hot":
        positives = (numbers(array) > 0.5).sum(axis=0).ravel()
        facts["counts"] = {str(n): int(count) for n, count in enumerate(positives[:_CLASSES])}
    else:
        facts["counts"] = None
    if array.ndim == 2 and array.shape[1] > 1:
        sums = numbers(some_rows(array, _LIMIT)).sum(axis=1)
        facts["row_sum"] = [float(np.min(sums)), float(np.max(sums))]
    if facts["kind"] in ("class_index", "binary", "one_hot", "real"):
        facts["order"] = _order(fed, facts["kind"], batch_size or 32)
    return facts


def kind_of(array: np.ndarray, objective: Mapping[str, Any] | None = None, x: Any = None) -> str:
    """What sort of labels these are: see the fact `labels.train`."""
    if is_text(array):
        return "text"
    objective = objective or {}
    loss, units = objective.get("loss"), objective.get("output_units")
    if x is not None and _same(array, x):
        return "inputs"
    sample = some_rows(array, 20_000)
    if sample.ndim > 1 and sample.shape[-1] == 1:
        sample = sample[..., 0]
    whole = whole_numbers(sample)
    if sample.ndim >= 2:
        return _kind_of_many(sample, whole, loss, array.ndim)
    if not whole:
        return "real"
    values = np.unique(sample[np.isfinite(sample)] if sample.dtype.kind == "f" else sample)
    if loss == "sparse_categorical_crossentropy":
        return "class_index"
    if len(values) <= 2 and set(values.tolist()) <= {-1, 0, 1}:
        return "binary"
    if loss in _AMOUNTS:
        return "real"
    if loss in _REGRESSION and units == 1 and (sample.dtype.kind == "f" or not _run_of_integers(values, 50)):
        return "real"
    if sample.dtype.kind == "f" and loss is None and not _run_of_integers(values, 50):
        return "real"
    few = len(values) <= max(2, min(2000, len(sample) // 2))
    return "class_index" if few and values[0] >= -1 else "real"


def _kind_of_many(sample: np.ndarray, whole: bool, loss: str | None, dimensions: int) -> str:
    """Of labels with more than one number a row."""
    if loss == "sparse_categorical_crossentropy" and whole:
        return "sequence"
    flat = sample.reshape(-1, sample.shape[-1])[:20_000]
    if flat.dtype.kind == "b":
        flat = flat.astype(np.int8)
    in_unit = bool(((flat >= 0) & (flat <= 1)).all())
    sums_to_one = in_unit and flat.shape[1] > 1 and bool(np.allclose(flat.sum(axis=1, dtype=np.float64), 1, atol=1e-3))
    if sums_to_one and (
        whole or loss is None or "categorical" in loss or loss in ("kl_divergence", "binary_crossentropy")
    ):
        return "one_hot" if sample.ndim == 2 else "sequence"
    if whole and in_unit:
        return "multi_hot"
    if whole and sample.dtype.kind in "iu" and loss not in _REGRESSION and dimensions <= 3:
        return "sequence"
    return "real"


def classes_of(array: np.ndarray, kind: str) -> np.ndarray | None:
    """Labels as class numbers, flat; None where they are no classes."""
    if kind in ("class_index", "binary"):
        flat = array.reshape(-1)
        flat = flat[np.isfinite(flat)] if flat.dtype.kind == "f" else flat
        return np.round(flat).astype(np.int64)
    if kind == "one_hot":
        return array.reshape(len(array), -1).argmax(axis=1)
    if kind == "sequence":
        if whole_numbers(some_rows(array, 1000)) and not _one_hot_last(array):
            return array.reshape(-1)[:2_000_000].astype(np.int64)
        return array.argmax(axis=-1).reshape(-1)[:2_000_000]
    return None


def _one_hot_last(array: np.ndarray) -> bool:
    if array.ndim < 3 or array.shape[-1] < 2:
        return False
    flat = array.reshape(-1, array.shape[-1])[:1000]
    return bool(np.allclose(flat.sum(axis=1, dtype=np.float64), 1, atol=1e-3))


def _run_of_integers(values: np.ndarray, most: int) -> bool:
    """0…K-1 (or 1…K) without a gap, K at most `most`: class numbers rather than amounts."""
    return 0 < len(values) <= most and values[0] in (0, 1) and values[-1] - values[0] + 1 == len(values)


def _same(array: np.ndarray, x: Any) -> bool:
    other = next(iter(named_arrays(x).values()), None)
    if other is None or is_text(other) or len(other) != len(array) or array.size != other.size or array.size == 0:
        return False
    rows = spread_rows(len(array), 64)
    mine, theirs = numbers(array[rows]).reshape(len(rows), -1), numbers(other[rows]).reshape(len(rows), -1)
    return mine.shape[1] > 1 and bool(np.allclose(mine, theirs, equal_nan=True))


def _statistics(array: np.ndarray) -> dict[str, Any]:
    values = numbers(array).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return {}
    return {
        "least": float(values.min()),
        "largest": float(values.max()),
        "mean": float(values.mean()),
        "std": float(values.std()),
        "distinct": len(np.unique(values[:_LIMIT])),
    }


def _counts(classes: np.ndarray) -> dict[str, int] | None:
    values, counts = np.unique(classes, return_counts=True)
    if len(values) > _CLASSES:
        return None
    return {str(value): int(count) for value, count in zip(values.tolist(), counts.tolist(), strict=True)}


def _order(fed: np.ndarray, kind: str, batch_size: int) -> dict[str, Any]:
    """How the labels follow one another: runs of equal ones against what chance would give."""
    fed = fed[:_LIMIT]
    if kind == "real":
        values = numbers(fed).reshape(len(fed), -1)[:, 0]
        return {**_runs_of_few(values, batch_size), **_order_of_reals(values)}
    classes = classes_of(fed, kind)
    return {} if classes is None or len(classes) < 2 else _order_of_classes(classes, batch_size)


def _runs_of_few(values: np.ndarray, batch_size: int) -> dict[str, Any]:
    """Of amounts with few values, as smoothed labels are (0 and 0.9), the runs of equal ones; else nothing."""
    finite = values[np.isfinite(values)]
    known, number = np.unique(finite, return_inverse=True)
    return _order_of_classes(number, batch_size) if 2 <= len(known) <= _FEW and len(finite) >= 20 * len(known) else {}


def _order_of_classes(classes: np.ndarray, batch_size: int) -> dict[str, Any]:
    counts = np.unique(classes, return_counts=True)[1]
    n = len(classes)
    equal = float((classes[1:] == classes[:-1]).mean())
    by_chance = float((counts * (counts - 1)).sum() / (n * (n - 1)))  # two rows drawn without putting back
    whole = n // batch_size
    batches = classes[: whole * batch_size].reshape(whole, batch_size) if whole else classes[None]
    steps = np.diff(classes)
    return {
        "sorted": bool((steps >= 0).all() or (steps <= 0).all()) and len(counts) > 1,
        "run_length": n / (1 + (n - 1) * (1 - equal)),
        "expected_run_length": n / (1 + (n - 1) * (1 - by_chance)),
        "batch_one_class_share": float((batches == batches[:, :1]).all(axis=1).mean()),
        "expected_one_class_share": float(((counts / n) ** batches.shape[1]).sum()),
        "correlation": (equal - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0,
        "rows": n,
        "batch_size": int(batches.shape[1]),
    }


def _order_of_reals(values: np.ndarray) -> dict[str, Any]:
    values = values[np.isfinite(values)]
    if len(values) < 3 or np.ptp(values) == 0:
        return {"sorted": False}
    steps = np.diff(values)
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)
    ranks -= ranks.mean()
    return {
        "sorted": bool((steps >= 0).all() or (steps <= 0).all()),
        "correlation": float((ranks[1:] * ranks[:-1]).mean() / (ranks**2).mean()),
        "rows": len(values),
    }
