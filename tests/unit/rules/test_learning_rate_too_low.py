"""learning-rate-too-low: a crawl that ends far from where it could."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import STEPS, flat, network

RULE = load("learning-rate-too-low")
CRAWL = np.linspace(1.12, 1.09, STEPS)


def SICK():
    return network(loss=CRAWL, score=0.41, ratios=1e-5, rate=1e-6)


def HEALTHY():
    return network(ratios=1e-5, rate=1e-6)


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_fine_tuning_at_a_tiny_rate_that_is_good_is_none():
    assert not found(network(loss=flat(0.05), score=0.97, ratios=1e-5, rate=1e-6))


def test_a_schedule_that_decays_at_once_is_found():
    rate = 1e-3 * 0.5 ** np.arange(STEPS)
    assert found(network(loss=CRAWL, score=0.41, ratios=1e-4, series={"learning_rate": rate}))


def test_a_cosine_that_ends_at_zero_is_none():
    rate = 5e-4 * (1 + np.cos(np.pi * np.arange(STEPS) / STEPS))
    assert not found(network(loss=flat(0.9), score=0.5, series={"learning_rate": rate}))


def test_adadelta_at_keras_default_is_found():
    assert found(network(loss=CRAWL, score=0.41, ratios=1e-5, rate=0.001, optimizer="adadelta"))


def test_a_failing_run_with_an_ordinary_rate_is_none():
    assert not found(network(loss=flat(), score=0.34))
