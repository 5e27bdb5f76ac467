"""wrong-label-encoding: values of the labels beside units and loss."""

import pytest

from tests.unit.rules.data_traces import LABELS, TEN, finder, run

found = finder("wrong-label-encoding")
BINARY = {"output_units": 1, "output_shape": [1], "output_activation": "sigmoid", "loss": "binary_crossentropy"}
TWO = {"kind": "binary", "distinct": 2, "counts": {"-1": 500, "1": 500}, "least": -1.0, "largest": 1.0}


def SICK():
    return run(labels__train={"least": 1.0, "largest": 10.0}, score=0.1)


def HEALTHY():
    return run()


@pytest.mark.parametrize(
    ("objective", "labels"),
    [
        ({"output_units": 9, "output_shape": [9]}, {}),
        (BINARY, TWO),
        (BINARY, {**TWO, "kind": "class_index", "least": 1.0, "largest": 2.0}),
        (BINARY, {**TWO, "kind": "real", "least": 0.0, "largest": 255.0}),
        ({}, {"integers": False, "kind": "real"}),
        ({"loss": "categorical_crossentropy"}, {"kind": "multi_hot", "shape": [10], "row_sum": [0.0, 1.0]}),
        (BINARY, {**TWO, "distinct": 1, "least": 0.0, "largest": 0.0, "counts": {"0": 1000}}),
    ],
)
def test_values_that_the_loss_cannot_mean_are_found(objective, labels):
    assert found(run(objective=objective, labels__train=labels))


@pytest.mark.parametrize(
    ("objective", "labels"),
    [
        ({"output_units": 11, "output_shape": [11]}, {"least": 1.0, "largest": 10.0}),
        ({**BINARY, "loss": "hinge", "output_activation": "tanh"}, TWO),
        ({**BINARY, "loss": "mean_squared_error", "output_activation": "tanh"}, TWO),
        ({"config": {"ignore_class": 255}}, {"largest": 255.0, "distinct": 11}),
        (
            {"loss": "categorical_crossentropy"},
            {"kind": "one_hot", "shape": [10], "row_sum": [1.0, 1.0], "largest": 1.0},
        ),
        ({"loss": "custom"}, {"distinct": 1}),
    ],
)
def test_values_that_are_meant_are_silent(objective, labels):
    assert not found(run(objective=objective, labels__train=labels))


def test_validation_labels_of_another_numbering_are_found():
    others = {**LABELS, "counts": {str(n): 40 for n in range(1, 11)}, "rows": 400}
    assert found(run(labels__validation=others, objective={"output_units": 12, "output_shape": [12]}))
    wrong = {"validation": 0.01}
    assert found(run(labels__validation={**LABELS, "counts": {k: 40 for k in TEN}}, baseline=wrong, validation=0.02))


def test_a_rare_class_that_training_missed_is_silent():
    known = {k: v for k, v in TEN.items() if k != "9"}
    others = {**LABELS, "counts": {**{k: 40 for k in known}, "9": 3}, "rows": 363}
    assert not found(run(labels__train={"counts": known}, labels__validation=others))
