"""The rate that follows from a range test, and when none does."""

import numpy as np
import pytest

from graduate.preflight.propose import propose, smoothed

RATES = np.geomspace(1e-6, 10, 56)


def course(best=0.1, noise=0.02, seed=0, start=2.3):
    """Flat, then falling, then diverging beyond `best`."""
    random = np.random.default_rng(seed)
    decade = np.log10(RATES)
    fall = 1.5 / (1 + np.exp(-4 * (decade - np.log10(best) + 1)))
    loss = start - fall + np.where(decade > np.log10(best), 5 * (decade - np.log10(best)) ** 2, 0)
    loss = loss + noise * random.normal(size=len(RATES))
    loss[loss > 3 * start] = np.inf
    return loss


def runs(**more):
    return np.stack([course(seed=seed, **more) for seed in range(3)])


@pytest.mark.parametrize("best", [1e-3, 1e-2, 0.1, 1.0])
def test_the_proposal_is_a_tenth_of_where_the_loss_turns_up(best):
    found = propose(RATES, runs(best=best))
    assert best / 40 <= found.rate <= best / 4
    assert found.largest == pytest.approx(best, rel=1.0)
    assert f"{found.rate:g}" in found.sentence


def test_noise_has_no_clear_minimum():
    random = np.random.default_rng(0)
    for scale in (0.01, 0.3, 2.0):
        found = propose(RATES, 2.3 + scale * random.normal(size=(3, len(RATES))))
        assert found.rate is None
        assert "no clear minimum" in found.sentence


def test_a_loss_that_never_falls_has_no_clear_minimum():
    losses = np.full((3, len(RATES)), 2.3)
    losses[:, 40:] = np.inf
    assert propose(RATES, losses).rate is None


def test_runs_that_do_not_agree_have_no_clear_minimum():
    losses = np.stack([course(best=1e-4), course(best=1.0), course(best=1.0)])
    assert propose(RATES, losses).rate is None


def test_a_single_dip_or_an_early_spike_is_not_a_minimum():
    losses = runs()
    plain = propose(RATES, losses).rate
    losses[:, 3], losses[:, 12] = 40.0, 0.0
    assert propose(RATES, losses).rate == pytest.approx(plain, rel=1.0)


def test_a_loss_that_falls_to_the_end_gives_the_steepest_point():
    losses = np.stack([2.3 - 2 / (1 + np.exp(-3 * (np.log10(RATES) + 1)))] * 3)
    found = propose(RATES, losses)
    assert found.largest is None
    assert found.rate == pytest.approx(0.1, rel=1.0)


def test_a_loss_that_is_not_finite_from_the_start_is_said():
    assert "not finite" in propose(RATES, np.full((1, len(RATES)), np.inf)).sentence


def test_smoothing_keeps_a_straight_line_and_drops_a_spike():
    line = np.arange(20.0)
    np.testing.assert_allclose(smoothed(line)[3:-3], line[3:-3])
    spiked = np.zeros(20)
    spiked[10] = 100
    assert smoothed(spiked).max() == 0
