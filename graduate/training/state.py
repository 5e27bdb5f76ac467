"""What a training remembers besides variables: its position, its history, and what early stopping has seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graduate.training.options import EarlyStopping


@dataclass
class TrainingState:
    """All of it is in every checkpoint.

    Args:
        step: optimizer steps done.
        history: a row per evaluation: step, loss, accuracy (means over the steps since the row before), learning_rate,
            eval_loss, eval_accuracy (None without an eval split).
        sums: loss, right answers and steps since the last row.
        best: the best value of the metric that early stopping watches, so far.
        best_step: where that was.
        waited: evaluations since then.
        stopped: whether early stopping or a callback ended the training.
        metric: what is counted beside the loss: accuracy or mae.
        callbacks: what callbacks keep, see `graduate.training.hooks`.
        best_weights: the weights at `best_step`; empty without early stopping.
    """

    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    best: float | None = None
    best_step: int = 0
    waited: int = 0
    stopped: bool = False
    metric: str = "accuracy"
    callbacks: dict[str, np.ndarray] = field(default_factory=dict)
    best_weights: list[np.ndarray] = field(default_factory=list)

    def trained(self, losses: np.ndarray, rights: np.ndarray) -> None:
        """Take note of the steps of a call. Summed one by one, so that the length of calls does not show."""
        for loss, right in zip(losses.tolist(), rights.tolist(), strict=True):
            self.sums[0] += loss
            self.sums[1] += right
        self.sums[2] += len(losses)
        self.step += len(losses)

    def means(self, batch: int) -> tuple[float | None, float | None]:
        """Mean loss and accuracy since the last row of the history; None where there were no steps."""
        loss, right, steps = self.sums
        return (loss / steps, right / (steps * batch)) if steps else (None, None)

    def evaluated(self, batch: int, rate: float, metrics: dict[str, float]) -> None:
        """Close a row of the history."""
        loss, accuracy = self.means(batch)
        self.history.append(
            {
                "step": self.step,
                "loss": loss,
                self.metric: accuracy,
                "learning_rate": rate,
                "eval_loss": metrics.get("loss"),
                f"eval_{self.metric}": metrics.get(self.metric),
            }
        )
        self.sums = [0.0, 0.0, 0.0]

    def judge(self, rule: EarlyStopping, metrics: dict[str, float]) -> bool:
        """Whether this evaluation is the best so far; sets `stopped` at the end of patience. NaN is never better."""
        value = metrics[rule.metric]
        gain = value if rule.metric == "accuracy" else -value
        before = None if self.best is None else self.best if rule.metric == "accuracy" else -self.best
        improved = not math.isnan(gain) and (before is None or gain > before + rule.min_delta)
        if improved:
            self.best, self.best_step, self.waited = value, self.step, 0
        else:
            self.waited += 1
            self.stopped = self.waited >= rule.patience
        return improved
