"""wrong-output-activation: range of the outputs beside loss and labels."""

import pytest

from graduate.findings import Severity
from tests.unit.rules.data_traces import REAL, finder, run

found = finder("wrong-output-activation")
BINARY = {
    "kind": "binary",
    "least": 0.0,
    "largest": 1.0,
    "mean": 0.5,
    "std": 0.5,
    "distinct": 2,
    "counts": {"0": 5, "1": 5},
}
ONE = {"output_units": 1, "output_shape": [1], "loss": "binary_crossentropy"}
WIDE = {"least": -4.0, "largest": 5.0, "row_sum": [-9.0, 9.0]}
UNIT = {"least": 0.01, "largest": 0.99, "row_sum": [0.3, 7.0]}
SQUARED = {"loss": "mean_squared_error", "from_logits": None, "output_units": 1, "output_shape": [1]}


def SICK():
    ones = {"least": 1.0, "largest": 1.0, "row_sum": [1.0, 1.0]}
    return run(objective={**ONE, "output_activation": "softmax"}, labels__train=BINARY, outputs=ones, score=0.5)


def HEALTHY():
    return run()


@pytest.mark.parametrize(
    ("objective", "labels", "outputs"),
    [
        ({**ONE, "output_activation": "linear"}, BINARY, WIDE),
        ({**ONE, "output_activation": "relu"}, BINARY, {"least": 0.0, "largest": 5.0}),
        ({"output_activation": "linear"}, {}, WIDE),
        ({"output_activation": "sigmoid"}, {}, UNIT),
        ({"output_activation": "softmax", "from_logits": True, "raw": True}, {}, None),
        ({"output_activation": "tanh", "from_logits": True}, {}, {"least": -0.9, "largest": 0.9}),
        ({**ONE, "output_activation": "relu", "from_logits": True}, BINARY, {"least": 0.0, "largest": 3.0}),
        ({**SQUARED, "output_activation": "sigmoid"}, REAL, UNIT),
        ({**SQUARED, "output_activation": "relu"}, REAL, {"least": 0.0, "largest": 2.0}),
        ({**SQUARED, "loss": "poisson", "output_activation": "linear"}, REAL, WIDE),
        ({**ONE, "loss": "hinge", "output_activation": "sigmoid"}, BINARY, UNIT),
    ],
)
def test_outputs_that_the_loss_or_the_labels_do_not_fit_are_an_error(objective, labels, outputs):
    trace = run(objective=objective, labels__train=labels, outputs=outputs, score=0.3, loss=[2.3] * 50)
    assert [one.severity for one in found(trace)] == [Severity.ERROR]


def test_softmax_for_several_labels_at_once_is_an_error():
    labels = {"kind": "multi_hot", "shape": [10], "row_sum": [0.0, 4.0], "largest": 1.0}
    assert found(run(objective={"loss": "binary_crossentropy"}, labels__train=labels))


@pytest.mark.parametrize(
    ("objective", "labels", "outputs"),
    [
        ({"output_activation": "linear", "from_logits": True}, {}, WIDE),
        ({"output_activation": "softmax", "from_logits": True, "logits_undone": True}, {}, None),
        ({**ONE, "output_activation": "linear", "from_logits": True}, BINARY, WIDE),
        # a sigmoid behind a linear layer, outside of any layer
        ({**ONE, "output_activation": "linear"}, BINARY, {"least": 0.01, "largest": 0.98}),
        ({"output_activation": "linear"}, {}, {"least": 0.0, "largest": 1.0, "row_sum": [1.0, 1.0]}),
        (
            {"loss": "binary_crossentropy", "output_activation": "sigmoid"},
            {"kind": "multi_hot", "shape": [10], "row_sum": [0.0, 4.0], "largest": 1.0},
            UNIT,
        ),
        # an autoencoder of grey pixels
        (
            {"loss": "binary_crossentropy", "output_activation": "sigmoid", "output_units": 64, "output_shape": [64]},
            {"kind": "inputs", "shape": [64], "integers": False, "least": 0.0, "largest": 1.0},
            UNIT,
        ),
        (
            {**SQUARED, "output_activation": "tanh"},
            {**REAL, "least": 0.0, "largest": 1.0, "std": 0.3, "mean": 0.4},
            None,
        ),
        (
            {**SQUARED, "output_activation": "relu"},
            {**REAL, "least": 0.0, "largest": 90.0, "std": 9.0, "mean": 9.0},
            None,
        ),
        # a scale behind the tanh
        (
            {**SQUARED, "output_activation": "tanh"},
            {**REAL, "least": -2.0, "largest": 2.0},
            {"least": -2.0, "largest": 2.0},
        ),
        ({"loss": "custom", "output_activation": "linear"}, {}, WIDE),
    ],
)
def test_what_looks_odd_but_fits_is_silent(objective, labels, outputs):
    assert not found(run(objective=objective, labels__train=labels, outputs=outputs))


def test_a_range_that_leaves_out_a_rare_outlier_is_silent():
    labels = {**REAL, "least": -0.05, "largest": 4.0, "mean": 2.0, "std": 1.0}
    assert not found(run(objective={**SQUARED, "output_activation": "relu"}, labels__train=labels, metric="r2"))


def test_a_regression_that_explains_its_targets_is_left_alone():
    trace = run(objective={**SQUARED, "output_activation": "tanh"}, labels__train=REAL, metric="r2", score=0.99)
    assert not found(trace)


def test_a_softmax_of_a_softmax_is_found():
    layers = [
        {"name": "dense", "class": "Dense", "activation": "softmax", "parameters": 650, "output": False},
        {"name": "again", "class": "Softmax", "activation": "softmax", "parameters": 0, "output": True},
    ]
    assert "twice" in found(run(layers=layers))[0].meaning
    assert not found(run(layers=layers[:1]))
