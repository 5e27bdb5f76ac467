"""vanishing-gradient: the ratio between first and last layer, in a run that fails."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, flat, network

RULE = load("vanishing-gradient")
FADING = [1e-8, 1e-7, 1e-6, 1e-3, 1e-2]


def SICK():
    return network(layers=5, gradients=FADING, activation="sigmoid", loss=flat(), score=0.34)


def HEALTHY():
    return network(layers=5, gradients=FADING, activation="sigmoid")


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_layers_that_get_no_gradient_are_named():
    assert found(SICK())[0].layers == ("dense_0", "dense_1", "dense_2")


def test_tiny_gradients_of_all_layers_at_an_optimum_are_none():
    assert not found(network(layers=5, gradients=[1e-9] * 5, loss=flat(0.001), score=1.0))


def test_a_failing_run_whose_layers_all_get_their_share_is_none():
    assert not found(network(layers=5, gradients=[0.002, 0.003, 0.004, 0.006, 0.01], loss=flat(), score=0.34))


def test_a_zero_last_layer_that_holds_the_gradient_back_for_a_step_is_none():
    norm = np.full((STEPS, 5), 0.1)
    norm[0, :4] = 0
    assert not found(network(layers=5, tables={"gradient_norm": norm}, loss=flat(), score=0.34))


def test_sparse_gradients_of_an_embedding_are_left_out():
    layer = {0: {"class": "Embedding"}}
    assert not found(network(layers=5, gradients=[1e-9, 0.01, 0.01, 0.01, 0.01], layer=layer, loss=flat(), score=0.34))
