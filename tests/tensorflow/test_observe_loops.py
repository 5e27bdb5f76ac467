"""What the observer sees of custom loops, and that it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.tensorflow.observed import network, observed, rows, same_with_and_without


def training(step_of: Callable[[Callable[..., Any]], Callable[..., Any]], epochs: int = 2) -> list[Any]:
    """A loop over a shuffled data set, with noise of TensorFlow's own."""
    x, y = rows(160)
    model, optimizer = network(activation=None), keras.optimizers.Adam(0.01)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(inputs: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(inputs + 0.01 * tf.random.normal(tf.shape(inputs)), training=True)
            loss = loss_of(labels, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).batch(32)
    step = step_of(step)
    losses = [float(step(*batch)) for _ in range(epochs) for batch in data]
    return [losses, *model.get_weights(), tf.random.normal((2,)), np.random.rand(2)]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loop_is_the_same_bit_for_bit(tmp_path: Path, compiled: bool) -> None:
    (trace,) = same_with_and_without(tmp_path, lambda: training(tf.function if compiled else lambda step: step))
    assert len(trace.steps) == 10
    assert np.isfinite(trace.series("loss")).all()
    assert trace.known["objective"]["loss"] == "sparse_categorical_crossentropy"
    assert trace.known["objective"]["from_logits"] is True
    assert trace.known["labels.train"]["kind"] == "class_index"
    assert trace.known["program"]["kind"] == "loop"
    assert trace.known["program"]["compiled"] is compiled
    assert trace.told("probe")[0][0] == 0
    assert np.isfinite(trace.series("input_seconds")).all()


def test_xla_compiled_steps_are_recorded(tmp_path: Path) -> None:
    _, (trace,) = observed(tmp_path, lambda: training(lambda step: tf.function(step, jit_compile=True), epochs=1))
    assert len(trace.steps) == 5
    assert np.isfinite(trace.table("gradient_norm")).all()
    assert trace.known["program"]["jit_compile"] is True


def test_a_loop_inside_of_one_function_is_recorded(tmp_path: Path) -> None:
    x, y = rows(160)
    model, optimizer = network(activation=None), keras.optimizers.SGD(0.1)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)

    @tf.function
    def epoch() -> None:
        for inputs, labels in data:
            with tf.GradientTape() as tape:
                loss = keras.losses.sparse_categorical_crossentropy(labels, model(inputs), from_logits=True)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    def program() -> None:
        for _ in range(3):
            epoch()

    _, (trace,) = observed(tmp_path, program)
    assert list(trace.steps) == list(range(1, 16))
    assert trace.known["objective"]["from_logits"] is True
    assert trace.known["labels.train"]["rows"] == 160


@pytest.mark.parametrize("compiled", [False, True])
def test_labels_are_found_behind_a_loss_of_the_programs_own(tmp_path: Path, compiled: bool) -> None:
    x, _ = rows(120)
    y = (3 * x[:, :1] + 1).astype(np.float32)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, kernel_regularizer="l2")], name="line")
    optimizer = keras.optimizers.SGD(0.05)

    def step(inputs: Any, targets: Any) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(inputs, training=True) - targets)) + tf.add_n(model.losses)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    def program() -> None:
        run = tf.function(step) if compiled else step
        for start in [*range(0, 120, 40)] * 3:
            run(tf.constant(x[start : start + 40]), tf.constant(y[start : start + 40]))

    _, (trace,) = observed(tmp_path, program)
    assert trace.known["labels.train"]["kind"] == "real"
    assert trace.known["labels.train"]["rows"] == 120  # and not those of the second epoch
    assert trace.known["objective"]["loss"] == "mean_squared_error"
    assert trace.known["objective"]["seen"] == "guess"
    assert trace.known["constant"]["loss"] == pytest.approx(float(np.var(y)), rel=1e-3)


def test_gradients_that_are_never_applied_are_told(tmp_path: Path) -> None:
    x, y = rows(64)
    model = network(activation=None)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def program() -> None:
        for _ in range(3):
            with tf.GradientTape() as tape:
                loss = loss_of(y, model(x, training=True))
            tape.gradient(loss, model.trainable_variables)

    _, (trace,) = observed(tmp_path, program)
    assert len(trace.steps) == 0
    assert trace.known["gradients"]["unapplied"] is True
    assert trace.known["gradients"]["taken"] == 3


def test_weights_that_are_moved_by_hand_have_rows_too(tmp_path: Path) -> None:
    x, y = rows(64)
    model = network(activation=None)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def program() -> None:
        for _ in range(8):
            with tf.GradientTape() as tape:
                loss = loss_of(y, model(x, training=True))
            for variable, gradient in zip(
                model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
            ):
                variable.assign_sub(0.1 * gradient)

    _, (trace,) = observed(tmp_path, program)
    assert not trace.known["gradients"]["unapplied"]
    assert not trace.known["gradients"]["missing"]
    assert len(trace.steps) == 6  # the first two show that no optimizer does it
    assert (trace.table("update_norm")[1:] > 0).all()
    assert {"labels.train", "final", "probe"} <= set(trace.known)


def test_missing_and_unconnected_weights_are_named(tmp_path: Path) -> None:
    x, y = rows(64)
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, activation="relu", name="forgotten")(inputs)

    class Head(keras.layers.Dense):
        def build(self, input_shape: Any) -> None:
            super().build(input_shape)
            self.loose = self.add_weight(shape=(3,), name="loose")

    model = keras.Model(inputs, Head(2, name="head")(hidden), name="part")
    head = model.get_layer("head")
    loss_of, optimizer = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.optimizers.SGD(0.1)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        given = head.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, given), given, strict=True))

    _, (trace,) = observed(tmp_path, lambda: [step() for _ in range(3)])
    told = trace.known["gradients"]
    assert told["missing"] == ["forgotten/kernel", "forgotten/bias"]
    assert told["none"] == [head.loose.path]
    assert not told["unapplied"]


def test_gradients_with_respect_to_inputs_are_no_training(tmp_path: Path) -> None:
    x, _ = rows(16)
    model = network(activation=None)

    def program() -> None:
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = model(inputs)
        tape.gradient(outputs, inputs)

    _, traces = observed(tmp_path, program)
    assert traces == []


@pytest.mark.parametrize("compiled", [False, True])
def test_two_networks_in_a_game_are_two_traces(tmp_path: Path, compiled: bool) -> None:
    x, _ = rows(96)
    maker = keras.Sequential([keras.Input((3,)), keras.layers.Dense(6)], name="maker")
    judge = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)], name="judge")
    of_maker, of_judge = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01)
    loss_of = keras.losses.BinaryCrossentropy(from_logits=True)

    def step(real: Any) -> None:
        noise = tf.random.normal((32, 3))
        with tf.GradientTape() as first, tf.GradientTape() as second:
            made = maker(noise, training=True)
            on_real, on_made = judge(real, training=True), judge(made, training=True)
            fooled = loss_of(tf.ones_like(on_made), on_made)
            judged = loss_of(tf.ones_like(on_real), on_real) + loss_of(tf.zeros_like(on_made), on_made)
        of_maker.apply(first.gradient(fooled, maker.trainable_variables), maker.trainable_variables)
        of_judge.apply(second.gradient(judged, judge.trainable_variables), judge.trainable_variables)

    def program() -> None:
        run = tf.function(step) if compiled else step
        for start in range(0, 96, 32):
            run(tf.constant(x[start : start + 32]))

    _, traces = observed(tmp_path, program)
    names = [{variable.layer.split("_")[0] for variable in trace.facts.variables} for trace in traces]
    assert [len(trace.steps) for trace in traces] == [3, 3]
    assert len(names[0]) == 1
    assert [len(trace.facts.variables) for trace in traces] == [2, 4]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_over_all_pairs_of_rows_is_told_from_one_row_by_row(tmp_path: Path, compiled: bool) -> None:
    def program(shape: tuple[int, ...]) -> None:
        x, y = rows(128)
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        optimizer = keras.optimizers.SGD(0.01)

        def step(inputs: Any, labels: Any) -> None:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(labels - model(inputs, training=True)))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

        step = tf.function(step) if compiled else step
        for at in range(0, 128, 32):
            step(tf.constant(x[at : at + 32]), tf.constant(y[at : at + 32].astype(np.float32).reshape(shape)))

    _, (pairs,) = observed(tmp_path / "pairs", lambda: program((-1,)))
    assert pairs.known["objective"].get("stretched") is True
    _, (alone,) = observed(tmp_path / "alone", lambda: program((-1, 1)))
    assert alone.known["objective"]["loss"] == "mean_squared_error"
    assert "stretched" not in alone.known["objective"]


def test_rows_that_a_trained_model_is_called_on_outside_of_steps_are_those_it_is_used_for(tmp_path: Path) -> None:
    def program() -> None:
        x, y = rows(160)
        model, optimizer = network(), keras.optimizers.SGD(0.01)
        loss_of = keras.losses.SparseCategoricalCrossentropy()
        for at in range(0, 128, 32):
            with tf.GradientTape() as tape:
                loss = loss_of(y[at : at + 32], model(x[at : at + 32], training=True))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        model(100 * x[128:], training=False)

    _, (trace,) = observed(tmp_path, program)
    assert trace.known["inputs.predict"]["rows"] == 32
    assert trace.known["inputs.predict"]["std"] > 50
