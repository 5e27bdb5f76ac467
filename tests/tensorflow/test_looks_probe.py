"""A batch is probed, and the program goes on as if it had not been."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.looks import constant, final, objective, probe

L = keras.layers
RNG = np.random.default_rng(6)
X = RNG.random((300, 6)).astype(np.float32)
Y = (X.sum(axis=1) > 3).astype(int)


def small(*layers, loss="binary_crossentropy", inputs=(6,)):
    model = keras.Sequential([keras.Input(inputs), *layers])
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


def test_every_layer_is_heard_in_the_order_called():
    model = small(L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(1, activation="sigmoid"))
    facts = probe.look(model, X, Y, objective.look(model))
    assert facts["order"] == [layer.name for layer in model.layers]
    assert facts["output_layer"] == model.layers[-1].name
    inner = keras.Model(model.inputs, model.layers[0].output)
    wanted = np.asarray(inner(X[np.linspace(0, 299, 128).astype(int)]))
    heard = facts["layers"][model.layers[0].name]
    assert heard["mean"] == pytest.approx(wanted.mean(), rel=1e-4)
    assert heard["std"] == pytest.approx(wanted.std(), rel=1e-4)
    assert heard["zeros"] == pytest.approx((wanted == 0).mean())
    assert heard["pre_std"] > 0


def test_loss_and_metric_are_keras_own():
    model = small(L.Dense(8, activation="tanh"), L.Dense(1, activation="sigmoid"))
    facts = probe.look(model, X[:100], Y[:100], objective.look(model))
    loss, accuracy = model.evaluate(X[:100], Y[:100], verbose=0, batch_size=100)
    assert facts["loss"] == pytest.approx(loss, rel=1e-5)
    assert facts["metric"] == pytest.approx(accuracy)
    assert facts["label_counts"]["1"] == Y[:100].sum()


def test_dead_and_saturated_units_are_shares():
    dead = small(L.Dense(8, activation="relu"), L.Dense(1))
    dead.layers[0].bias.assign([-100.0] * 6 + [100.0] * 2)
    assert probe.look(dead, X, Y)["layers"][dead.layers[0].name]["dead"] == 0.75
    flat = small(L.Dense(8, activation="tanh"), L.Dense(1))
    flat.layers[0].kernel.assign(100 * np.ones((6, 8)))
    heard = probe.look(flat, X, Y)["layers"][flat.layers[0].name]
    assert heard["saturated"] == 1
    assert heard["row_std"] < 1e-6


def test_modes_are_compared_where_they_can_differ():
    model = small(L.Dense(8), L.Dropout(0.5), L.Dense(1))
    facts = probe.look(model, X, Y, objective.look(model))
    assert facts["mode_difference"] > 0
    assert facts["loss_training"] != facts["loss"]
    model = small(L.Dense(8), L.Dense(1))
    facts = probe.look(model, X, Y, objective.look(model))
    assert facts["modes"] is False
    assert facts["mode_difference"] == 0


class Noisy(L.Layer):
    """With every kind of state that a call may change."""

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.seen = tf.Variable(0.0, trainable=False)
        self.drop = L.Dropout(0.4)

    def call(self, x, training=False):
        self.calls += 1
        self.seen.assign_add(1.0)
        print("called")
        noise = tf.random.normal(tf.shape(x)) + tf.random.normal(tf.shape(x), seed=3)
        noise += keras.random.normal(keras.ops.shape(x)) + random.random() + np.random.random()
        self.add_loss(tf.reduce_mean(x))
        return self.drop(x + noise if training else x)


def test_nothing_that_a_call_changes_stays_changed(capfd):
    keras.utils.set_random_seed(4)
    model = small(L.Dense(4), Noisy(), L.BatchNormalization(), L.Dense(1))
    noisy = model.layers[1]
    keras.random.normal((2,))
    before = [np.array(variable) for variable in model.variables]
    calls, seen = noisy.calls, float(noisy.seen)
    capfd.readouterr()

    def draws():
        return [
            random.random(),
            np.random.random(),
            float(tf.random.normal(())),
            float(tf.random.normal((), seed=3)),
            float(keras.random.normal(())),
        ]

    keras.utils.set_random_seed(5)
    draws()
    wanted = draws()
    keras.utils.set_random_seed(5)
    draws()
    probe.look(model, X, Y, objective.look(model))
    assert draws() == wanted
    assert all(np.array_equal(one, other) for one, other in zip(before, model.variables, strict=True))
    assert (noisy.calls, float(noisy.seen)) == (calls, seen)
    assert capfd.readouterr() == ("", "")


def test_a_program_that_never_drew_from_keras_draws_the_same_afterwards():
    from keras.src.backend.common import global_state

    model = small(L.Dense(4), Noisy(), L.Dense(1))
    global_state.set_global_attribute("global_seed_generator", None)
    name = L.Dense(1).name
    probe.look(model, X, Y, objective.look(model))
    assert global_state.get_global_attribute("global_seed_generator") is None
    assert int(L.Dense(1).name.split("_")[-1]) == int(name.split("_")[-1]) + 1


def test_training_goes_on_bit_for_bit_with_probes_between_epochs():
    def train(probed):
        keras.utils.set_random_seed(7)
        model = small(
            L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(1, activation="sigmoid")
        )
        told = objective.look(model)
        callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: probed and probe.look(model, X, Y, told))
        history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
        return history.history["loss"]

    assert train(False) == train(True)


def test_several_inputs_and_outputs_are_fed_by_name():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    both = L.Concatenate()([a, b])
    model = keras.Model(
        [a, b], {"p": L.Dense(1, name="p")(both), "q": L.Dense(3, activation="softmax", name="q")(both)}
    )
    model.compile("sgd", {"p": "mse", "q": "sparse_categorical_crossentropy"})
    x = {"a": RNG.random((40, 4)), "b": RNG.random((40, 3))}
    y = {"q": RNG.integers(0, 3, 40), "p": RNG.random(40)}
    told = objective.look(model)
    facts = probe.look(model, x, y, told)
    assert facts["others"]
    assert facts["metric_name"] == ("r2" if told["output_name"] == "p" else "accuracy")
    assert "loss" in facts
    assert final.look(model, x, y, x, y, told)["validation"]["rows"] == 40


def test_losses_of_several_outputs_are_told_together_as_keras_does():
    x = keras.Input((6,))
    model = keras.Model(x, [L.Dense(1, name="a")(x), L.Dense(3, activation="softmax", name="b")(x)])
    losses = {"b": "sparse_categorical_crossentropy", "a": "mse"}
    model.compile("sgd", losses, loss_weights={"a": 0.5, "b": 2.0})
    y = {"b": RNG.integers(0, 3, 100), "a": RNG.random(100).astype(np.float32)}
    told = objective.look(model)
    facts = probe.look(model, X[:100], y, told)
    assert facts["loss"] == pytest.approx(model.evaluate(X[:100], y, verbose=0, batch_size=100)[0], rel=1e-4)
    shares = np.bincount(y["b"]) / 100
    best = 0.5 * y["a"].var() + 2 * -(shares * np.log(shares)).sum()
    assert constant.look(y, told)["loss"] == pytest.approx(best, rel=1e-4)
    assert final.look(model, X[:100], y, None, None, told)["train"]["constant_loss"] == pytest.approx(best, rel=1e-4)


def test_a_loss_that_sums_is_told_per_row():
    model = small(L.Dense(1), loss=keras.losses.MeanSquaredError(reduction="sum"))
    y = RNG.random(100).astype(np.float32)
    told = objective.look(model)
    assert probe.look(model, X[:100], y, told)["loss"] == pytest.approx(
        float(((model(X[:100])[:, 0] - y) ** 2).numpy().mean())
    )
    assert constant.look(y, told)["loss"] == pytest.approx(y.var(), rel=1e-4)


def test_a_model_with_a_fixed_number_of_rows_gets_so_many():
    model = keras.Sequential([keras.Input(batch_shape=(20, 5, 2)), L.GRU(3, stateful=True), L.Dense(1)])
    model.compile("sgd", "mse")
    states = [np.array(one) for one in model.non_trainable_variables]
    facts = probe.look(model, RNG.random((50, 5, 2)), RNG.random(50), objective.look(model))
    assert facts["rows"] == 20
    assert all(np.array_equal(a, np.array(b)) for a, b in zip(states, model.non_trainable_variables, strict=True))


class Two(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = L.Dense(1)

    def call(self, a, b, training=False):
        return self.out(a + b)


def test_a_model_of_two_arguments_is_called_with_two():
    model = Two()
    model(X[:2], X[:2])
    assert "outputs" in probe.look(model, (X, X), Y)


def test_under_a_mirrored_strategy_nothing_changes_either():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = small(L.Dense(4), L.BatchNormalization(), L.Dropout(0.5), L.Dense(1))
    before = [np.array(one) for one in model.variables]
    facts = probe.look(model, X, Y, objective.look(model))
    assert facts["mode_difference"] > 0
    assert all(np.array_equal(a, np.array(b)) for a, b in zip(before, model.variables, strict=True))


def test_tokens_masks_ragged_rows_and_texts_are_fed():
    tokens = RNG.integers(0, 30, (60, 9))
    model = small(L.Embedding(30, 4, mask_zero=True), L.LSTM(3), L.Dense(1, activation="sigmoid"), inputs=(None,))
    assert "loss" in probe.look(model, tokens, RNG.integers(0, 2, 60), objective.look(model))
    ragged = tf.ragged.constant([[1, 2, 3], [4], [5, 6]])
    assert isinstance(probe.look(model, ragged, np.array([0, 1, 1]), objective.look(model)), dict)
    texts = np.array(["a b", "c"] * 20)
    words = L.TextVectorization(output_sequence_length=3, vocabulary=["a", "b", "c"])
    model = keras.Sequential([keras.Input((), dtype="string"), words, L.Embedding(9, 4), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    assert "loss" in probe.look(model, texts, RNG.random(40), objective.look(model))


class Loose(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.drop, self.out = L.Dense(5, activation="relu"), L.Dropout(0.5), L.Dense(3)

    @tf.function
    def call(self, x, training=False):
        return self.out(self.drop(self.hidden(x), training=training))


def test_a_subclassed_model_with_a_compiled_call_is_heard():
    model = Loose()
    model(X[:2])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    told = objective.look(model, loss)
    facts = probe.look(model, X, RNG.integers(0, 3, 300), told, loss=loss)
    assert list(facts["layers"]) == [model.hidden.name, model.drop.name, model.out.name]
    assert facts["loss"] > 0
    assert facts["mode_difference"] > 0


@pytest.mark.parametrize(
    "loss",
    [tf.nn.sigmoid_cross_entropy_with_logits, keras.losses.binary_crossentropy, "bce", keras.losses.MeanSquaredError],
)
def test_losses_of_loops_are_computed(loss):
    model = small(L.Dense(1))
    facts = probe.look(model, X, Y, objective.look(model, loss), loss=loss)
    assert facts["loss"] > 0


def test_a_model_that_is_not_built_is_left_alone():
    model = keras.Sequential([L.Dense(3)])
    assert probe.look(model, X, Y) == {}
    assert final.look(model, X, Y) == {"validation": None} or not final.look(model, X, Y)
    assert not model.built


@pytest.mark.parametrize("y", [None, np.full(300, np.nan), np.array(["a"] * 300), Y[:20], [[1, 2], [3]] * 150, Y / 1.0])
def test_odd_labels_are_survived(y):
    model = small(L.Dense(1, activation="sigmoid"))
    assert "layers" in probe.look(model, X, y, objective.look(model))
    assert isinstance(final.look(model, X, y, X, y, objective.look(model)), dict)


def test_nan_in_weights_and_rows_are_counted():
    model = small(L.Dense(4, activation="relu"), L.Dense(1))
    model.layers[1].kernel.assign(np.full((4, 1), np.nan))
    facts = probe.look(model, X, Y, objective.look(model))
    assert facts["outputs"]["nonfinite"] == 128
    assert facts["layers"][model.layers[0].name]["nonfinite"] == 0


def test_the_end_is_judged_against_the_constant():
    model = small(L.Dense(16, activation="relu"), L.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(X, Y, epochs=40, verbose=0)
    facts = final.look(model, X[:200], Y[:200], X[200:], Y[200:], objective.look(model))
    train, validation = facts["train"], facts["validation"]
    assert train["rows"] == 200
    assert train["metric"] > 0.8
    assert train["loss"] < train["constant_loss"] < 0.7
    assert train["constant_metric"] == pytest.approx(max(Y[:200].mean(), 1 - Y[:200].mean()))
    assert validation["rows"] == 100
    assert set(train["recall"]) == {"0", "1"}


def test_under_mixed_precision_facts_are_plain_numbers():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = small(L.Dense(8, activation="relu"), L.Dense(1, dtype="float32"), loss="mse")
        facts = probe.look(model, X, Y, objective.look(model))
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(facts["loss"])
    assert len(facts["layers"]) == 2
