"""poor-initialisation: equal units and odd scales, in a run that fails."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("poor-initialisation")
ZEROS = {"kernel_std": 0.0, "kernel_abs_max": 0.0, "identical_units": True}
FAILED = {"loss": flat(), "score": 0.36}


def SICK():
    return network(initial={0: ZEROS, 1: ZEROS, 2: ZEROS}, **FAILED)


def HEALTHY():
    return network(initial={2: ZEROS})


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_layers_of_equal_units_are_named():
    assert found(SICK())[0].layers == ("dense_0", "dense_1")


def test_a_last_layer_that_starts_at_zero_is_none_even_in_a_failing_run():
    assert not found(network(initial={2: ZEROS}, **FAILED))


def test_weights_many_times_too_large_are_found():
    assert found(network(scale=20, **FAILED))


def test_weights_many_times_too_small_are_found():
    assert found(network(scale=0.005, **FAILED))


def test_an_odd_scale_that_does_no_harm_is_none():
    assert not found(network(scale=20))


def test_keras_own_default_of_a_random_normal_is_none():
    assert not found(network(scale=0.2, **FAILED))


def test_loaded_weights_are_none():
    program = {"kind": "fit", "ended": "finished", "fine_tuning": True}
    assert not found(network(scale=20, known={"program": program}, **FAILED))


def test_a_loss_that_never_came_down_to_a_constants_is_found_though_accuracy_passes():
    loss = np.linspace(400, 20, 200)
    assert found(network(loss=loss, score=0.95, scale=20))


def test_weights_somewhat_too_large_in_every_layer_of_a_deep_network_add_up():
    assert found(network(layers=9, scale=3.9, **FAILED))
    assert not found(network(layers=2, scale=3.9, **FAILED))


def test_one_layer_of_equal_weights_counts_where_the_run_falls_far_short():
    ones = {0: {"kernel_std": 0.0, "kernel_mean": 1.0, "kernel_abs_max": 1.0, "identical_units": True}}
    assert found(network(initial=ones, loss=flat(0.9), score=0.5))
    assert not found(network(initial=ones, loss=flat(0.4), score=0.9))
