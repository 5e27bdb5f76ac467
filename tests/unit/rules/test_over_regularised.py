"""over-regularised: penalties and dropout that cost the run what it could learn."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("over-regularised")
HEAVY = {0: {"l2": 1.0}, 1: {"l2": 1.0}}
FAILED = {"loss": flat(), "score": 0.36}


def penalty(data, penalty):
    return [(0, "penalty", {"data_loss": data, "penalty_loss": penalty})]


def SICK():
    return network(layer=HEAVY, growth=0.02, told=penalty(2.3, 48.0), **FAILED)


def HEALTHY():
    return network(layer={0: {"l2": 1e-4}}, told=penalty(1.1, 0.01))


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_penalised_layers_are_named():
    assert found(SICK())[0].layers == ("dense_0", "dense_1")


def test_a_penalty_above_a_tiny_loss_of_data_is_none():
    assert not found(network(layer=HEAVY, told=penalty(0.001, 0.05)))


def test_dropout_that_leaves_a_tenth_is_found():
    assert found(network(layer={1: {"class": "Dropout", "rate": 0.9}}, loss=flat(0.9), score=0.6))


def test_dropout_of_a_half_is_none_even_in_a_failing_run():
    assert not found(network(layer={1: {"class": "Dropout", "rate": 0.5}}, **FAILED))


def test_weights_that_shrink_without_a_penalty_are_none():
    assert not found(network(growth=0.2, **FAILED))


def test_weight_decay_of_the_optimizer_counts():
    assert found(network(growth=0.05, optimizer="adamw", numbers={"weight_decay": 5.0}, **FAILED))


def test_noise_that_drowns_its_values_is_found():
    def noisy(stddev):
        return network(layer={1: {"class": "GaussianNoise", "stddev": stddev}}, loss=flat(0.9), score=0.6)

    assert found(noisy(10.0))
    assert not found(noisy(0.5))


def test_a_penalty_on_activity_shows_in_the_first_loss():
    looks = {"probe": {"loss": [1.1, 1.1, 1.1]}}
    assert found(network(layer={0: {"activity": 20.0}}, looks=looks, loss=np.linspace(417, 2, 200), score=0.36))
