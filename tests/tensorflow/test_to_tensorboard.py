"""TensorBoard's own reader finds what a trace holds."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from graduate import to_tensorboard
from graduate.recorder import Recorder
from graduate.trace import open_trace, tensorboard
from graduate.trace.memory import made
from graduate.training import TrainingOptions, resolve_strategy, train
from tests.tensorflow.training_cases import digits, network


def points(folder, tag):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder)).Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_every_column_is_there_under_its_variable(tmp_path):
    trace = made(
        series={"loss": [3, 2, np.nan]},
        tables={"gradient_norm": [[3, 4], [0, 1], [1, 1]]},
        told=[(3, "epoch", {"epoch": 0, "logs": {"val_loss": 2.5}})],
    )
    to_tensorboard.write(trace, tmp_path)
    assert points(tmp_path, "loss")[:2] == [(1, 3), (2, 2)]
    assert points(tmp_path, "gradient_norm/layer_1/kernel") == [(1, 4), (2, 1), (3, 1)]
    assert points(tmp_path, "gradient_global_norm")[0] == (1, 5)
    assert points(tmp_path, "epoch/val_loss") == [(3, 2.5)]


def test_a_long_trace_gives_a_bounded_number_of_points_and_every_broken_one(tmp_path):
    loss = np.ones(50_000)
    loss[12_345] = np.nan
    to_tensorboard.write(made(series={"loss": loss}), tmp_path, points=100)
    steps = [step for step, _ in points(tmp_path, "loss")]
    assert len(steps) == 101
    assert 12_346 in steps


def test_a_recorder_writes_events_while_it_records(tmp_path):
    with Recorder(tmp_path / "trace", tensorboard=tmp_path / "events") as recorder:
        strategy, _ = resolve_strategy("cpu")
        train(network, digits(), None, TrainingOptions(steps=5, batch_size=32), strategy=strategy, callbacks=[recorder])
    trace = open_trace(tmp_path / "trace")
    step, loss = points(tmp_path / "events", "loss")[-1]
    assert loss == trace.series("loss")[trace.steps.tolist().index(step)]


def test_what_is_written_is_read_back(tmp_path):
    given = made(series={"loss": np.linspace(2, 1, 400)}, tables={"gradient_norm": np.ones((400, 2))})
    to_tensorboard.write(given, tmp_path)
    found = tensorboard.read(tmp_path)
    assert found.columns() >= {"loss", "gradient_norm"}
    np.testing.assert_array_equal(found.series("loss"), given.series("loss"))
