"""Metrics of your own, over all rows of the split, and again over those of each slice."""

import numpy as np


def within_two(labels, answers):
    """Share of rows whose class is among the two likeliest. labels (N,) indices, answers (N, classes) probabilities."""
    best = np.argsort(answers, axis=1)[:, -2:]
    return np.mean((best == labels[:, None]).any(axis=1))
