"""saturated-activation: hidden units at the flat ends, in a run that fails."""

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("saturated-activation")
FLAT = {0: {"saturated": [0.9, 0.95, 0.97]}}


def SICK():
    return network(activation="tanh", looks=FLAT, loss=flat(), score=0.34)


def HEALTHY():
    return network(activation="tanh", looks=FLAT)


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_saturated_layer_is_named():
    assert found(SICK())[0].layers == ("dense_0",)


def test_a_confident_output_is_none():
    layer = {2: {"activation": "sigmoid"}}
    looks = {2: {"saturated": [0.9, 0.9, 0.9]}}
    assert not found(network(layer=layer, looks=looks, loss=flat(), score=0.34))


def test_gates_of_a_recurrent_layer_are_none():
    layer = {0: {"recurrent": True}}
    assert not found(network(activation="tanh", layer=layer, looks=FLAT, loss=flat(), score=0.34))
