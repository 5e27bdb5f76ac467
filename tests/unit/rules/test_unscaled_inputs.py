"""unscaled-inputs: sizes of features, and whether the run suffers."""

import pytest

from tests.unit.rules.data_traces import finder, run

found = finder("unscaled-inputs")
RAW = {"feature_means": [50000.0, 0.3, 0.0, 1.0], "feature_stds": [9000.0, 0.1, 1.0, 1.0], "largest": 9e4}


def SICK():
    return run(inputs__train=RAW, score=0.2, loss=[2.3] * 50)


def HEALTHY():
    return run(inputs__train=RAW)


@pytest.mark.parametrize(
    "inputs",
    [
        {"feature_means": [120.0], "feature_stds": [70.0]},
        {"feature_means": [0.0, 0.0], "feature_stds": [5.0, 0.001]},
        {"feature_means": [9.0], "feature_stds": [0.1]},
        {"feature_means": [0.001], "feature_stds": [0.001]},
    ],
)
def test_sizes_that_hurt_are_found(inputs):
    assert found(run(inputs__train=inputs, score=0.2, loss=[2.3] * 50))


def test_nan_needs_no_end():
    trace = run(inputs__train=RAW, loss=[2.0, float("nan")], program={"ended": None})
    assert found(trace)


@pytest.mark.parametrize(
    "inputs", [{}, {**RAW, "tokens": True}, {**RAW, "first_layer_normalises": True}, {"feature_means": [0.1] * 4}]
)
def test_another_reason_for_failing_is_not_blamed_on_the_inputs(inputs):
    assert not found(run(inputs__train=inputs, score=0.2, loss=[2.3] * 50))
