"""overfitting: validation gets worse while training gets better."""

import numpy as np

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, logs, run

found = finder("overfitting")
N = 40
FALLING = np.geomspace(2.0, 0.001, N)


def curves(val, accuracy=None, train=FALLING, **how):
    accuracy = np.linspace(0.4, 0.6, N) if accuracy is None else accuracy
    return run(epochs=logs(loss=train, accuracy=np.linspace(0.4, 1, N), val_loss=val, val_accuracy=accuracy), **how)


def turn(least, end, at=8):
    return np.concatenate([np.linspace(2.1, least, at), np.linspace(least, end, N - at)])


def SICK():
    return curves(turn(1.2, 4.0), np.concatenate([np.linspace(0.3, 0.65, 8), np.linspace(0.65, 0.58, N - 8)]))


def HEALTHY():
    return curves(np.geomspace(2.1, 0.1, N), np.linspace(0.4, 0.97, N))


def test_a_loss_beyond_the_constant_predictors_is_an_error_whatever_the_metric():
    assert found(curves(turn(1.2, 4.0)))[0].severity is Severity.ERROR


def test_growing_confidence_is_none():
    assert not found(curves(turn(0.05, 0.08), np.linspace(0.8, 0.99, N)))
    assert not found(curves(turn(0.6, 0.8), np.linspace(0.5, 0.83, N)))


def test_a_loss_that_rises_far_is_an_error_though_the_metric_stays():
    assert found(curves(turn(0.8, 2.1), np.full(N, 0.7)))[0].severity is Severity.ERROR


def test_best_weights_put_back_or_saved_are_not_an_error():
    restored = {"validation": {"rows": 400, "metric": 0.65, "loss": 1.25}, "train": {"metric": 0.9, "rows": 1000}}
    assert not found(curves(turn(1.2, 4.0), final=restored))
    saved = curves(turn(1.2, 4.0), program={"callbacks": ["ModelCheckpoint"]})
    assert found(saved)[0].severity is Severity.WARNING


def test_noise_and_a_dropout_gap_are_none():
    rng = np.random.default_rng(0)
    assert not found(curves(0.5 + 0.1 * rng.standard_normal(N), np.full(N, 0.8)))
    assert not found(curves(np.geomspace(2.0, 0.4, N), np.linspace(0.4, 0.9, N), train=np.geomspace(2.2, 0.7, N)))


def test_a_validation_loss_that_rises_with_the_training_loss_is_another_fault():
    assert not found(curves(turn(1.2, 4.0), train=turn(1.1, 3.9)))


def test_rows_known_by_heart_below_a_baseline_need_no_rise():
    flat = curves(np.full(N, 2.0), score=1.0, validation=0.4, baseline={"validation": 0.8})
    assert found(flat)[0].severity is Severity.ERROR
    assert not found(curves(np.full(N, 2.0), score=1.0, validation=0.4, baseline={"validation": 0.42}))


def test_without_a_curve_the_end_is_compared_with_a_constant_predictor():
    def ended(loss):
        train = {"rows": 200, "metric": 1.0, "loss": 0.01, "constant_loss": 2.3}
        return run(
            final={"train": train, "validation": {"rows": 400, "metric": 0.5, "loss": loss, "constant_loss": 2.3}}
        )

    assert found(ended(5.0))
    assert not found(ended(2.0))


def test_an_accuracy_that_decays_is_enough_though_the_loss_stays():
    decays = np.concatenate([np.linspace(0.3, 0.87, 10), np.linspace(0.87, 0.76, N - 10)])
    flat = np.concatenate([np.linspace(2.1, 0.72, 10), np.full(N - 10, 0.72)])
    assert found(curves(flat, decays))[0].severity is Severity.ERROR
    assert not found(curves(flat, np.concatenate([np.linspace(0.3, 0.87, 10), np.full(N - 10, 0.85)])))


def test_real_targets_known_by_heart_are_weighed_against_a_baseline_too():
    known = {"metric": "r2", "score": 1.0, "validation": 0.3}
    assert found(run(**known, baseline={"validation": 0.7}))[0].severity is Severity.ERROR
    assert not found(run(**{**known, "validation": 0.6}, baseline={"validation": 0.7}))
    few = {"train": {"rows": 1000, "r2": 1.0}, "validation": {"rows": 12, "r2": 0.3}}
    assert not found(run(**known, final=few, baseline={"validation": 0.7}))
