"""What a classifier's answers on a set of rows come to: confusion matrix, loss, AUC, calibration. NumPy alone.

A tally takes rows one by one, merges with others, and needs memory for at most FOLD_AT rows however many come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

FOLD_AT = 4096  # rows kept as they are; beyond, counts alone
CONFIDENCE_BINS = 15  # Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4
SCORE_BINS = 1024  # equal steps of log-odds: where scores crowd, near 0 and 1, they are told apart best
_LOG_ODDS = 17.0  # float32 reaches no further from 1
_SMALLEST = 1e-7  # Keras's epsilon: one certain mistake is not an infinite loss


@dataclass(frozen=True)
class Scores:
    """The result of a tally over K classes.

    Attributes:
        examples: number of rows.
        accuracy: share of rows whose label is the most probable class.
        loss: mean categorical cross-entropy in nats, probabilities clipped at 1e-7.
        calibration_error: expected calibration error of the most probable class, 15 equal bins.
        precision, recall, auc: (K,) one class against the rest, by the most probable class; NaN where undefined. AUC is exact up to
            FOLD_AT rows, beyond from 1,024 bins of log-odds.
        support: (K,) rows of each class.
        confusion: (K + 1, K + 1) counts, actual by predicted; the last row holds labels that are none of the classes, the last
            column rows whose probabilities are not numbers.
        bins: (15, 3) per confidence bin: rows, sum of confidence, rows that are right.
    """

    examples: int
    accuracy: float
    loss: float
    calibration_error: float
    precision: np.ndarray
    recall: np.ndarray
    auc: np.ndarray
    support: np.ndarray
    confusion: np.ndarray
    bins: np.ndarray

    def macro(self, name: str) -> float:
        """The mean of precision, recall or auc over the classes that have rows; NaN where none is defined."""
        values = getattr(self, name)[self.support > 0]
        values = values[np.isfinite(values)]
        return float(values.mean()) if values.size else float("nan")

    def overall(self) -> dict[str, Any]:
        """The metrics that bounds may name."""
        return {
            "examples": self.examples,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "calibration_error": self.calibration_error,
            **{name: self.macro(name) for name in ("precision", "recall", "auc")},
        }


class Tally:
    """Collects rows. Adding a row only appends to a list: the arithmetic is done on many at once."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._labels: list[int] = []
        self._answers: list[np.ndarray] = []
        self._confusion = np.zeros((classes + 1, classes + 1), np.int64)
        self._loss = 0.0
        self._bins = np.zeros((CONFIDENCE_BINS, 3), np.float64)
        self._scores: np.ndarray | None = None  # (2, K, SCORE_BINS): rows of other classes, rows of the class

    def add(self, label: int, probabilities: np.ndarray) -> None:
        """Take a row: the index of its class, -1 where the model does not know the class, and (K,) probabilities."""
        self._labels.append(int(label))
        self._answers.append(probabilities)
        if len(self._labels) >= FOLD_AT:
            self._fold()

    def merge(self, other: Tally) -> None:
        """Take over the rows of another tally of the same classes."""
        self._labels += other._labels
        self._answers += other._answers
        self._confusion += other._confusion
        self._loss += other._loss
        self._bins += other._bins
        if other._scores is not None:
            self._scores = other._scores if self._scores is None else self._scores + other._scores
        if len(self._labels) >= FOLD_AT:
            self._fold()

    def scores(self) -> Scores:
        """The result so far; rows may be added after it."""
        whole = self if self._scores is not None else None
        if whole is not None:
            whole._fold()
            return _scores(whole, _binned_auc(whole._scores))  # type: ignore[arg-type]
        counted = Tally(self.classes)
        labels, answers = self._rows()
        counted._count(labels, answers)
        return _scores(counted, _exact_auc(labels, answers))

    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        answers = np.asarray(self._answers, np.float64).reshape(len(self._labels), self.classes)
        return np.asarray(self._labels, np.int64), answers

    def _fold(self) -> None:
        if not self._labels:
            return
        labels, answers = self._rows()
        self._labels, self._answers = [], []
        self._count(labels, answers)
        if self._scores is None:
            self._scores = np.zeros((2, self.classes, SCORE_BINS), np.int64)
        known = np.arange(self.classes)
        at = _score_bin(answers)
        is_class = (labels[:, None] == known[None]).astype(np.int64)
        np.add.at(self._scores, (is_class, known[None], at), 1)

    def _count(self, labels: np.ndarray, answers: np.ndarray) -> None:
        if not labels.size:
            return
        rows = np.arange(labels.size)
        sound = np.isfinite(answers).all(axis=1)
        predicted = np.where(sound, answers.argmax(axis=1), self.classes)
        actual = np.where(labels < 0, self.classes, labels)
        np.add.at(self._confusion, (actual, predicted), 1)
        of_label = np.where(labels < 0, 0.0, answers[rows, np.maximum(labels, 0)])
        self._loss += float(-np.log(np.clip(of_label, _SMALLEST, 1.0)).sum())  # NaN stays NaN
        confidence = np.where(sound, answers.max(axis=1), 0.0)
        bin_of = np.clip((confidence * CONFIDENCE_BINS).astype(np.int64), 0, CONFIDENCE_BINS - 1)
        right = (predicted == labels).astype(np.float64)
        np.add.at(self._bins, bin_of, np.stack([np.ones_like(right), confidence, right], axis=1))


def _scores(tally: Tally, auc: np.ndarray) -> Scores:
    confusion, number = tally._confusion, tally.classes
    examples = int(confusion.sum())
    hits = confusion.diagonal()[:number].astype(np.float64)
    support, predicted = confusion.sum(axis=1)[:number], confusion.sum(axis=0)[:number]
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = np.where(support > 0, hits / support, np.nan)
        # A class that has rows and is never predicted has precision 0, not an undefined one that an average would leave out.
        precision = np.where(predicted > 0, hits / np.maximum(predicted, 1), np.where(support > 0, 0.0, np.nan))
    rows = tally._bins[:, 0]
    gap = np.abs(tally._bins[:, 1] - tally._bins[:, 2]).sum()
    return Scores(
        examples=examples,
        accuracy=float(hits.sum() / examples) if examples else float("nan"),
        loss=tally._loss / examples if examples else float("nan"),
        calibration_error=float(gap / rows.sum()) if examples else float("nan"),
        precision=precision,
        recall=recall,
        auc=auc,
        support=support,
        confusion=confusion,
        bins=tally._bins,
    )


def _exact_auc(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """The chance that a row of the class scores higher than a row of another, ties counting half; NaN where one is missing."""
    result = np.full(answers.shape[1], np.nan)
    for index in np.unique(labels[labels >= 0]):
        scores, is_class = answers[:, index], labels == index
        ours, others = scores[is_class], np.sort(scores[~is_class])
        if others.size and np.isfinite(scores).all():
            below = np.searchsorted(others, ours, "left") + np.searchsorted(others, ours, "right")
            result[index] = below.sum() / 2 / (ours.size * others.size)
    return result


def _binned_auc(scores: np.ndarray) -> np.ndarray:
    others, ours = scores.astype(np.float64)
    below = np.cumsum(others, axis=1) - others / 2
    pairs = ours.sum(axis=1) * others.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (ours * below).sum(axis=1) / pairs, np.nan)


def _score_bin(answers: np.ndarray) -> np.ndarray:
    clipped = np.clip(np.nan_to_num(answers), np.exp(-_LOG_ODDS), 1 - np.exp(-_LOG_ODDS))
    log_odds = np.log(clipped) - np.log1p(-clipped)
    return np.clip(((log_odds + _LOG_ODDS) / (2 * _LOG_ODDS) * SCORE_BINS).astype(np.int64), 0, SCORE_BINS - 1)
