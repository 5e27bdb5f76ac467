"""Layers, objective and penalties of Keras models of every kind."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.looks import layers, objective, penalty

L = keras.layers


class Block(L.Layer):
    def __init__(self):
        super().__init__()
        self.inside = L.Dense(4, activation="tanh")
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")

    def call(self, x):
        return x + self.scale * self.inside(x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(), Block()
        self.read = L.Bidirectional(L.LSTM(3))
        self.out = L.Dense(1, activation="sigmoid")

    def call(self, x, training=False):
        return self.out(self.read(self.second(self.first(x))))


def sequential():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(
                4, 3, activation="relu", kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.L2(0.1)
            ),
            L.BatchNormalization(momentum=0.9),
            L.Flatten(),
            L.Dropout(0.3),
            L.Dense(3),
            L.Activation("softmax"),
        ]
    )


def by_name(model, **kwargs):
    return {one["name"]: one for one in layers.look(model, **kwargs)}


def test_layers_of_a_sequential_model_are_told_in_order():
    facts = layers.look(sequential())
    assert [one["class"] for one in facts] == [
        *("Conv2D", "BatchNormalization", "Flatten", "Dropout", "Dense", "Activation")
    ]
    conv, norm, _, drop, dense, last = facts
    assert conv["activation"] == "relu"
    assert conv["kernel_initializer"]["class"] == "HeNormal"
    assert conv["l2"] == pytest.approx(0.1)
    assert conv["initial"]["fan_in"] == 9
    assert not conv["initial"]["identical_units"]
    assert norm["momentum"] == 0.9
    assert drop["rate"] == 0.3
    assert dense["output"]
    assert last["output"]
    assert not conv["output"]
    assert conv["inputs"] == []
    assert norm["inputs"] == [conv["name"]]


def test_a_programs_own_layers_are_opened_and_keras_own_are_not():
    model = Subclassed()
    model(np.zeros((2, 5, 4), np.float32))
    facts = layers.look(model)
    assert [one["class"] for one in facts] == ["Block", "Dense", "Block", "Dense", "Bidirectional", "Dense"]
    assert facts[0]["parameters"] == 4  # its own weight, without those of its parts
    assert facts[4]["recurrent"]
    assert facts[5]["output"]
    assert len({one["name"] for one in facts}) == 6
    assert sum(one["parameters"] for one in facts) == model.count_params()


def test_nested_models_are_opened_and_frozen_layers_said():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="relu"), L.Dense(2)], name="inner")
    inner.trainable = False
    x = keras.Input((4,))
    model = keras.Model(x, L.Dense(1)(inner(x)))
    facts = [one for one in layers.look(model) if one["class"] == "Dense"]
    assert [one["trainable"] for one in facts] == [False, False, True]
    assert [one["output"] for one in facts] == [False, False, True]


def test_identical_units_and_nonfinite_weights_are_seen():
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, kernel_initializer="zeros"), L.Dense(3)])
    model.layers[1].kernel.assign(np.full((5, 3), np.nan))
    first, second = layers.look(model)
    assert first["initial"]["identical_units"]
    assert first["initial"]["zeros"] == 1
    assert second["initial"]["nonfinite"] == 15


def test_a_layer_called_twice_is_shared_and_an_embedding_at_the_input_is_said():
    x, shared = keras.Input((6,)), L.Dense(6)
    assert layers.look(keras.Model(x, shared(shared(x))))[-1]["shared"]
    facts = layers.look(keras.Sequential([keras.Input((9,)), L.Embedding(10, 4), L.LSTM(3), L.Dense(1)]))
    assert facts[0]["input_embedding"]
    assert facts[1]["activation"] == "tanh"


def test_models_that_are_not_built_are_survived():
    assert [one["built"] for one in layers.look(keras.Sequential([L.Dense(3), L.Dense(1)]))] == [False, False]
    assert objective.look(keras.Sequential([L.Dense(3)]))["loss"] is None
    assert isinstance(objective.look(Subclassed()), dict)
    assert layers.look(Subclassed())[-1]["output"]


@pytest.mark.parametrize(
    ("loss", "name", "from_logits"),
    [
        ("mse", "mean_squared_error", None),
        ("MeanAbsoluteError", "mean_absolute_error", None),
        ("binary_crossentropy", "binary_crossentropy", False),
        (keras.losses.BinaryCrossentropy(from_logits=True), "binary_crossentropy", True),
        (keras.losses.SparseCategoricalCrossentropy(), "sparse_categorical_crossentropy", False),
        (keras.losses.sparse_categorical_crossentropy, "sparse_categorical_crossentropy", False),
        (functools.partial(keras.losses.binary_crossentropy, from_logits=True), "binary_crossentropy", True),
        (tf.nn.sigmoid_cross_entropy_with_logits, "binary_crossentropy", True),
        (tf.nn.sparse_softmax_cross_entropy_with_logits, "sparse_categorical_crossentropy", True),
        (tf.nn.softmax_cross_entropy_with_logits, "categorical_crossentropy", True),
        (keras.losses.Huber(delta=2.0), "huber", None),
        (keras.losses.KLDivergence(), "kl_divergence", None),
        (keras.losses.CosineSimilarity(), "cosine_similarity", None),
        (lambda y, p: p, "custom", None),
        (None, None, None),
    ],
)
def test_losses_are_named_however_they_are_given(loss, name, from_logits):
    facts = objective.look(loss=loss)
    assert facts["loss"] == name
    assert facts.get("from_logits") == from_logits


def test_a_function_of_the_program_with_a_known_name_is_custom():
    def mean_squared_error(y, p):
        return p

    assert objective.look(loss=mean_squared_error)["loss"] == "custom"


def test_the_output_that_the_loss_judges_is_told():
    model = sequential()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    facts = objective.look(model)
    assert facts["output_activation"] == "softmax"
    assert facts["output_units"] == 3
    assert facts["output_shape"] == [3]
    assert facts["metrics"] == ["accuracy"]
    assert facts["seen"] == "compile"


def test_of_several_outputs_the_first_with_a_loss_is_told():
    x = keras.Input((4,))
    model = keras.Model(x, [L.Dense(2, name="a")(x), L.Dense(3, activation="softmax", name="b")(x)])
    model.compile("sgd", {"b": "categorical_crossentropy"})
    facts = objective.look(model)
    assert facts["output_name"] == "b"
    assert facts["output_position"] == 1
    assert facts["output_units"] == 3
    model.compile("sgd", {"b": "categorical_crossentropy", "a": "mse"})
    facts = objective.look(model)
    assert facts["output_name"] == "a"
    assert facts["others"] == {"b": "categorical_crossentropy"}


def test_logits_that_keras_looks_for_behind_a_softmax_are_said():
    model = sequential()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert objective.look(model)["logits_undone"]
    assert objective.look(model, tf.nn.sparse_softmax_cross_entropy_with_logits).get("logits_undone") is None


def test_penalties_are_those_of_keras():
    model = sequential()
    facts = penalty.look(model, 1.0)
    assert facts["penalty_loss"] == pytest.approx(float(sum(model.losses)), rel=1e-5)
    assert list(facts["by_layer"]) == [model.layers[0].name]
    assert 0 < facts["share"] < 1
    assert penalty.look(keras.Sequential([L.Dense(3)]))["penalty_loss"] == 0


def test_looking_advances_no_name():
    model = sequential()
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = L.Dense(1).name
    layers.look(model), objective.look(model), penalty.look(model)
    after = L.Dense(1).name
    assert int(after.split("_")[-1]) == int(before.split("_")[-1]) + 1
