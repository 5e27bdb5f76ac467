"""Event files that real writers made, read without TensorBoard."""

import numpy as np
import pytest

from graduate.diagnose import diagnose
from graduate.trace import RunFacts, Variable, csv_log, find, tensorboard
from graduate.trace.memory import made


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A training with Keras' own callbacks: what they wrote, and what `fit` returned."""
    import keras

    folder = tmp_path_factory.mktemp("logs")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(160, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    callbacks = [
        keras.callbacks.TensorBoard(folder / "tb", update_freq=1, histogram_freq=1),
        keras.callbacks.CSVLogger(folder / "log.csv"),
    ]
    history = model.fit(x, x.sum(1), epochs=4, verbose=0, validation_split=0.25, callbacks=callbacks)
    return folder, history.history


def test_the_callbacks_of_keras_say_the_same_as_fit(logged):
    folder, history = logged
    [events] = find.at(folder / "tb")
    for trace in (events.trace, csv_log.read(folder / "log.csv")):
        logs = [value["logs"] for _, value in trace.told("epoch")]
        for name in ("loss", "mae", "val_loss", "val_mae"):
            assert [one[name] for one in logs] == pytest.approx(history[name], rel=1e-6)
    assert len(events.trace.steps) == 16
    assert diagnose(events.trace).verdict == "healthy"


def test_tensorflows_own_writer_is_read(tmp_path):
    import tensorflow as tf

    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(400):
            tf.summary.scalar("train/loss", 1 / (step + 1), step=step)
            tf.summary.scalar("text is passed over", float(step), step=step)
            tf.summary.histogram("weights", np.arange(9.0), step=step)
    trace = tensorboard.read(tmp_path)
    assert trace.series("loss")[99] == pytest.approx(0.01)


def test_a_trace_that_was_written_as_events_comes_back(tmp_path):
    from graduate import to_tensorboard

    rng = np.random.default_rng(2)
    variables = tuple(Variable(f"dense_{at}/kernel", f"dense_{at}", (4, 4)) for at in range(3))
    norms = rng.uniform(1, 2, (50, 3))
    loss = np.linspace(2, 1, 50)
    told = [(25 * at, "epoch", {"epoch": at - 1, "logs": {"loss": 1.0, "val_loss": 2.0 + at}}) for at in (1, 2)]
    trace = made(
        facts=RunFacts(variables),
        series={"loss": loss},
        tables={"gradient_norm": norms, "update_norm": norms, "weight_norm": norms * 9},
        told=told,
    )
    to_tensorboard.write(trace, tmp_path)
    back = tensorboard.read(tmp_path)
    assert back.series("loss") == pytest.approx(trace.series("loss"))
    assert [variable.layer for variable in back.facts.variables] == [variable.layer for variable in variables]
    for table in ("gradient_norm", "update_ratio"):
        assert back.table(table) == pytest.approx(trace.table(table), rel=1e-5)
    assert [value["logs"]["val_loss"] for _, value in back.told("epoch")] == [3.0, 4.0]
