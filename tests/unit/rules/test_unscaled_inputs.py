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


def test_a_few_wild_readings_among_ordinary_ones_are_no_scale():
    glitches = {"feature_means": [0.0, 0.2, -0.2, -0.6], "feature_stds": [1.0, 6.4, 12.2, 26.9], "zeros": 0.0}
    assert not found(run(inputs__train={**glitches, "quantiles": [-2.3, -0.7, 0.0, 0.7, 2.3]}, score=0.2))
    assert found(run(inputs__train={**glitches, "quantiles": [-40.0, -9.0, 0.0, 9.0, 40.0]}, score=0.2))


def test_a_large_column_among_many_or_among_zeros_is_not_taken_for_a_wild_reading():
    wide = {"feature_means": [0.0] * 200, "feature_stds": [1.0] * 199 + [500.0], "quantiles": [-2.5, -1, 0, 1, 2.5]}
    assert found(run(inputs__train={**wide, "zeros": 0.0}, score=0.2))
    sparse = {"feature_means": [0.1], "feature_stds": [30.0], "quantiles": [0.0, 0.0, 0.0, 0.0, 0.0], "zeros": 0.995}
    assert found(run(inputs__train=sparse, score=0.2))
