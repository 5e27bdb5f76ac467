"""What the Evaluator measures where a row has several labels, as one TFMA metric in a single pass over the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from graduate.components import one_pass
from graduate.components.classifier_metrics import SMALLEST

NUMBERS = ("accuracy", "loss", "precision", "recall", "auc")
_BINS = 4096  # of a score between 0 and 1


@dataclass
class Counts:
    """Everything the metrics are made of; two of them add up.

    `scores` (K, 2, bins): rows of each label that are 0 and that are 1, by the probability given.
    """

    rows: int = 0
    loss: float = 0.0
    scores: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, _BINS)))

    def add(self, label: np.ndarray, given: np.ndarray) -> None:
        """Add a row: (K,) of 0 and 1, and (K,) probabilities."""
        wanted, said = np.asarray(label, np.float64).ravel(), np.asarray(given, np.float64).ravel()
        if not len(self.scores):
            self.scores = np.zeros((len(wanted), 2, _BINS))
        clipped = np.clip(said, SMALLEST, 1 - SMALLEST)
        self.rows += 1
        self.loss += float(-np.mean(wanted * np.log(clipped) + (1 - wanted) * np.log(1 - clipped)))
        places = np.clip((np.nan_to_num(said) * _BINS).astype(int), 0, _BINS - 1)
        self.scores[np.arange(len(wanted)), (wanted > 0.5).astype(int), places] += 1

    def __iadd__(self, other: Counts) -> Counts:
        if len(other.scores):
            self.scores = self.scores + other.scores if len(self.scores) else other.scores.copy()
        self.rows += other.rows
        self.loss += other.loss
        return self

    def values(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics of all rows, and per label (K,); means over labels leave out what has no meaning.

        accuracy: share of all labels that are right at 0.5; precision, recall and auc: of each label, then their mean.
        """
        if not self.rows:
            return {"examples": 0.0}, {}
        half = _BINS // 2
        wrong_yes, right_yes = self.scores[:, 0, half:].sum(1), self.scores[:, 1, half:].sum(1)
        right_no, wrong_no = self.scores[:, 0, :half].sum(1), self.scores[:, 1, :half].sum(1)
        own = right_yes + wrong_no
        precision = np.where(own > 0, right_yes / np.maximum(right_yes + wrong_yes, 1), np.nan)
        recall = np.where(own > 0, right_yes / np.maximum(own, 1), np.nan)
        auc = self._auc()
        whole = {
            "examples": float(self.rows),
            "accuracy": float((right_yes + right_no).sum() / self.scores.sum()),
            "loss": self.loss / self.rows,
            "precision": _mean(precision),
            "recall": _mean(recall),
            "auc": _mean(auc),
        }
        return whole, {"precision": precision, "recall": recall, "auc": auc, "examples": own}

    def _auc(self) -> np.ndarray:
        """Of each label the area under its ROC curve (Mann-Whitney, ties count half)."""
        others, own = self.scores[:, 0], self.scores[:, 1]
        below = np.cumsum(others, axis=1) - others
        pairs = others.sum(1) * own.sum(1)
        wins = (own * (below + others / 2)).sum(1)
        return np.where(pairs > 0, wins / np.maximum(pairs, 1), np.nan)


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def _computations(
    name: str = "labels", eval_config: Any = None, model_names: Any = None, **_: Any
) -> metric_types.MetricComputations:
    return one_pass.computations(name, lambda key: one_pass.Combine(key, Counts), model_names)


class LabelsMetrics(metric_types.Metric):
    """TFMA's handle on all of it: named in MetricsSpec by class name and module."""

    def __init__(self, name: str = "labels") -> None:
        super().__init__(_computations, name=name)


metric_types.register_metric(LabelsMetrics)
