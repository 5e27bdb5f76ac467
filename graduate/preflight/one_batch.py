"""Can the network fit a single batch? One that cannot will not fit more rows either (Goodfellow et al. 2016, 11.5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from graduate.preflight.trial import Clock, Trial

STEPS, ROWS = 200, 32
FITS = 0.3  # of the constant predictor's loss, above the least that is possible: less counts as fitted
_LEAST = 60  # steps, whatever the clock says
_RATES = (1e-3, 1e-2, 1e-4)


def fit_one_batch(
    trial: Trial, x: Any, y: Any, constant_loss: float | None, clock: Clock, rate: float | None = None
) -> dict[str, Any]:
    """Train on one batch until it is fitted, at the proposed rate and then at others.

    Args:
        x, y: the batch.
        constant_loss: of the best constant predictor of these labels; where it is not known, the loss at first.
        clock: a rate begins only while there is time.
        rate: tried first.

    Returns:
        {first_loss, last_loss, constant_loss, steps, rate, fits, hurried, moved}: of the best rate; `hurried` where
        the clock ended it before it fitted, `moved` says of each trainable variable whether it changed.
    """
    best: dict[str, Any] = {}
    for tried in dict.fromkeys([rate, *_RATES] if rate else _RATES):
        assert tried is not None
        if best and clock.over:
            break
        found = _at(trial, x, y, tried, constant_loss, clock)
        trial.back()
        if not best or _better(found["last_loss"], best["last_loss"]):
            best = found
        if best["fits"]:
            break
    return best


def _at(trial: Trial, x: Any, y: Any, rate: float, constant_loss: float | None, clock: Clock) -> dict[str, Any]:
    before = [np.array(variable) for variable in trial.variables]
    first = trial.loss(x, y)
    bound = FITS * (first if constant_loss is None else constant_loss)
    losses: list[float] = []
    hurried = False
    for _ in range(STEPS):
        losses.append(trial.train(x, y, rate))
        if clock.over and _LEAST <= len(losses) < STEPS:
            hurried = True
            break
        if not np.isfinite(losses[-1]) or (len(losses) >= 5 and np.median(losses[-5:]) < bound / 2):
            break
    last = float(np.median(losses[-5:]))
    moved = [not np.array_equal(old, np.asarray(new)) for old, new in zip(before, trial.variables, strict=True)]
    return {
        "first_loss": first,
        "last_loss": last,
        "constant_loss": constant_loss,
        "steps": len(losses),
        "rate": rate,
        "fits": bool(last < bound),
        "hurried": hurried and not last < bound,
        "moved": moved,
    }


def _better(one: float, other: float) -> bool:
    return bool(np.isfinite(one) and (not np.isfinite(other) or one < other))
