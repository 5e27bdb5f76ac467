"""The gradient noise scale: small where rows agree, large where their labels are noise; measuring changes nothing."""

import keras
import numpy as np

from graduate.training.noise_scale import noise_scale
from graduate.training.targets import Classes

OBJECTIVE = Classes(from_logits=True)
RNG = np.random.default_rng(0)


def network():
    keras.utils.set_random_seed(1)
    layers = [keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.BatchNormalization()]
    return keras.Sequential([*layers, keras.layers.Dropout(0.5), keras.layers.Dense(3)])


def rows(number=512):
    x = RNG.normal(size=(number, 6)).astype(np.float32)
    return x, np.argmax(x[:, :3], axis=1).astype(np.int32)


def test_labels_that_are_noise_need_far_larger_batches_than_labels_that_follow_from_the_rows():
    model, (x, y) = network(), rows()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    clear = noise_scale(model, x, y, OBJECTIVE, 64)["b_simple"]
    model.fit(x, RNG.permutation(y), epochs=20, verbose=0)
    noisy = noise_scale(model, x, RNG.permutation(y), OBJECTIVE, 64)["b_simple"]
    assert noisy > 3 * clear


def test_measuring_changes_neither_weights_nor_the_random_state():
    model, (x, y) = network(), rows()
    before = [np.array(value) for value in model.variables]
    found = noise_scale(model, x, y, OBJECTIVE, 64)
    assert found["batch_size"] == 64
    assert all(np.array_equal(a, b) for a, b in zip(before, model.variables, strict=True))


def test_too_few_rows_say_nothing():
    x, y = rows(40)
    assert noise_scale(network(), x, y, OBJECTIVE, 8) == {}
