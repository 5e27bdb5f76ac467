"""What labels are, and in which order they came."""

from __future__ import annotations

import numpy as np
import pytest

from graduate.looks import labels

RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 5, 600)


@pytest.mark.parametrize(
    ("y", "objective", "kind"),
    [
        (CLASSES, None, "class_index"),
        (CLASSES.astype(np.float32), {"loss": "sparse_categorical_crossentropy"}, "class_index"),
        (CLASSES[:, None], None, "class_index"),
        (CLASSES % 2, None, "binary"),
        ((CLASSES % 2).astype(bool), None, "binary"),
        (2 * (CLASSES % 2) - 1, None, "binary"),
        (CLASSES % 2, {"loss": "sparse_categorical_crossentropy"}, "class_index"),
        (np.eye(5)[CLASSES], None, "one_hot"),
        (0.9 * np.eye(5)[CLASSES] + 0.02, {"loss": "categorical_crossentropy"}, "one_hot"),
        (RNG.integers(0, 2, (600, 4)), None, "multi_hot"),
        (RNG.normal(size=600), None, "real"),
        (RNG.normal(size=(600, 3)), None, "real"),
        (RNG.integers(0, 90, 600).astype(np.float64), {"loss": "mean_squared_error", "output_units": 1}, "real"),
        (RNG.integers(0, 400, 600) * 3, {"loss": "mean_squared_error", "output_units": 1}, "real"),
        (CLASSES, {"loss": "mean_squared_error", "output_units": 1}, "class_index"),
        (CLASSES, {"loss": "poisson", "output_units": 1}, "real"),
        (RNG.integers(0, 30, (600, 12)), {"loss": "sparse_categorical_crossentropy"}, "sequence"),
        (np.array(["cat", "dog"])[CLASSES % 2], None, "text"),
    ],
)
def test_the_kind_of_labels_is_told(y, objective, kind):
    assert labels.look(y, None, objective)["kind"] == kind


def test_labels_that_are_the_inputs_make_an_autoencoder():
    x = RNG.random((50, 8))
    assert labels.look(x.copy(), x=x)["kind"] == "inputs"


def test_sorted_labels_run_long_and_fill_whole_batches():
    order = labels.look(np.sort(CLASSES), batch_size=32)["order"]
    assert order["sorted"]
    assert order["run_length"] > 50 * order["expected_run_length"]
    assert order["batch_one_class_share"] > 0.6
    assert order["correlation"] > 0.95


def test_shuffled_labels_run_as_chance_has_them():
    order = labels.look(CLASSES)["order"]
    assert not order["sorted"]
    assert order["run_length"] == pytest.approx(order["expected_run_length"], rel=0.1)
    assert abs(order["correlation"]) < 0.1


def test_the_order_is_that_in_which_labels_were_fed():
    assert not labels.look(np.sort(CLASSES), CLASSES)["order"]["sorted"]


def test_sorted_real_labels_are_seen():
    y = RNG.normal(size=300)
    assert labels.look(np.sort(y))["order"]["correlation"] > 0.95
    assert abs(labels.look(y)["order"]["correlation"]) < 0.2


def test_counts_name_every_class():
    counts = labels.look(CLASSES)["counts"]
    assert counts == {str(n): int((n == CLASSES).sum()) for n in range(5)}
    assert labels.look(np.eye(5)[CLASSES])["counts"] == counts


def test_nan_labels_are_counted_and_left_out_of_the_mean():
    y = RNG.normal(size=100)
    y[::10] = np.nan
    facts = labels.look(y)
    assert facts["nonfinite"] == 10
    assert np.isfinite(facts["mean"])


def test_of_several_outputs_the_objectives_is_told_and_the_others_shortly():
    y = {"a": CLASSES, "b": RNG.normal(size=600)}
    facts = labels.look(y, None, {"output_name": "b", "output_position": 1, "loss": "mean_squared_error"})
    assert facts["kind"] == "real"
    assert facts["others"]["a"]["kind"] == "class_index"


@pytest.mark.parametrize(
    "y", [None, [], {}, np.zeros((0, 3)), [[1, 2], [3]], ["a", None], np.array([None, 1.0]), 3.0, object(), [1, 0, 1]]
)
def test_odd_labels_are_survived(y):
    assert isinstance(labels.look(y), dict)
