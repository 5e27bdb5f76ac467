"""What is measured of numbers and of several labels, against scikit-learn; and the objectives, against Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from graduate.components import labels_metrics, number_metrics
from graduate.components.schema import infer
from graduate.training import targets
from tests.tensorflow import tiny_rows

RANDOM = np.random.default_rng(0)


def in_parts(kind, wanted, said):
    """The rows in three accumulators of other sizes, merged."""
    whole = kind()
    for part in np.split(np.arange(len(wanted)), [3, 40]):
        one = kind()
        for at in part:
            one.add(wanted[at], said[at])
        whole += one
    return whole.values()


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("far", [0.0, 1e7], ids=["near 0", "far from 0"])
def test_numbers_are_measured_as_scikit_learn_does(columns, far):
    wanted = RANDOM.normal(far, 2, (200, columns)) * np.arange(1, columns + 1)
    said = wanted + RANDOM.normal(0, 1, wanted.shape)
    found, each = in_parts(number_metrics.Sums, wanted, said)
    assert found["examples"] == 200
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(wanted, said))
    assert found["loss"] == pytest.approx(metrics.mean_squared_error(wanted, said))
    assert found["rmse"] == pytest.approx(found["loss"] ** 0.5)
    assert found["r2"] == pytest.approx(metrics.r2_score(wanted, said), rel=1e-6)
    if columns == 1:
        assert each == {}
    else:
        assert each["r2"] == pytest.approx(metrics.r2_score(wanted, said, multioutput="raw_values"), rel=1e-6)


def test_numbers_that_are_all_the_same_have_no_r2():
    found, _ = in_parts(number_metrics.Sums, np.ones((50, 1)), np.zeros((50, 1)))
    assert np.isnan(found["r2"])


def test_several_labels_are_measured_as_scikit_learn_does():
    wanted = (RANDOM.random((300, 3)) < [0.5, 0.2, 0.8]).astype(float)
    said = np.clip(wanted * 0.3 + RANDOM.random((300, 3)) * 0.7, 0, 1)
    whole, each = in_parts(labels_metrics.Counts, wanted, said)
    half = said >= 0.5
    assert whole["accuracy"] == pytest.approx((half == wanted).mean())
    assert whole["loss"] == pytest.approx(np.mean([metrics.log_loss(wanted[:, k], said[:, k]) for k in range(3)]))
    for k in range(3):
        assert each["precision"][k] == pytest.approx(metrics.precision_score(wanted[:, k], half[:, k]))
        assert each["recall"][k] == pytest.approx(metrics.recall_score(wanted[:, k], half[:, k]))
        assert each["auc"][k] == pytest.approx(metrics.roc_auc_score(wanted[:, k], said[:, k]), abs=1e-3)
    assert whole["auc"] == pytest.approx(each["auc"].mean())


def test_a_label_that_no_row_has_leaves_the_means_alone():
    wanted, said = np.array([[1, 0], [0, 0], [1, 0]] * 20, float), np.full((60, 2), 0.1)
    whole, each = in_parts(labels_metrics.Counts, wanted, said)
    assert np.isnan(each["recall"][1])
    assert whole["recall"] == 0.0


@pytest.mark.parametrize("target", ["number", "labels"])
def test_objectives_are_those_of_keras(target):
    labels = tf.constant(RANDOM.random((8, 2)) < 0.5, tf.float32)
    outputs = tf.constant(RANDOM.normal(size=(8, 2)), tf.float32)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    own = targets.aim(target, model)
    keras_loss = targets.keras_loss(target, own.from_logits)
    assert float(tf.reduce_mean(own(labels, outputs))) == pytest.approx(float(keras_loss(labels, outputs)), rel=1e-6)
    assert own(labels, outputs).shape == own.score(labels, outputs).shape == (8,)


def test_one_number_a_row_may_come_without_a_dimension_of_its_own():
    aim = targets.Numbers()
    flat = aim.score(tf.constant([1.0, 2.0]), tf.constant([[2.0], [4.0]]))
    assert flat.numpy().tolist() == [1.0, 2.0]


def test_what_training_counted_of_numbers_is_told_in_their_own_units():
    told = targets.in_own_units("number", {"mae": 0.5, "loss": 0.25}, np.array([10.0]))
    assert told == {"mae": 5.0, "loss": 25.0}
    assert targets.in_own_units("class", {"accuracy": 0.5, "loss": 0.25}, None) == {"accuracy": 0.5, "loss": 0.25}


def test_a_schema_lists_the_values_of_small_categories_alone_and_the_length_of_labels():
    rows = []
    for number in range(200):
        row = tf.train.Example()
        texts = {"sex": "fm"[number % 2], "name": f"n{number}", "hash": f"{number:x}", "path": f"p{number}"}
        for name, text in texts.items():
            row.features.feature[name].bytes_list.value.append(text.encode())
        row.features.feature["age"].float_list.value.append(number)
        row.features.feature["label"].float_list.value.extend([0.0, 1.0, float(number % 2)])
        rows.append(row.SerializeToString())
    schema = infer(tiny_rows.statistics(rows))
    features = {feature.name: feature for feature in schema.feature}
    assert {domain.name: list(domain.value) for domain in schema.string_domain} == {"values of sex": ["f", "m"]}
    assert features["sex"].distribution_constraints.min_domain_mass == pytest.approx(0.95)
    assert [dim.size for dim in features["label"].shape.dim] == [3]
    assert not features["age"].WhichOneof("domain_info")
    assert [dim.size for dim in features["age"].shape.dim] == []
