"""What the observer sees of Keras' own training methods, and that it changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.tensorflow.observed import network, observed, rows, same_with_and_without


def test_fit_with_dropout_and_shuffling_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    x, y = rows()

    def program() -> list[Any]:
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, batch_size=32, epochs=3, validation_split=0.25, verbose=0).history
        after = [keras.random.normal((3,)), tf.random.normal((3,)), np.random.rand(3)]
        return [*model.get_weights(), history["loss"], history["val_loss"], *after]

    (trace,) = same_with_and_without(tmp_path, program)
    assert list(trace.steps) == list(range(1, 25))
    assert {"labels.train", "labels.validation", "inputs.train", "overlap", "constant", "baseline"} <= set(trace.known)
    assert {"layers", "objective", "program", "gradients", "pace", "probe", "final", "epoch"} <= set(trace.known)
    assert trace.told("probe")[0][0] == 0
    assert [told["epoch"] for _, told in trace.told("epoch")] == [0, 1, 2]
    assert trace.known["program"]["ended"] == "finished"
    assert trace.known["labels.train"]["rows"] == 240


def test_a_shuffled_data_set_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    x, y = rows()

    def program() -> list[Any]:
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).batch(32).prefetch(1)
        held = tf.data.Dataset.from_tensor_slices((x[:64], y[:64])).batch(32)
        model = network(built=False)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
        history = model.fit(data, epochs=3, validation_data=held, verbose=0).history
        return [*model.get_weights(), history["loss"], history["val_loss"], model.predict(held, verbose=0)]

    (trace,) = same_with_and_without(tmp_path, program)
    assert trace.known["labels.train"]["rows"] == 320
    assert trace.known["overlap"]["validation"]["shared"] == 64
    assert trace.known["pace"]["input"] == {
        "kind": "tf.data",
        "prefetch": True,
        "parallel": False,
        "cache": False,
        "python": False,
    }


def test_the_numbers_are_those_of_the_updates(tmp_path: Path) -> None:
    x, y = rows(32)
    model = network(activation=None)
    model.compile(keras.optimizers.SGD(0.5, global_clipnorm=0.1), keras.losses.SparseCategoricalCrossentropy(True))
    before = [np.array(v) for v in model.trainable_variables]
    _, (trace,) = observed(tmp_path, lambda: model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0))
    moved = [np.linalg.norm(np.array(v) - old) for v, old in zip(model.trainable_variables, before, strict=True)]
    np.testing.assert_allclose(trace.table("update_norm")[0], moved, rtol=1e-4)
    assert trace.series("clipped_global_norm")[0] == pytest.approx(0.1, rel=1e-4)
    assert trace.series("gradient_global_norm")[0] > 0.1
    assert trace.series("learning_rate")[0] == pytest.approx(0.5)
    assert np.linalg.norm(moved) == pytest.approx(0.05, rel=1e-3)


def test_the_loss_of_every_step_contains_penalties_and_they_are_told(tmp_path: Path) -> None:
    x, y = rows(64)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, kernel_regularizer="l2")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    result, (trace,) = observed(tmp_path, lambda: model.fit(x, y, batch_size=64, epochs=1, verbose=0).history)
    assert trace.series("loss")[0] == pytest.approx(result["loss"][0], rel=1e-5)
    assert trace.known["penalty"]["penalty_loss"] > 0


def test_training_batch_by_batch_is_one_trace(tmp_path: Path) -> None:
    x, y = rows()

    def program() -> list[Any]:
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        for start in [*range(0, 320, 32)] * 2:
            model.train_on_batch(x[start : start + 32], y[start : start + 32])
        return model.get_weights()

    (trace,) = same_with_and_without(tmp_path, program)
    assert len(trace.steps) == 20
    assert trace.known["program"]["kind"] == "train_on_batch"
    assert trace.known["labels.train"]["rows"] == 320


def test_generators_and_keras_data_sets_are_not_iterated_twice(tmp_path: Path) -> None:
    x, y = rows(96)

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: int) -> tuple[np.ndarray, np.ndarray]:
            return x[32 * at : 32 * at + 32], y[32 * at : 32 * at + 32]

    def given() -> Any:
        for start in [*range(0, 96, 32)] * 2:
            yield x[start : start + 32], y[start : start + 32]

    def program() -> list[Any]:
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(Batches(), epochs=2, shuffle=False, verbose=0)
        model.fit(given(), steps_per_epoch=3, epochs=2, verbose=0)
        return model.get_weights()

    (trace,) = same_with_and_without(tmp_path, program)
    assert len(trace.steps) == 12
    assert trace.known["labels.train"]["rows"] == 96
    assert trace.known["program"]["fits"] == 2
    assert [told["epoch"] for _, told in trace.told("epoch")] == [0, 1, 0, 1]


def test_what_fit_raises_is_raised_and_told(tmp_path: Path) -> None:
    x, y = rows()

    class Fails(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 3:
                raise RuntimeError("the program's own")

    def program() -> None:
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        with pytest.raises(RuntimeError, match="the program's own"):
            model.fit(x, y, callbacks=[Fails()], verbose=0)
        with pytest.raises(TypeError):
            model.fit(x, y, no_such_argument=1)

    _, (trace,) = observed(tmp_path, program)
    assert len(trace.steps) == 4
    assert trace.known["program"]["ended"] == "failed"


def test_a_failing_hook_costs_what_it_would_have_told_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graduate.looks import labels
    from graduate.observe import Observer
    from graduate.trace import open_trace

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("of the look")

    monkeypatch.setattr(labels, "look", fail)
    x, y = rows(64)
    observer = Observer(tmp_path)
    observer.install()
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    (path,) = observer.finish("finished")
    known = open_trace(path).known
    assert "labels.train" not in known
    assert "inputs.train" in known
    assert list(known["program"]["observer_errors"]) == ["labels.train: ZeroDivisionError: of the look"]


def test_everything_is_as_it_was_after_finish(tmp_path: Path) -> None:
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    owners = (BaseOptimizer, keras.Model, tf.GradientTape, keras.losses.Loss)
    before = [dict(vars(owner)) for owner in owners]
    observed(tmp_path, lambda: None)
    assert [dict(vars(owner)) for owner in owners] == before


def test_rows_given_to_evaluate_stand_in_for_validation_rows_unless_they_were_trained_on(tmp_path: Path) -> None:
    x, y = rows(200)

    def program() -> None:
        model = network()
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x[:150], y[:150], verbose=0)
        model.evaluate(x[:150].copy(), y[:150], verbose=0)
        model.evaluate(x[150:], y[150:], verbose=0)

    _, (trace,) = observed(tmp_path, program)
    assert [told["evaluate"]["shared_share"] for _, told in trace.told("overlap")] == [1.0, 0.0]
    assert trace.known["final"]["validation"]["rows"] == 50
    assert trace.known["labels.validation"]["rows"] == 50
