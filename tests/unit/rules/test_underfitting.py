"""underfitting: below a simple baseline on the training rows themselves."""

import numpy as np

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("underfitting")


def SICK():
    return run(score=0.3, loss=[2.0] * 100)


def HEALTHY():
    return run()


def test_a_run_that_was_still_learning_needs_time():
    assert found(run(score=0.3, loss=np.linspace(2.3, 1.5, 100)))[0].remedies[0] == "longer-training"
    assert found(SICK())[0].remedies[0] == "more-capacity"


def test_a_small_distance_is_a_warning_or_nothing():
    assert found(run(score=0.7))[0].severity is Severity.WARNING
    assert not found(run(score=0.9))


def test_hard_data_is_no_fault():
    assert not found(run(score=0.12, baseline={"score": 0.12}))
    assert not found(run(score=0.3, metric="r2", baseline={"score": 0.33}))


def test_a_regression_is_judged_by_r2():
    assert found(run(score=0.2, metric="r2", baseline={"score": 0.9}))
