"""dead-units: zero for every row, look after look, in a run that fails."""

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("dead-units")
DEAD = {1: {"dead": [1.0, 1.0, 1.0], "zeros": [1.0, 1.0, 1.0]}}


def SICK():
    return network(looks=DEAD, loss=flat(), score=0.34)


def HEALTHY():
    return network(looks={1: {"dead": [0.3, 0.4, 0.4], "zeros": [0.8, 0.9, 0.9]}})


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_dead_layer_is_named():
    assert found(SICK())[0].layers == ("dense_1",)


def test_zeros_alone_are_no_death_even_in_a_failing_run():
    looks = {1: {"dead": [0.2, 0.2, 0.2], "zeros": [0.9, 0.9, 0.9]}}
    assert not found(network(looks=looks, loss=flat(), score=0.34))


def test_dead_units_that_a_run_can_spare_are_none():
    assert not found(network(looks={1: {"dead": [0.6, 0.7, 0.7]}}))


def test_units_that_came_back_are_none():
    assert not found(network(looks={1: {"dead": [1.0, 1.0, 0.1]}}, loss=flat(), score=0.34))


def test_a_layer_that_does_not_rectify_is_none():
    assert not found(network(looks=DEAD, activation="tanh", loss=flat(), score=0.34))


def test_biases_far_below_zero_make_it_the_surer_root():
    by_bias = found(network(looks=DEAD, initial={1: {"bias_mean": -10.0}}, loss=flat(), score=0.34))
    assert by_bias[0].confidence > found(SICK())[0].confidence
