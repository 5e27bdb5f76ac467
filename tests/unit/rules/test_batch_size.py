"""batch-size: too few updates, too much noise."""

import numpy as np

from tests.unit.rules.data_traces import LAYERS, finder, run

found = finder("batch-size")
WHOLE = {"batch_size": 1024, "steps_per_epoch": 1, "updates": 10}
FALLING = np.linspace(2.3, 2.0, 10)


def SICK():
    return run(program=WHOLE, score=0.3, loss=FALLING)


def HEALTHY():
    return run(program=WHOLE)


def test_many_updates_of_the_whole_data_are_enough():
    assert not found(run(program={**WHOLE, "updates": 2000}, score=0.3))


def test_small_data_with_small_batches_is_another_fault():
    assert not found(run(program={"updates": 10}, score=0.3, loss=FALLING))


def test_a_single_noisy_row_is_found_where_nothing_was_learnt():
    single = {"batch_size": 1, "steps_per_epoch": 1000, "updates": 5000}
    assert found(run(program=single, score=0.3, noise_scale={"b_simple": 900.0}, loss=[2.3] * 50))
    assert not found(run(program=single, noise_scale={"b_simple": 900.0}))
    assert not found(run(program=single, score=0.3, noise_scale={"b_simple": 5.0}, loss=[2.3] * 50))


def test_batch_normalisation_over_one_row_is_found():
    layers = [*LAYERS, {"name": "bn", "class": "BatchNormalization"}]
    assert found(run(program={"batch_size": 1}, layers=layers, score=0.3, loss=[2.3] * 50))
