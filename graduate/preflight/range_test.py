"""The learning-rate range test (Smith 2017, section 3.3), several times over."""

from __future__ import annotations

from typing import Any

import numpy as np

from graduate.looks.rows import pick, row_count
from graduate.preflight.propose import Proposal, propose
from graduate.preflight.trial import Clock, Trial

LEAST, LARGEST, STEPS, RUNS, BATCH = 1e-6, 10.0, 56, 3, 64
_DIVERGED = 4.0  # times the loss at the beginning


def range_test(
    trial: Trial, x: Any, y: Any, clock: Clock, *, runs: int = RUNS, steps: int = STEPS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, Proposal]:
    """Steps whose rate rises geometrically, from the same weights each time, with rows in another order.

    Args:
        x, y: rows; batches of at most 64 are taken from them.
        clock: a run begins only while there is time.
        runs: how often, at least once.
        steps: of a run.
        seed: of the orders.

    Returns:
        (steps,) rates, (runs, steps) losses (infinity from where a run diverged), and what follows from them.
    """
    rates = np.geomspace(LEAST, LARGEST, steps)
    losses: list[np.ndarray] = []
    for run in range(runs):
        if run and clock.over:
            break
        losses.append(_run(trial, x, y, rates, np.random.default_rng([seed, run])))
        trial.back()
    found = np.stack(losses)
    return rates, found, propose(rates, found)


def _run(trial: Trial, x: Any, y: Any, rates: np.ndarray, random: np.random.Generator) -> np.ndarray:
    rows = row_count(x)
    size = min(BATCH, rows)
    losses = np.full(len(rates), np.inf)
    order = np.zeros(0, np.int64)
    for i, rate in enumerate(rates):
        if len(order) < size:
            order = np.concatenate([order, random.permutation(rows)])
        index, order = np.sort(order[:size]), order[size:]
        loss = trial.train(pick(x, index), pick(y, index), float(rate))
        first = losses[: max(1, min(i, 5))]
        if not np.isfinite(loss) or (i > 5 and loss > np.median(first) + _DIVERGED * abs(np.median(first))):
            break
        losses[i] = loss
    return losses
