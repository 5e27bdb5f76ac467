"""exploding-gradient: growth by depth or by time that costs the run what it could learn."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, falling, flat, network

RULE = load("exploding-gradient")
FAILED = {"loss": flat(), "score": 0.34}


def SICK():
    return network(gradients=[3.0, 0.5, 0.01], **FAILED)


def HEALTHY():
    return network(gradients=[3.0, 0.5, 0.01])


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def grown(step, to, **how):
    norm = np.full((STEPS, 3), 0.1)
    norm[step:] = to
    return network(tables={"gradient_norm": norm}, **how)


def test_the_layer_with_the_large_gradient_is_named():
    assert found(SICK())[0].layers[0] == "dense_0"


def test_growth_by_time_counts_where_the_run_fails():
    assert found(grown(20, 1e4, **FAILED))
    assert not found(grown(20, 1e4))


def test_one_spike_that_passes_is_none():
    norm = np.full((STEPS, 3), 0.1)
    norm[80] = 1e4
    assert not found(network(tables={"gradient_norm": norm}, **FAILED))


def test_large_first_gradients_under_warm_up_are_none():
    norm = np.full((STEPS, 3), 0.1)
    norm[:10] = 50
    assert not found(network(tables={"gradient_norm": norm}, loss=falling()))


def test_a_nan_out_of_a_quiet_run_is_not_its_doing():
    weight = np.full((STEPS, 3), 4.0)
    weight[60:] = np.nan
    assert not found(network(tables={"weight_norm": weight}))


def test_a_network_that_bursts_at_the_first_step_is_found():
    weight, norm = np.full((STEPS, 3), np.nan), np.full((STEPS, 3), np.nan)
    weight[0], norm[0] = 1e6, 1e5
    loss = np.where(np.arange(STEPS) < 1, 1e5, np.nan)
    assert found(network(loss=loss, tables={"weight_norm": weight, "gradient_norm": norm}, optimizer="sgd", rate=0.01))


def test_a_recurrent_layer_that_bursts_before_step_1_is_found():
    nothing = np.full((STEPS, 3), np.nan)
    trace = network(
        layer={0: {"recurrent": True}},
        looks={0: {"nonfinite": [9, 9, 9]}},
        tables={"weight_norm": nothing, "gradient_norm": nothing},
    )
    assert found(trace)[0].layers[0] == "dense_0"
