"""The loss of the best constant predictor is Keras' own loss of it, and no other constant is better."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.looks import constant, objective

RNG = np.random.default_rng(5)
REALS = RNG.gamma(2.0, 1.0, (400, 3)).astype(np.float32)
BINARY = (RNG.random((400, 1)) < 0.3).astype(np.float32)
CLASSES = np.minimum(RNG.geometric(0.4, 400) - 1, 4)
ONE_HOT = np.eye(5, dtype=np.float32)[CLASSES]
K = keras.losses

CASES = [
    (K.MeanSquaredError(), REALS),
    (K.MeanAbsoluteError(), REALS),
    (K.MeanAbsolutePercentageError(), REALS + 0.5),
    (K.MeanSquaredLogarithmicError(), REALS),
    (K.Huber(delta=0.7), REALS),
    (K.LogCosh(), REALS),
    (K.Poisson(), np.round(REALS)),
    (K.Hinge(), BINARY),
    (K.SquaredHinge(), 2 * BINARY - 1),
    (K.BinaryCrossentropy(), BINARY),
    (K.BinaryCrossentropy(label_smoothing=0.2), BINARY),
    (K.BinaryFocalCrossentropy(gamma=1.5), BINARY),
    (K.CategoricalCrossentropy(), ONE_HOT),
    (K.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT),
    (K.SparseCategoricalCrossentropy(), CLASSES),
    (K.KLDivergence(), ONE_HOT),
    (K.CosineSimilarity(), REALS),
]


def units_of(y):
    return 5 if y is CLASSES else y.shape[1]


@pytest.mark.parametrize(("loss", "y"), CASES, ids=lambda one: getattr(one, "name", ""))
def test_it_is_what_keras_computes_for_the_constant_and_the_least(loss, y):
    facts = constant.look(y, objective.look(loss=loss))
    best = np.array(facts["prediction"], np.float32)

    def keras_loss(point):
        return float(loss(y, np.tile(point, (len(y), 1)).astype(np.float32)))

    assert facts["how"] == "formula"
    assert facts["loss"] == pytest.approx(keras_loss(best), rel=2e-3, abs=1e-5)
    for step in (0.9, 1.1):  # shares stay shares
        other = best * (np.arange(len(best)) % 2 * (step - 1) + 1 if len(best) > 1 else step)
        if "categorical" in loss.name or "kl" in loss.name:
            other = other / other.sum()
        assert keras_loss(other) >= facts["loss"] - 1e-4


def test_class_weights_weigh():
    weights = {0: 1.0, 1: 5.0}
    y = BINARY[:, 0].astype(int)
    facts = constant.look(y, objective.look(loss="binary_crossentropy"), class_weight=weights)
    share = 5 * y.sum() / (5 * y.sum() + (1 - y).sum())
    assert facts["prediction"][0] == pytest.approx(share)
    given = np.where(y, 5.0, 1.0)
    assert facts["loss"] == pytest.approx(
        float(K.BinaryCrossentropy()(y[:, None], np.full((400, 1), share), sample_weight=given)), rel=1e-4
    )


def test_ignored_classes_are_left_out():
    y = np.where(RNG.random(400) < 0.5, -1, CLASSES)
    facts = constant.look(y, objective.look(loss=K.SparseCategoricalCrossentropy(ignore_class=-1)))
    shares = np.bincount(y[y >= 0]) / (y >= 0).sum()
    assert facts["loss"] == pytest.approx(-(shares * np.log(shares)).sum())


def test_sequences_of_classes_share_one_constant():
    y = RNG.integers(0, 7, (50, 12))
    facts = constant.look(y, objective.look(loss="sparse_categorical_crossentropy"))
    assert facts["loss"] == pytest.approx(np.log(7), abs=0.02)


def test_majority_entropy_and_variance_are_told():
    facts = constant.look(CLASSES, objective.look(loss="sparse_categorical_crossentropy"), y_validation=CLASSES[:50])
    assert facts["metric"] == (CLASSES == 0).mean()
    assert facts["metric_validation"] == (CLASSES[:50] == 0).mean()
    assert facts["label_entropy"] == pytest.approx(facts["loss"])
    assert constant.look(REALS, objective.look(loss="mse"))["label_variance"] == pytest.approx(REALS.var(axis=0).mean())


def test_the_constant_of_a_programs_own_loss_is_searched_for():
    def pinball(y, p):
        error = tf.cast(y, p.dtype) - p
        return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error))

    y = REALS[:, :1]
    facts = constant.look(y, objective.look(loss=pinball), pinball)
    best = np.quantile(y, 0.9)
    assert facts["how"] == "search"
    assert facts["loss"] == pytest.approx(float(pinball(y, np.full((400, 1), best, np.float32))), rel=0.15)


def test_a_loss_that_cannot_be_called_has_no_constant():
    def odd(y, p):
        raise ValueError("not so")

    assert constant.look(REALS, objective.look(loss=odd), odd)["loss"] is None


@pytest.mark.parametrize("y", [None, [], np.array(["a", "b"]), np.full(9, np.nan), np.zeros((0, 2)), {}, [[1], [1, 2]]])
@pytest.mark.parametrize("loss", ["mse", "sparse_categorical_crossentropy", "categorical_crossentropy", "hinge"])
def test_odd_labels_are_survived(y, loss):
    assert isinstance(constant.look(y, objective.look(loss=loss)), dict)
