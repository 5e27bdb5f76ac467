"""wrong-loss: the loss beside kind and width of the labels."""

import pytest

from graduate.findings import Severity
from tests.unit.rules.data_traces import LABELS, REAL, finder, run

found = finder("wrong-loss")
BINARY = {
    "kind": "binary",
    "least": 0.0,
    "largest": 1.0,
    "mean": 0.5,
    "std": 0.5,
    "distinct": 2,
    "counts": {"0": 5, "1": 5},
}
ONE = {"output_units": 1, "output_shape": [1], "output_activation": "sigmoid"}
ONE_HOT = {"kind": "one_hot", "shape": [10], "largest": 1.0, "row_sum": [1.0, 1.0]}
MANY_HOT = {"kind": "multi_hot", "shape": [10], "largest": 1.0, "row_sum": [0.0, 4.0]}
SQUARED = {"loss": "mean_squared_error", "from_logits": None}


def SICK():
    return run(objective={**ONE, "loss": "categorical_crossentropy"}, labels__train=BINARY, score=0.5)


def HEALTHY():
    return run()


@pytest.mark.parametrize(
    ("objective", "labels"),
    [
        ({**ONE, "loss": "binary_crossentropy"}, LABELS),
        ({**ONE, "loss": "binary_crossentropy"}, REAL),
        ({**ONE, "loss": "sparse_categorical_crossentropy"}, BINARY),
        ({"loss": "categorical_crossentropy"}, LABELS),
        ({"loss": "sparse_categorical_crossentropy"}, ONE_HOT),
        ({"loss": "categorical_crossentropy"}, MANY_HOT),
        ({"loss": "binary_crossentropy", "output_units": 2, "output_shape": [2]}, BINARY),
        ({**SQUARED, "output_activation": "linear"}, LABELS),
        ({**SQUARED, "output_activation": "softmax"}, {**LABELS, "shape": [1]}),
        ({**ONE, **SQUARED, "output_activation": "linear"}, LABELS),
        ({**SQUARED, "metrics": []}, ONE_HOT),
        ({"loss": "binary_crossentropy"}, ONE_HOT),
    ],
)
def test_a_loss_that_the_labels_do_not_fit_is_found(objective, labels):
    assert found(run(objective=objective, labels__train=labels, score=0.3, loss=[2.3] * 50))


@pytest.mark.parametrize(
    ("objective", "labels"),
    [
        ({"loss": "binary_crossentropy", "output_activation": "sigmoid"}, MANY_HOT),
        ({"loss": "categorical_crossentropy"}, ONE_HOT),
        ({**SQUARED}, ONE_HOT),
        ({**ONE, **SQUARED, "metrics": ["mae"]}, LABELS),
        ({**ONE, **SQUARED}, BINARY),
        ({**ONE, "loss": "binary_crossentropy"}, {**REAL, "least": 0.0, "largest": 1.0, "kind": "inputs"}),
        ({**SQUARED, "output_units": 3, "output_shape": [3], "output_activation": "linear"}, {**REAL, "shape": [3]}),
        (
            {**SQUARED, "output_units": 1, "output_shape": [30, 1], "output_activation": "linear"},
            {**REAL, "shape": [30]},
        ),
        ({"loss": "custom", "output_activation": "linear"}, LABELS),
        ({"output_shape": [20, 10]}, {**LABELS, "kind": "sequence", "shape": [20]}),
    ],
)
def test_what_looks_odd_but_learns_is_silent(objective, labels):
    assert not found(run(objective=objective, labels__train=labels))


def test_a_loss_over_all_pairs_is_named():
    objective = {"loss": "mean_squared_error", "output_units": 1, "output_shape": [1], "output_activation": "linear"}
    labels = {**REAL, "shape": []}
    assert (
        "shape" in found(run(objective={**objective, "stretched": True}, labels__train=labels, metric="r2"))[0].meaning
    )
    assert not found(run(objective=objective, labels__train=labels, metric="r2"))


def test_a_loss_that_falls_while_nothing_is_learnt_is_not_what_is_wanted():
    own = {"loss": "custom", "output_activation": "linear"}
    assert found(run(objective=own, score=0.1, loss=[2.3] * 20 + [-9.0] * 80))
    assert not found(run(objective=own, loss=[2.3] * 20 + [-9.0] * 80))


def test_binary_cross_entropy_under_a_softmax_that_learns_is_a_warning():
    trace = run(objective={"loss": "binary_crossentropy"}, labels__train=ONE_HOT)
    assert [one.severity for one in found(trace)] == [Severity.WARNING]


def test_the_outputs_themselves_say_how_many_there_are():
    """A model with a `call` of its own: the layer taken for its last has four units, its output has one."""
    guess = {"loss": "binary_crossentropy", "output_units": 4, "output_shape": [4], "output_activation": "linear"}
    one = {"least": 0.001, "largest": 1.0, "row_sum": [0.001, 1.0]}
    four = {"least": 0.001, "largest": 1.0, "row_sum": [0.1, 3.2]}
    zeros = {"least": 0.0, "largest": 1.0, "row_sum": [0.0, 1.0]}
    assert not found(run(objective=guess, labels__train=BINARY, outputs=one))
    assert found(run(objective=guess, labels__train=BINARY, outputs=four))
    assert found(run(objective=guess, labels__train=BINARY, outputs=zeros))
