"""learning-rate-too-high: divergence, and steps as large as the weights in a run that fails."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, falling, flat, network

RULE = load("learning-rate-too-high")


def SICK():
    return network(loss=flat(2.5, noise=0.3), score=0.35, ratios=0.12, growth=8, rate=0.5)


def HEALTHY():
    return network(loss=falling(noise=0.4), ratios=0.12, rate=0.1, optimizer="sgd")


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_a_divergence_to_nan_is_found():
    loss = np.where(np.arange(STEPS) < 12, 1.1 * 8.0 ** np.arange(STEPS).clip(0, 30), np.nan)
    weight = np.where(np.arange(STEPS) < 12, 4 * 2.0 ** np.arange(STEPS).clip(0, 30), np.nan)[:, None].repeat(3, 1)
    assert found(network(loss=loss, tables={"weight_norm": weight}, rate=5.0, optimizer="sgd"))


def test_a_nan_out_of_a_quiet_run_is_not_its_doing():
    loss = np.where(np.arange(STEPS) < 60, falling(), np.nan)
    weight = np.full((STEPS, 3), 4.0)
    weight[60:] = np.nan
    assert not found(network(loss=loss, tables={"weight_norm": weight}, rate=0.5, optimizer="sgd"))


def test_nan_in_the_rows_is_not_its_doing():
    weight = np.full((STEPS, 3), np.nan)
    loss = np.full(STEPS, np.nan)
    known = {"inputs.train": {"nonfinite": 3}}
    assert not found(network(loss=loss, tables={"weight_norm": weight}, rate=0.5, optimizer="sgd", known=known))


def test_a_high_rate_of_a_run_that_learns_is_none():
    assert not found(network(rate=1.0, optimizer="sgd", ratios=0.1, growth=5))


def test_a_cyclical_rate_is_none():
    rate = 0.001 + 0.05 * np.abs(np.sin(np.arange(STEPS) / 20))
    assert not found(network(loss=falling(noise=0.3), series={"learning_rate": rate}))


def test_a_failing_run_with_ordinary_steps_is_none():
    assert not found(network(loss=flat(), score=0.34))


def test_a_loss_that_climbs_at_an_ordinary_rate_has_another_reason():
    assert not found(network(loss=np.linspace(1.1, 40, STEPS), score=0.2))


def test_units_that_died_under_way_at_a_high_rate_are_found():
    looks = {0: {"dead": [0.05, 0.1, 1.0]}}
    assert found(network(looks=looks, loss=flat(), score=0.34, rate=0.3, optimizer="sgd"))
    assert not found(network(looks=looks, loss=flat(), score=0.34, rate=0.01, optimizer="sgd"))
