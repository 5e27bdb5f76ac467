"""The rows that a model is given → the facts `inputs.train`, `inputs.validation`, `inputs.evaluate`, `inputs.predict`.

Statistics are of up to 2,000 evenly spread rows (`looked_at`), NaN left out; `nonfinite` is counted over all.
Keys beyond the named ones: `looked_at`, `nonfinite_rows`, `zeros` (share), `features` (how many),
`std_ratio` (largest ÷ smallest standard deviation of a feature that changes; `scale_ratio` is that of the root mean
squares), `quantiles` (1, 25, 50, 75, 99 %), `text`, `vocabulary` (largest token + 1). `constant_share`: of features
that never change. `feature_common`, of tables alone: the share of rows that hold a feature's median.
Features are columns of tables; channels of images; for longer rows positions (up to 512 of them are told).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graduate.looks.arrays import (
    count_nonfinite,
    is_text,
    named_arrays,
    numbers,
    some_rows,
    whole_numbers,
)
from graduate.looks.quiet import quiet
from graduate.looks.walk import named_layers

_ROWS = 2000
_FEATURES = 512
_NORMALISERS = (
    "Normalization",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "UnitNormalization",
    "RMSNormalization",
    "Rescaling",
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
    "Discretization",
    "Hashing",
    "CategoryEncoding",
    "Embedding",
)
_PASSING = (
    "InputLayer",
    "Masking",
    "Reshape",
    "Flatten",
    "Permute",
    "Identity",
    "Dropout",
    "GaussianNoise",
    "Concatenate",
)


@quiet
def look(x: Any, model: Any = None) -> dict[str, Any]:
    """Facts of rows.

    Args:
        x: what `fit`, `evaluate` or `predict` got, or a batch: an array, or lists and dicts of them. The facts are of
            the first input, the others' stand under `others`.
        model: says whether the first layer normalises, and whether whole numbers are tokens (an Embedding takes them).
    """
    named = named_arrays(x)
    if not named:
        return {}
    embeds, normalises = _first_layers(model)
    first, *rest = named
    facts = _of(named[first], embeds)
    if normalises is not None:
        facts["first_layer_normalises"] = normalises
    if rest:
        facts["others"] = {name: _of(named[name], embeds) for name in rest[:16]}
    return facts


def _of(array: np.ndarray, embeds: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "shape": [int(size) for size in array.shape[1:]],
        "dtype": "text" if is_text(array) else str(array.dtype),
        "rows": len(array),
        "text": is_text(array),
    }
    if len(array) == 0 or array.size == 0:
        return facts
    sample = some_rows(array, _ROWS)
    facts["looked_at"] = len(sample)
    facts["duplicate_share"] = duplicate_share(sample)
    if is_text(array):
        return facts
    facts["nonfinite"], facts["nonfinite_rows"] = count_nonfinite(array)
    values = numbers(sample)
    values[~np.isfinite(values)] = np.nan
    finite = values[np.isfinite(values)]
    if not finite.size:
        return facts
    facts.update(
        least=float(finite.min()),
        largest=float(finite.max()),
        mean=float(finite.mean()),
        std=float(finite.std()),
        zeros=float((finite == 0).mean()),
        quantiles=[
            float(one) for one in np.quantile(finite[:: max(1, finite.size // 200_000)], [0.01, 0.25, 0.5, 0.75, 0.99])
        ],
        integers=whole_numbers(sample),
    )
    facts["tokens"] = _tokens(sample, facts, embeds)
    if facts["tokens"]:
        facts["vocabulary"] = int(facts["largest"]) + 1
    facts.update(_features(values))
    return facts


def _features(values: np.ndarray) -> dict[str, Any]:
    """Mean and standard deviation feature by feature."""
    flat = values.reshape(len(values), -1)
    constant = float((np.nanmax(_filled(flat), axis=0) == np.nanmin(_filled(flat), axis=0)).mean())
    if values.ndim >= 3:  # images and series: channels are the features
        flat = values.reshape(-1, values.shape[-1])
    columns = flat[:, :_FEATURES]
    weight = np.isfinite(columns).sum(axis=0)
    with np.errstate(all="ignore"):
        means = np.where(weight > 0, np.nansum(columns, axis=0) / np.maximum(weight, 1), np.nan)
        stds = np.sqrt(np.nansum((columns - means) ** 2, axis=0) / np.maximum(weight, 1))
    common = (columns == np.median(_filled(columns), axis=0)).mean(axis=0) if values.ndim == 2 else np.array([])
    spread = stds[np.isfinite(stds) & (stds > 0)]
    sizes = np.sqrt(means**2 + stds**2)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return {
        "features": int(flat.shape[1]),
        "feature_means": [float(one) for one in means],
        "feature_stds": [float(one) for one in stds],
        "feature_common": [float(one) for one in common],
        "scale_ratio": float(sizes.max() / sizes.min()) if sizes.size else 1.0,
        "std_ratio": float(spread.max() / spread.min()) if spread.size else 1.0,
        "constant_share": constant,
    }


def _filled(flat: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(flat), flat, 0.0)


def _tokens(sample: np.ndarray, facts: dict[str, Any], embeds: bool) -> bool:
    """Numbers that name words: whole, not negative, and looked up by an Embedding (or long rows of many integers)."""
    if not facts["integers"] or facts["least"] < 0 or sample.ndim != 2:
        return False
    return embeds or (sample.dtype.kind in "iu" and sample.shape[1] >= 4 and sample.dtype != np.uint8)


def duplicate_share(sample: np.ndarray) -> float:
    """Share of rows that equal an earlier one."""
    from graduate.looks.overlap import row_hashes

    hashes = row_hashes(sample)
    return 1.0 - len(np.unique(hashes)) / len(hashes) if len(hashes) else 0.0


def _first_layers(model: Any) -> tuple[bool, bool | None]:
    """(an Embedding takes the input, a layer that normalises comes before any with a kernel); unknown → False, None."""
    if model is None:
        return False, None
    try:
        layers = [layer for _, layer in named_layers(model)]
    except Exception:  # not a Keras model
        return False, None
    kinds = [type(layer).__name__ for layer in layers]
    ahead = [kind for kind in kinds if kind not in _PASSING and not kind.startswith("Random")]
    first = ahead[0] if ahead else None
    embeds = "Embedding" in kinds[: kinds.index(first) + 1] if first else False
    return embeds or "Embedding" in kinds, first in _NORMALISERS
