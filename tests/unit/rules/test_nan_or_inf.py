"""nan-or-inf: what counts is what stays, and where it came from is told apart."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, falling, network

RULE = load("nan-or-inf")


def broken(at=60, loss=None, **how):
    loss = falling() if loss is None else loss
    weight = np.full((STEPS, 3), 4.0)
    weight[at:] = np.nan
    return network(loss=np.where(np.arange(STEPS) < at, loss, np.nan), tables={"weight_norm": weight}, **how)


def SICK():
    return broken()


def HEALTHY():
    return network()


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_an_operation_in_a_quiet_run_is_to_be_guarded():
    (finding,) = found(broken(at=60))
    assert finding.steps[0] == 61
    assert finding.layers[0] == "dense_0"
    assert finding.remedies[0] == "guard-operation"


def test_dirty_rows_are_to_be_cleaned():
    (finding,) = found(broken(at=0, known={"inputs.train": {"nonfinite": 3}}))
    assert finding.remedies[0] == "clean-inputs"


def test_growth_before_it_is_a_divergence():
    (finding,) = found(broken(loss=1.1 * 2.0 ** np.minimum(np.arange(STEPS), 90)))
    assert finding.remedies[0] == "lower-learning-rate"


def test_a_nan_kernel_under_a_finite_flat_loss_is_seen():
    weight = np.full((STEPS, 3), 4.0)
    weight[:, 0] = np.nan
    (finding,) = found(network(tables={"weight_norm": weight}))
    assert finding.layers == ("dense_0",)


def test_an_overflow_that_mixed_precision_skips_is_none():
    count, norm = np.zeros((STEPS, 3)), np.full((STEPS, 3), 0.1)
    count[[0, 50]], norm[[0, 50]] = 7, np.inf
    assert not found(network(tables={"gradient_nonfinite": count, "gradient_norm": norm}))


def test_the_loss_of_one_empty_batch_is_none():
    loss = falling()
    loss[120] = np.nan
    assert not found(network(loss=loss))


def test_dirty_rows_that_the_model_cleans_are_none():
    assert not found(network(known={"inputs.train": {"nonfinite": 3}}))
