"""The simple gradient noise scale: about how many rows a batch may have before more of them teach nothing new.

McCandlish, Kaplan, Amodei and the OpenAI Dota team (2018), "An Empirical Model of Large-Batch Training", appendix A.1:
from the squared norms of the gradients of a small and a big batch,

    |G|² ≈ (B_big |G_big|² - B_small |G_small|²) / (B_big - B_small)
    tr Σ ≈ (|G_small|² - |G_big|²) / (1 / B_small - 1 / B_big)
    B_simple = tr Σ / |G|²

The small batches are parts of the big one, so that each row is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_SMALL, _PARTS = 16, 12


def noise_scale(
    model: Any, inputs: np.ndarray, labels: np.ndarray, objective: Any, batch_size: int
) -> Mapping[str, Any]:
    """The fact `noise_scale` at the model's present weights; empty where there are too few rows.

    The model is called as in inference: neither its random state nor its moving statistics change.

    Args:
        inputs: (N, …) as the network gets them.
        labels: (N,) class indices, or (N, …) targets.
        objective: of the training: see `graduate.training.targets.Aim`.
        batch_size: of the training.
    """
    parts = min(_PARTS, len(labels) // _SMALL)
    if parts < 4:
        return {}
    chosen = np.linspace(0, len(labels) - 1, parts * _SMALL).astype(np.int64)
    chosen = np.random.default_rng(0).permutation(chosen).reshape(parts, _SMALL)
    squares, total = [], None
    for index in chosen:
        gradient = _gradient(model, inputs[index], labels[index], objective)
        squares.append(sum(float(np.vdot(one, one)) for one in gradient))
        total = gradient if total is None else [a + b for a, b in zip(total, gradient, strict=True)]
    assert total is not None
    small, big = float(np.mean(squares)), sum(float(np.vdot(one, one)) for one in total) / parts**2
    signal = (parts * _SMALL * big - _SMALL * small) / (parts * _SMALL - _SMALL)
    noise = (small - big) / (1 / _SMALL - 1 / (parts * _SMALL))
    how = f"{parts} parts of {_SMALL} rows at the last weights"
    if not np.isfinite(small) or noise <= 0:
        return {}
    if signal <= 0:  # the noise drowns the gradient: more than can be told from so many rows
        return {"b_simple": float(parts * _SMALL), "at_least": True, "batch_size": batch_size, "how": how}
    return {"b_simple": noise / signal, "batch_size": batch_size, "how": how}


def _gradient(model: Any, inputs: np.ndarray, labels: np.ndarray, objective: Any) -> list[np.ndarray]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(objective.plain(tf.constant(labels), model(inputs, training=False)))
    found = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return [np.asarray(tf.convert_to_tensor(one)) for one in found if one is not None]
