"""gradients-not-applied: an exact fact."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, network

RULE = load("gradients-not-applied")


def SICK():
    return network(known={"gradients": {"taken": 200, "applied": 0, "updates": 0, "unapplied": True}})


def HEALTHY():
    return network()


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_weights_that_never_move_under_a_gradient_and_a_rate_are_found():
    assert found(network(tables={"update_norm": np.zeros((STEPS, 3))}))


def test_an_optimizer_at_rate_zero_is_another_fault():
    assert not found(network(tables={"update_norm": np.zeros((STEPS, 3))}, rate=0.0))


def test_gradients_that_are_accumulated_first_are_none():
    moved = np.zeros((STEPS, 3))
    moved[7::8] = 0.02
    assert not found(network(tables={"update_norm": moved}))
