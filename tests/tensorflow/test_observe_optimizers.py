"""What the observer makes of optimizers that scale and accumulate, and of models that are frozen and compiled again."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tensorflow.observed import network, observed, rows


def test_gradients_are_recorded_unscaled(tmp_path: Path) -> None:
    x, y = rows(32)
    norms = []
    for policy in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(5)
        keras.mixed_precision.set_global_policy(policy)
        try:
            model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, activation="softmax", dtype="float32")])
            model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
            assert (model.optimizer.name == "loss_scale_optimizer") == (policy != "float32")
            _, (trace,) = observed(tmp_path / policy, lambda m=model: m.fit(x, y, batch_size=32, verbose=0))
        finally:
            keras.mixed_precision.set_global_policy("float32")
        norms.append((trace.series("gradient_global_norm")[0], trace.series("loss")[0]))
    np.testing.assert_allclose(norms[1], norms[0], rtol=2e-2)


def test_accumulated_gradients_have_a_row_a_micro_step(tmp_path: Path) -> None:
    x, y = rows(128)
    model = network()
    model.compile(keras.optimizers.Adam(0.01, gradient_accumulation_steps=2), "sparse_categorical_crossentropy")
    _, (trace,) = observed(tmp_path, lambda: model.fit(x, y, batch_size=32, epochs=2, verbose=0))
    moved = trace.table("update_norm").sum(1)
    assert (moved[0::2] == 0).all()
    assert (moved[1::2] > 0).all()
    assert trace.known["program"]["accumulation"] == 2


def test_a_schedule_is_told(tmp_path: Path) -> None:
    x, y = rows(64)
    model = network()
    model.compile(
        keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)),
        "sparse_categorical_crossentropy",
    )
    _, (trace,) = observed(tmp_path, lambda: model.fit(x, y, batch_size=16, verbose=0))
    np.testing.assert_allclose(trace.series("learning_rate"), [0.1, 0.05, 0.025, 0.0125], rtol=1e-5)
    assert trace.known["rates"]["changes"] == 3


def test_freezing_and_compiling_again_begins_a_second_trace(tmp_path: Path) -> None:
    x, y = rows(64)
    model = network()

    def program() -> None:
        model.get_layer("first").trainable = False
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, verbose=0)
        model.get_layer("first").trainable = True
        model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
        model.fit(x, y, verbose=0)
        model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy")
        model.fit(x, y, verbose=0)

    _, traces = observed(tmp_path, program)
    assert [len(trace.facts.variables) for trace in traces] == [4, 6]
    assert [trace.known["gradients"]["frozen"] for trace in traces] == [["first"], []]
    assert [len(trace.steps) for trace in traces] == [2, 4]
    assert traces[0].known["program"]["continued_by"] == "2-net"
    assert traces[1].known["program"]["continues"] == "1-net"


def test_every_other_step_keeps_what_the_step_itself_added(tmp_path: Path) -> None:
    x, y = rows(128)
    traces = []
    for every in (1, 3):
        keras.utils.set_random_seed(5)
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        _, (trace,) = observed(
            tmp_path / str(every), lambda m=model: m.fit(x, y, batch_size=16, shuffle=False, verbose=0), every=every
        )
        traces.append(trace)
    assert list(traces[1].steps) == [3, 6]
    np.testing.assert_allclose(traces[1].table("update_norm"), traces[0].table("update_norm")[[2, 5]], rtol=1e-4)


def test_a_recorder_attaches_and_goes_on(tmp_path: Path) -> None:
    from graduate.recorder import Recorder

    x, y = rows(64)
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)  # not recorded: two steps
    for _ in range(2):
        with Recorder(tmp_path / "trace").attach(model) as recorder:
            model.fit(x, y, verbose=0)
    assert list(recorder.trace().steps) == [3, 4, 5, 6]
    assert recorder.trace().known["program"]["kind"] == "fit"
    with pytest.warns(UserWarning, match="no update"), Recorder(tmp_path / "none").attach(model):
        pass
