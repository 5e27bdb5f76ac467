"""Accuracy, recall and R² of outputs."""

from __future__ import annotations

import numpy as np
import pytest

from graduate.looks.scores import r2, score

Y = np.array([0, 1, 1, 2, 2, 2])


def test_recall_and_counts_of_classes():
    outputs = np.eye(3)[[0, 1, 2, 2, 2, 0]]
    facts = score(Y, outputs, {"loss": "sparse_categorical_crossentropy"})
    assert facts["metric"] == pytest.approx(4 / 6)
    assert facts["recall"] == pytest.approx({"0": 1, "1": 0.5, "2": 2 / 3})
    assert facts["predicted_counts"] == {"0": 2, "1": 1, "2": 3}
    assert facts["label_counts"] == {"0": 1, "1": 2, "2": 3}


@pytest.mark.parametrize(
    ("objective", "outputs"),
    [
        ({"loss": "binary_crossentropy", "output_activation": "sigmoid"}, [0.2, 0.7, 0.6]),
        ({"loss": "binary_crossentropy", "from_logits": True, "output_activation": "linear"}, [-1, 0.2, 3]),
        ({"loss": "hinge", "output_activation": "linear"}, [-1, 0.2, 3]),
        ({"loss": "mean_squared_error", "output_activation": "linear"}, [0.2, 0.7, 0.6]),
    ],
)
def test_one_output_says_yes_beyond_a_half_or_beyond_0(objective, outputs):
    assert score(np.array([0, 1, 1]), np.array(outputs)[:, None], objective)["metric"] == 1


def test_signs_are_compared_with_signs():
    assert score(np.array([-1, 1]), np.array([-0.3, 0.3]), {"loss": "hinge"})["metric"] == 1


def test_several_labels_a_row_are_judged_each():
    y = np.array([[1, 0], [1, 1]])
    facts = score(y, np.array([[0.9, 0.1], [0.2, 0.8]]), {"loss": "binary_crossentropy"}, "multi_hot")
    assert facts["metric"] == 0.75
    assert facts["recall"] == {"0": 0.5, "1": 1.0}


def test_r2_of_the_mean_is_0_and_of_the_truth_1():
    y = np.arange(10.0)
    assert r2(y, y[:, None]) == 1
    assert r2(y, np.full((10, 1), y.mean())) == pytest.approx(0)
    assert r2(np.ones(4), np.ones(4)) is None


def test_outputs_that_are_nan_are_survived():
    assert isinstance(score(Y, np.full((6, 3), np.nan), {}), dict)
    assert isinstance(score(np.arange(6) / 7, np.full((6, 1), np.nan), {}), dict)
    assert score(Y, np.zeros((5, 3)), {}) == {}
