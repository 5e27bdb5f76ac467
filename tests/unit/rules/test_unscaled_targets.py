"""unscaled-targets: sizes of targets, and R²."""

from tests.unit.rules.data_traces import REAL, finder, run

found = finder("unscaled-targets")
SQUARED = {
    "loss": "mean_squared_error",
    "from_logits": None,
    "output_units": 1,
    "output_shape": [1],
    "output_activation": "linear",
}
PRICES = {**REAL, "mean": 2e5, "std": 8e4, "least": 2e4, "largest": 6e5}


def priced(labels=PRICES, **how):
    return run(objective=SQUARED, labels__train=labels, metric="r2", **how)


def SICK():
    return priced(score=-4.0)


def HEALTHY():
    return priced(score=0.93)


def test_targets_that_were_reached_in_part_are_judged_by_the_baseline():
    assert found(priced(score=0.4))
    assert not found(priced(score=0.4, baseline={"score": 0.45}))


def test_tiny_targets_drown_in_what_the_network_gives():
    assert found(priced({**REAL, "std": 1e-4, "least": -3e-4, "largest": 3e-4}, score=-50.0))


def test_scaled_targets_that_are_missed_are_another_fault():
    assert not found(priced(REAL, score=0.1))


def test_a_relative_loss_does_not_mind():
    trace = run(
        objective={**SQUARED, "loss": "mean_absolute_percentage_error"}, labels__train=PRICES, metric="r2", score=-0.2
    )
    assert not found(trace)
