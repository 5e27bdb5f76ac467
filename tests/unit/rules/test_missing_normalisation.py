"""missing-normalisation: a steady factor from layer to layer before step 1, in a run that fails."""

import pytest

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("missing-normalisation")
DEPTH = 14
FAILED = {"loss": flat(), "score": 0.34}


def looks(factor):
    return {at: {"std": [factor**at] * 3} for at in range(DEPTH)}


def SICK():
    return network(layers=DEPTH, looks=looks(0.6), **FAILED)


def HEALTHY():
    return network(layers=DEPTH, looks=looks(0.98))


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


@pytest.mark.parametrize("factor", [0.6, 1.8])
def test_shrinking_and_growing_are_found(factor):
    assert found(network(layers=DEPTH, looks=looks(factor), **FAILED))


def test_a_deep_network_that_learns_is_none():
    assert not found(network(layers=DEPTH, looks=looks(0.6)))


def test_saturating_activations_have_their_own_fault():
    assert not found(network(layers=DEPTH, activation="sigmoid", looks=looks(0.6), **FAILED))


def test_odd_weights_have_their_own_fault():
    assert not found(network(layers=DEPTH, scale=0.1, looks=looks(0.6), **FAILED))


def test_a_network_that_normalises_is_none():
    layer = {3: {"class": "LayerNormalization"}}
    assert not found(network(layers=DEPTH, layer=layer, looks=looks(0.6), **FAILED))
