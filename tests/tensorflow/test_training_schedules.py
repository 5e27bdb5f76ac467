"""The rate of each step, against the formulas written out, and optimizers by name."""

import math

import numpy as np
import pytest

from graduate.errors import UsageError
from graduate.training.optimizer import build_optimizer, inner, learning_rate
from graduate.training.options import Optimizer, Schedule, TrainingOptions

STEPS = 11


def rates(**schedule):
    rate = learning_rate(TrainingOptions(steps=STEPS, learning_rate=Schedule(**schedule)), STEPS)
    return [float(rate(done)) for done in range(STEPS)]


def test_a_warm_up_rises_in_equal_steps_and_the_step_after_it_has_the_peak():
    found = rates(peak=0.4, schedule="constant", warmup_steps=3)
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3] + [0.4] * 8, rtol=1e-6)


def test_a_linear_decay_ends_at_its_share_of_the_peak():
    np.testing.assert_allclose(rates(peak=1.0, schedule="linear", end=0.5), np.linspace(1.0, 0.5, STEPS), rtol=1e-6)


def test_a_cosine_after_a_warm_up_reaches_its_end_at_the_last_step():
    found = rates(peak=2.0, schedule="cosine", end=0.1, warmup_steps=2)
    expected = [2.0 * (0.1 + 0.9 * (1 + math.cos(math.pi * i / 8)) / 2) for i in range(9)]
    np.testing.assert_allclose(found, [2.0 / 3, 4.0 / 3, *expected], rtol=1e-5)
    assert found[-1] == pytest.approx(0.2)


def test_an_exponential_decay_falls_by_one_factor_a_step():
    found = np.array(rates(peak=1.0, schedule="exponential", end=0.01))
    np.testing.assert_allclose(found[1:] / found[:-1], 0.01**0.1, rtol=1e-5)
    assert found[-1] == pytest.approx(0.01)


def test_a_step_schedule_falls_after_its_boundaries():
    found = rates(peak=1.0, schedule="step", boundaries=(3, 5), factor=0.1)
    np.testing.assert_allclose(found, [1.0] * 3 + [0.1] * 2 + [0.01] * 6, rtol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion"])
def test_every_optimizer_of_the_config_is_built_with_its_arguments(name):
    options = TrainingOptions(steps=1, optimizer=Optimizer(name, weight_decay=0.01), learning_rate=0.02)
    optimizer = build_optimizer(options, 1)
    assert type(optimizer).__name__.lower() == name
    assert optimizer.weight_decay == 0.01
    assert float(optimizer.learning_rate) == pytest.approx(0.02)


def test_an_argument_that_an_optimizer_does_not_take_is_named():
    with pytest.raises(UsageError, match="adam has no momentum") as caught:
        build_optimizer(TrainingOptions(steps=1, optimizer=Optimizer("adam", momentum=0.9)), 1)
    assert caught.value.where == "training.optimizer.momentum"


def test_half_precision_scales_the_loss():
    optimizer = build_optimizer(TrainingOptions(steps=1, precision="mixed_float16"), 1)
    assert type(optimizer).__name__ == "LossScaleOptimizer"
    assert type(inner(optimizer)).__name__ == "Adam"
