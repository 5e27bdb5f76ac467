"""The recorder: what it writes is what a step did, and the training does not know that it is watched."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.errors import UsageError
from graduate.measures import gradients as of_gradients
from graduate.measures import weights as of_weights
from graduate.measures.packed import Packing
from graduate.recorder import TABLES, Recorder
from graduate.run_facts import facts_of
from graduate.trace import Event, open_trace
from graduate.training import EarlyStopping, Optimizer, TrainingOptions, resolve_strategy, train
from tests.tensorflow.training_cases import digits, flipped, network, scaled, weights

STRATEGY, _ = resolve_strategy("cpu")


class StopAt:
    """Ends the process' part of a training as a kill would: by an exception between two calls."""

    def __init__(self, step):
        self.step = step

    def after_steps(self, step):
        if step >= self.step:
            raise InterruptedError


class Seen:
    """Keeps what a step shows, whole."""

    def __init__(self):
        self.rows = []

    def inside_step(self, *, loss, gradients, clipped, before, after, learning_rate):
        def keep(*parts):
            self.rows.append(tf.nest.pack_sequence_as(structure, [part.numpy() for part in parts]))

        structure = (loss, learning_rate, gradients, clipped, before, after)
        tf.py_function(keep, tf.nest.flatten(structure), [])


def trained(*callbacks, build=None, folder=None, **options):
    given = {"steps": 12, "batch_size": 32, "checkpoint_every": 3, "steps_per_call": 3, **options}
    return train(
        build or (lambda: network(dropout=0.2, batch_norm=True)),
        digits(),
        digits(60, 400) if "early_stopping" in given else None,
        TrainingOptions(**given),
        strategy=STRATEGY,
        augment=flipped,
        finalise=scaled,
        checkpoints=str(folder) if folder else None,
        callbacks=callbacks,
    )


def recorded(path, *callbacks, every=1, **options):
    """A training with a recorder; gives its trace."""
    with Recorder(path, every) as recorder:
        trained(recorder, *callbacks, **options)
    return open_trace(path)


def rows_of(trace):
    return {c: trace.table(c) if c in TABLES else trace.series(c) for c in ("loss", "learning_rate", *TABLES)}


# ---- the measures


SHAPES = [(3, 4), (7,), (), (40, 33), (1, 1, 2, 5), (32,), (2000,)]


def statistics(gradient, before, after):
    """The reference: NumPy in double precision."""
    wide = gradient.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return [
            np.sqrt((wide**2).sum()),
            np.abs(wide).max(),
            wide.mean(),
            (wide == 0).mean(),
            (~np.isfinite(wide)).sum(),
            np.sqrt((after.astype(np.float64) ** 2).sum()),
            np.sqrt(((after - before).astype(np.float64) ** 2).sum()),
        ]


def measured(gradients, before, after):
    packing = Packing(SHAPES)
    run = tf.function(
        lambda *given: [
            *of_gradients.measure(packing, given[0]),
            *of_weights.measure(packing, *map(packing.pack, given[1:])),
        ],
        autograph=False,
    )
    return np.stack([column.numpy() for column in run(gradients, before, after)], 1)


@pytest.mark.parametrize("seed", range(4))
def test_statistics_are_those_of_numpy(seed):
    random = np.random.default_rng(seed)
    full = [random.normal(size=s, scale=10.0 ** random.integers(-8, 8)) for s in SHAPES]
    gradients = [np.asarray(np.where(random.random(g.shape) < 0.3, 0, g), np.float32) for g in map(np.asarray, full)]
    before, after = ([np.asarray(random.normal(size=s), np.float32) for s in SHAPES] for _ in range(2))
    expected = np.stack([statistics(*given) for given in zip(gradients, before, after, strict=True)])
    scale = np.array([np.abs(g).max() + 1e-30 for g in gradients])
    found = measured(gradients, before, after)
    np.testing.assert_allclose(found[:, 2] / scale, expected[:, 2] / scale, atol=1e-6)
    np.testing.assert_allclose(np.delete(found, 2, 1), np.delete(expected, 2, 1), rtol=2e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_single_value_that_is_not_finite_is_counted_where_it_is(bad):
    for place in (0, 1000, 1999):
        gradients = [np.ones(s, np.float32) for s in SHAPES]
        gradients[6][place] = bad
        gradients[3][5, 5] = bad
        found = measured(gradients, gradients, gradients)
        np.testing.assert_array_equal(found[:, 4], [0, 0, 0, 1, 0, 0, 1])
        assert np.isfinite(found[[0, 1, 2, 4, 5], :5]).all()
        norms = found[[3, 6], :2]
        assert np.isnan(norms).all() if np.isnan(bad) else np.isposinf(norms).all()


def test_a_gradient_too_small_to_be_squared_still_has_a_norm():
    gradients = [np.full(s, 1e-30, np.float32) for s in SHAPES]
    found = measured(gradients, gradients, gradients)
    np.testing.assert_allclose(found[:, 1], 1e-30, rtol=1e-6)
    assert (found[:, 0] >= found[:, 1]).all()


# ---- in a training


@pytest.mark.parametrize(
    "options", [{}, {"clip_norm": 0.5}, {"accumulate": 2, "l2": 0.01}, {"precision": "mixed_float16"}]
)
def test_a_row_is_what_the_step_did(tmp_path, options):
    seen = Seen()
    trace = recorded(tmp_path, seen, steps=7, **options)
    np.testing.assert_array_equal(trace.steps, np.arange(1, 8))
    for i, (loss, rate, gradients, clipped, before, after) in enumerate(seen.rows):
        assert trace.series("loss")[i] == loss
        assert trace.series("learning_rate")[i] == rate
        together = np.sqrt(sum((part.astype(np.float64) ** 2).sum() for part in clipped))
        np.testing.assert_allclose(trace.series("clipped_global_norm")[i], together, rtol=1e-5)
        expected = np.array([statistics(*given) for given in zip(gradients, before, after, strict=True)])
        for place, name in enumerate(TABLES):
            found = trace.table(name)[i]
            np.testing.assert_allclose(found, expected[:, place], rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_recording_changes_no_bit_of_the_weights(tmp_path, optimizer):
    plain = trained(optimizer=Optimizer(optimizer))
    watched = trained(Recorder(tmp_path), optimizer=Optimizer(optimizer))
    for ours, theirs in zip(weights(watched.model), weights(plain.model), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert watched.metrics == plain.metrics


def test_a_call_of_more_steps_than_the_buffer_has_rows_loses_none(tmp_path):
    build = lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])  # noqa: E731
    trace = recorded(tmp_path, build=build, steps=1100, steps_per_call=1100, batch_size=4)
    np.testing.assert_array_equal(trace.steps, np.arange(1, 1101))
    assert (trace.table("update_norm") > 0).all()


def test_every_other_step_is_recorded_as_it_would_be_among_all(tmp_path):
    some, all_ = recorded(tmp_path / "some", every=3, steps=11), recorded(tmp_path / "all", steps=11)
    np.testing.assert_array_equal(some.steps, [3, 6, 9])
    for name, values in rows_of(some).items():
        np.testing.assert_array_equal(values, rows_of(all_)[name][[2, 5, 8]])


def test_a_variable_that_the_loss_does_not_depend_on_has_no_gradient(tmp_path):
    def build():
        inputs = keras.Input((8, 8, 1))
        flat = keras.layers.Flatten()(inputs)
        idle = keras.layers.Dense(3, name="idle")(flat)
        used = keras.layers.Dense(10, name="used")(flat)
        return keras.Model(inputs, keras.layers.Lambda(lambda both: both[0])([used, idle]))

    trace = recorded(tmp_path, build=build)
    idle = np.array([variable.layer == "idle" for variable in trace.facts.variables])
    assert idle.sum() == 2
    assert np.isnan(trace.table("gradient_norm")[:, idle]).all()
    assert np.isfinite(trace.table("gradient_norm")[:, ~idle]).all()
    assert (trace.table("update_norm")[:, idle] == 0).all()


def test_facts_say_what_was_built(tmp_path):
    trained(Recorder(tmp_path, label_counts={"a": 2, "b": 2}, input_range=(0, 1)), clip_norm=1.0)
    facts = open_trace(tmp_path).facts
    kernel, bias = facts.variables[:2]
    assert (kernel.shape, kernel.activation, kernel.initializer) == ((64, 16), "relu", "GlorotUniform")
    assert (bias.shape, bias.layer, bias.initializer) == ((16,), kernel.layer, "Zeros")
    assert [variable.name.split("/")[-1] for variable in facts.variables][2:4] == ["gamma", "beta"]
    assert (facts.output_activation, facts.batch_size, facts.input_range) == ("linear", 32, (0, 1))
    assert facts.optimizer["name"] == "adam"
    assert facts.constant_loss == pytest.approx(np.log(2))


# ---- interrupted


@pytest.mark.parametrize(("stop", "from_step"), [(9, 6), (3, 0)])
def test_a_training_that_goes_on_goes_on_in_its_trace(tmp_path, stop, from_step):
    whole = recorded(tmp_path / "whole")
    with Recorder(tmp_path / "trace") as recorder, pytest.raises(InterruptedError):
        trained(recorder, StopAt(stop), folder=tmp_path / "checkpoints")
    assert open_trace(tmp_path / "trace").steps[-1] == stop
    trace = recorded(tmp_path / "trace", folder=tmp_path / "checkpoints")
    np.testing.assert_array_equal(trace.steps, np.arange(1, 13))
    assert [(event.step, event.kind) for event in trace.events] == [(from_step, "resume")]
    for name, values in rows_of(whole).items():
        np.testing.assert_array_equal(rows_of(trace)[name], values)


def test_a_finished_training_adds_nothing_to_its_trace(tmp_path):
    recorded(tmp_path / "trace", folder=tmp_path / "checkpoints")
    size = (tmp_path / "trace" / "blocks.bin").stat().st_size
    recorded(tmp_path / "trace", folder=tmp_path / "checkpoints")
    assert (tmp_path / "trace" / "blocks.bin").stat().st_size == size


def test_rows_of_a_training_that_stops_early_are_all_there(tmp_path):
    with Recorder(tmp_path) as recorder:
        found = trained(recorder, early_stopping=EarlyStopping(patience=1), learning_rate=0.5, eval_every=2, steps=40)
    assert found.stopped_early
    np.testing.assert_array_equal(open_trace(tmp_path).steps, np.arange(1, found.steps + 1))


def test_a_rollback_leaves_the_rows_off_the_branch(tmp_path):
    class Back:
        def after_steps(self, step):
            if step == 6:
                recorder.branch(4)

    with Recorder(tmp_path) as recorder:
        trained(recorder, Back(), steps=6)
    np.testing.assert_array_equal(open_trace(tmp_path).steps, [1, 2, 3, 4])


def test_what_an_event_did_to_the_weights_is_not_the_next_steps_update(tmp_path):
    class Remedy:
        def start(self, training):
            self.model = training.model

        def after_steps(self, step):
            if step == 6:
                for variable in self.model.trainable_variables:
                    variable.assign(variable + 100.0)
                recorder.note(Event(6, "remedy", {"id": "shake"}))

    with Recorder(tmp_path) as recorder:
        trained(recorder, Remedy(), steps=8)
    trace = open_trace(tmp_path)
    assert (trace.table("weight_norm")[6] > 100).all()
    assert (trace.table("update_norm")[6] < 10).all()
    assert trace.events == (Event(6, "remedy", {"id": "shake"}),)


def test_a_recorder_that_would_never_record_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not every 0"):
        Recorder(tmp_path, every=0)


def test_a_schedule_that_cannot_say_its_settings_costs_no_facts():
    class Climb(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.001 * keras.ops.cast(step, "float32")

    model = network()
    facts = facts_of(model, keras.optimizers.AdamW(Climb(), beta_1=0.8), batch_size=8)
    assert facts.optimizer["name"] == "adamw"
    assert facts.optimizer["beta_1"] == 0.8
