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


def masked(loss_of_model, steps_with_loss=1):
    """The loss that gradients are taken of is exactly zero at all steps but the first few."""
    loss, gradients = np.zeros(STEPS), np.zeros((STEPS, 3))
    loss[:steps_with_loss], gradients[:steps_with_loss] = 1.1, 0.1
    train = {"rows": 1000, "metric": 0.34, "loss": loss_of_model, "constant_loss": 1.0986}
    return network(loss=loss, tables={"gradient_norm": gradients}, known={"final": {"train": train}})


def test_a_loss_that_is_masked_to_zero_is_found_where_the_models_own_is_not():
    assert found(masked(1.1))
    assert not found(masked(1e-7))
    assert not found(masked(1.1, steps_with_loss=STEPS // 4))
