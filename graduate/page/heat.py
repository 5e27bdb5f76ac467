"""A heat map layers × steps: what a page shows of a table of a trace, small enough to be drawn at once. NumPy only."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from graduate.trace import Trace

COLUMNS = 600

# A cell is a byte: what it could not measure, exactly zero, not finite, then a value on a logarithmic scale.
MISSING, ZERO, NONFINITE, FIRST = 0, 1, 2, 3


def layers_of(trace: Trace) -> tuple[list[str], np.ndarray]:
    """Names of the layers with trainable variables, in forward order, and (V,) the layer of each variable."""
    names: list[str] = []
    which = []
    for variable in trace.facts.variables:
        if variable.layer not in names:
            names.append(variable.layer)
        which.append(names.index(variable.layer))
    return names, np.asarray(which, np.int64)


def by_layer(table: np.ndarray, which: np.ndarray, layers: int) -> np.ndarray:
    """Norms by layer: (T, V) norms of variables → (T, L), the root of the sum of their squares.

    NaN, which says that there is no gradient, counts as zero unless the whole layer has none; infinite stays infinite.
    """
    found = np.full((len(table), layers), np.nan, np.float32)
    for layer in range(layers):
        own = table[:, which == layer].astype(np.float64)
        if own.shape[1]:
            total = np.sqrt(np.nansum(np.square(own), axis=1))
            found[:, layer] = np.where(np.isnan(own).all(1), np.nan, total)
    return found


def gradient_norms(trace: Trace) -> np.ndarray:
    """(T, L): the gradient norm of each layer; infinite where a gradient of it is not finite."""
    names, which = layers_of(trace)
    norms = trace.table("gradient_norm")
    if "gradient_nonfinite" in trace.columns():
        with np.errstate(invalid="ignore"):
            norms = np.where(trace.table("gradient_nonfinite") > 0, np.float32(np.inf), norms)
    return by_layer(norms, which, len(names))


def update_ratios(trace: Trace) -> np.ndarray:
    """(T, L): ‖Δw‖ / ‖w‖ of each layer; 0 where nothing moved."""
    names, which = layers_of(trace)
    update = by_layer(trace.table("update_norm"), which, len(names))
    weight = by_layer(trace.table("weight_norm"), which, len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(update == 0, np.float32(0), update / weight)


def encoded(title: str, names: Sequence[str], steps: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """What the page's script draws: at most 600 columns, each the largest of its steps, so that no spike is lost.

    Args:
        title: of the map.
        names: of the layers, (L,).
        steps: (T,).
        values: (T, L).

    Returns:
        JSON values: `cells` is base64 of bytes, layer by layer; `low` and `high` the decades of bytes 3 and 255.
    """
    edges = np.unique(np.linspace(0, len(steps), min(COLUMNS, len(steps)) + 1).astype(int)[:-1])
    lost = np.isinf(values) if len(values) else np.zeros(values.shape, bool)
    largest = np.fmax.reduceat(np.where(lost, np.nan, values), edges, axis=0)
    broken = np.logical_or.reduceat(lost, edges, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(largest.astype(np.float64))
    usual = logs[np.isfinite(logs)]
    low, high = (float(usual.min()), float(usual.max())) if len(usual) else (-1.0, 1.0)
    span = max(high - low, 1e-6)
    scaled = np.nan_to_num((logs - low) / span, nan=0.0, posinf=0.0, neginf=0.0)
    cells = np.round(FIRST + (255 - FIRST) * scaled).astype(np.uint8)
    cells[largest == 0] = ZERO
    cells[np.isnan(largest)] = MISSING
    cells[broken] = NONFINITE
    return {
        "title": title,
        "layers": list(names),
        "starts": steps[edges].tolist(),
        "end": int(steps[-1]),
        "low": low,
        "high": low + span,
        "cells": base64.b64encode(np.ascontiguousarray(cells.T).tobytes()).decode(),
    }
