"""A network is the same again but for what was to be changed."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers

from graduate.training.surgery import changed, why_not

X = np.random.default_rng(0).normal(size=(64, 8, 8, 2)).astype(np.float32)


def sequential(activation="relu"):
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation=activation, kernel_regularizer=keras.regularizers.L2(0.1)),
            layers.Flatten(),
            layers.Dense(16, activation=activation),
            layers.Dropout(0.9),
            layers.Dense(3, activation="softmax"),
        ]
    )


def branched():
    inputs = keras.Input((8, 8, 2))
    x = layers.Flatten()(inputs)
    x = layers.Activation("tanh")(layers.Dense(12)(x))
    y = layers.ReLU()(layers.Dense(12, use_bias=False)(x))
    x = layers.BatchNormalization()(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Dense(3)(x))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "InputLayer"]


def activations(model):
    names = [getattr(getattr(layer, "activation", None), "__name__", None) for layer in model.layers]
    return [name for name in names if name]


def answers(model):
    return np.asarray(model(X, training=False))


@pytest.mark.parametrize("build", [sequential, branched])
def test_nothing_to_change_gives_the_network_itself(build):
    model = build()
    assert changed(model, {}) == (model, 0)


@pytest.mark.parametrize("build", [sequential, branched])
def test_an_activation_is_changed_where_units_are_hidden_and_nowhere_else(build):
    model = build()
    new, edits = changed(model, {"activation": "leaky_relu"})
    assert edits == 2
    found = activations(new)
    assert "relu" not in found
    assert "tanh" not in found
    assert found[-1] == activations(model)[-1], "the last layer's stays"
    for ours, theirs in zip(new.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_initialiser_draws_kernels_with_the_gain_of_the_activation_behind_them():
    model = keras.Sequential([keras.Input((200,)), *(layers.Dense(300, "relu", kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(-9.0)) for _ in range(3)), layers.Dense(10)])  # fmt: skip
    new, _ = changed(model, {"initialiser": "by_activation"})
    kernels = [np.asarray(layer.kernel) for layer in new.layers[1:]]
    for kernel in kernels[:3]:
        assert kernel.std() == pytest.approx(np.sqrt(2 / kernel.shape[0]), rel=0.1)
    assert kernels[3].std() == pytest.approx(np.sqrt(2 / 310), rel=0.1)
    assert not np.asarray(new.layers[1].bias).any()
    assert not np.array_equal(kernels[1], kernels[2]), "every layer has a draw of its own"


def test_a_normalisation_stands_between_a_layer_and_its_activation():
    new, _ = changed(sequential(), {"normalisation": "batch"})
    assert kinds(new)[:7] == [
        "Conv2D",
        "BatchNormalization",
        "Activation",
        "Flatten",
        "Dense",
        "BatchNormalization",
        "Activation",
    ]
    assert activations(new) == ["linear", "relu", "linear", "relu", "softmax"]
    new, _ = changed(sequential(), {"normalisation": "layer"})
    assert kinds(new).count("LayerNormalization") == 2


def test_what_is_normalised_already_is_left_alone():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.BatchNormalization(), layers.ReLU(),
        layers.Dense(2)])  # fmt: skip
    assert why_not(model, {"normalisation": "batch"}) == "nothing in the network would change"


def test_dropout_stands_before_the_last_layer_and_too_much_of_it_is_bounded():
    new, _ = changed(branched(), {"dropout": 0.3})
    assert kinds(new)[-2:] == ["Dropout", "Dense"]
    new, _ = changed(sequential(), {"most_dropout": 0.2, "penalty": 0.01})
    assert new.layers[-2].rate == 0.2
    assert new.layers[1].kernel_regularizer.l2 == pytest.approx(1e-3)
    np.testing.assert_allclose(answers(new), answers(sequential_like(new)), rtol=1e-5)


def sequential_like(model):
    """The same weights in a network as it was."""
    other = sequential()
    other.set_weights(model.get_weights())
    return other


def test_layers_are_unfrozen_and_keep_their_weights():
    model = branched()
    frozen = model.layers[2]
    frozen.trainable = False
    before = answers(model)
    new, edits = changed(model, {"unfreeze": [frozen.name]})
    assert edits == 1
    assert len(new.trainable_variables) == len(model.trainable_variables) + 2
    np.testing.assert_allclose(answers(new), before, rtol=1e-5)


def test_inputs_are_scaled_by_the_rows_and_an_outlier_does_not_set_the_scale():
    rows = (1000 * X + 500).astype(np.float32)
    rows[3] *= 1e6
    model = sequential()
    new, _ = changed(model, {"scale_inputs": True}, lambda: rows)
    np.testing.assert_allclose(np.asarray(new(1000 * X + 500)), answers(model), atol=0.05)
    np.testing.assert_allclose(new.get_weights()[-1], model.get_weights()[-1])


def test_several_changes_come_together():
    changes = {"activation": "leaky_relu", "initialiser": "by_activation", "normalisation": "batch", "dropout": 0.3}
    new, _ = changed(sequential("sigmoid"), changes)
    assert activations(new)[1] == "leaky_relu"
    assert kinds(new).count("Dropout") == 2
    assert np.isfinite(answers(new)).all()


def test_a_subclassed_network_cannot_be_taken_apart_and_that_is_said():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(3)

        def call(self, x):
            return self.out(layers.Flatten()(x))

    model = Own()
    model(X)
    assert "subclassed" in why_not(model, {"dropout": 0.3})


def test_trying_draws_no_random_number():
    model = sequential()
    keras.utils.set_random_seed(1)
    first = np.asarray(keras.random.normal([4]))
    keras.utils.set_random_seed(1)
    assert why_not(model, {"initialiser": "by_activation"}) is None
    np.testing.assert_array_equal(first, np.asarray(keras.random.normal([4])))
