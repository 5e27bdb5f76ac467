"""Networks for texts: padding never changes an answer, what is empty has one, all variables learn, files keep them."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.tasks import text_models, text_options

LENGTH, TOKENS, CLASSES = 12, 30, 3
SMALL = {
    "bag": {"embedding": 8, "units": [6]},
    "lstm": {"embedding": 8, "recurrent": 5},
    "gru": {"embedding": 8, "recurrent": 5, "bidirectional": False, "units": [4]},
    "transformer": {"embedding": 8, "heads": 2, "blocks": 2},
}


def built(name, length=LENGTH):
    keras.utils.set_random_seed(3)
    return text_models.BUILDERS[name]((length,), CLASSES, tokens=TOKENS, **SMALL[name])


def padded(rows, length=LENGTH):
    return tf.constant([[*row, *[0] * (length - len(row))] for row in rows], tf.int32)


ROWS = [[5, 3, 9, 9, 2], [1], [4] * LENGTH, []]


def test_the_options_are_what_the_builders_take():
    for name, builder in text_models.BUILDERS.items():
        takes = {
            key: given.default
            for key, given in inspect.signature(builder).parameters.items()
            if given.kind is given.KEYWORD_ONLY and key != "tokens"
        }
        told = text_options.HYPERPARAMETERS[name]
        assert {key: list(one) if isinstance(one, tuple) else one for key, one in takes.items()} == told
    assert set(text_models.BUILDERS) == set(text_options.HYPERPARAMETERS)


@pytest.mark.parametrize("name", SMALL)
def test_padding_never_changes_an_answer(name):
    """The answer of a network for 12 tokens is that of one for 5 with the same weights."""
    whole, short = built(name), built(name, 5)
    weights = whole.get_weights()
    if name == "transformer":  # it has a vector a position
        at = [variable.path for variable in whole.weights].index("positions/vectors")
        weights[at] = weights[at][:5]
    short.set_weights(weights)
    rows = [row for row in ROWS if len(row) <= 5]
    np.testing.assert_allclose(whole(padded(rows)), short(padded(rows, 5)), atol=1e-6)


@pytest.mark.parametrize("name", SMALL)
def test_what_padding_is_embedded_as_does_not_matter(name):
    model = built(name)
    before = model(padded(ROWS)).numpy()
    table = model.get_layer("embedding").embeddings
    table.assign(tf.concat([tf.fill([1, 8], 100.0), table[1:]], 0))
    np.testing.assert_allclose(model(padded(ROWS)), before, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_an_empty_text_has_a_finite_answer(name):
    assert np.isfinite(built(name)(padded([[], []]))).all()


@pytest.mark.parametrize("name", ["lstm", "gru", "transformer"])
def test_the_order_of_words_counts(name):
    forth, back = built(name)(padded([[2, 3, 4, 5], [5, 4, 3, 2]])).numpy()
    assert np.abs(forth - back).max() > 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_every_variable_learns(name):
    model = built(name)
    with tf.GradientTape() as tape:
        logits = model(padded(ROWS), training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2, 0], logits))
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, variable.path


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_whole_in_a_keras_file(name, tmp_path):
    model = built(name)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(padded(ROWS)), model(padded(ROWS)))


def test_activations_of_hidden_layers_are_those_of_the_options():
    model = text_models.bag((LENGTH,), CLASSES, tokens=TOKENS, units=[4], activation="tanh")
    assert [layer.activation.__name__ for layer in model.layers if isinstance(layer, keras.layers.Dense)] == [
        "tanh",
        "linear",
    ]
