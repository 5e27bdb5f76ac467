"""loss-not-decreasing: against the constant predictor, where there is something to learn."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import flat, network

RULE = load("loss-not-decreasing")


def SICK():
    return network(loss=flat(), score=0.34)


def HEALTHY():
    return network()


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_a_plateau_at_the_optimum_is_none():
    assert not found(network(loss=flat(0.01), score=1.0))


def test_rows_without_anything_to_learn_are_none():
    assert not found(network(loss=flat(), score=0.34, baseline=0.35))


def test_a_flat_loss_of_nobody_knows_what_is_none():
    known = {"baseline": {}, "constant": {}, "final": {}}
    assert not found(network(loss=flat(0.69), known=known))


def test_a_handful_of_steps_is_none():
    assert not found(network(loss=flat(steps=8), score=0.34))


def test_a_loss_that_climbs_is_found():
    assert found(network(loss=np.linspace(1.1, 40, 200), score=0.2))


def test_a_loss_of_unknown_scale_that_climbs_is_found_unless_it_is_one_of_a_game():
    def climbing(trainings):
        program = {"kind": "loop", "ended": "finished", "updates": 200, "trainings": trainings}
        known = {"baseline": {}, "constant": {}, "final": {}, "program": program}
        return network(loss=np.linspace(4, 8, 200), known=known)

    assert found(climbing(1))
    assert not found(climbing(2))


def test_costs_that_were_taken_for_labels_say_nothing():
    known = {"objective": {"loss": "custom", "seen": "guess"}, "labels.train": {"kind": "real"}}
    assert not found(network(loss=flat(), score=0.0, known=known))
