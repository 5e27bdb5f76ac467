"""Trainings that are told, stopped and cured while they run, and what a kill in between leaves of that."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from graduate.diagnose import diagnose
from graduate.recorder import Recorder
from graduate.trace import open_trace
from graduate.training import (
    EarlyStopping,
    Optimizer,
    Rows,
    Schedule,
    Supervisor,
    TrainingOptions,
    resolve_strategy,
    train,
)
from tests.tensorflow.training_cases import digits, network, weights

STRATEGY, _ = resolve_strategy("cpu")


def held(rows=100):
    """Digits that are not trained on, as numbers from 0 to 1."""
    found = digits(rows, 1400)
    return Rows((found.inputs / 16.0).astype(np.float32), found.labels)


def few(rows=320):
    """Digits to train on, as numbers from 0 to 1."""
    found = digits(rows)
    return Rows((found.inputs / 16.0).astype(np.float32), found.labels, np.array([f"{i:05d}" for i in range(rows)]))


class StopAt:
    """Ends the process' part of a training as a kill would, in its `course`-th course."""

    def __init__(self, step, course=1):
        self.step, self.course, self.courses = step, course, 0

    def start(self, training):
        self.courses += 1

    def after_steps(self, step):
        if step >= self.step and self.courses == self.course:
            raise InterruptedError


def with_nan():
    """Digits of which one has a pixel that is not a number."""
    found = few()
    found.inputs[5, 3, 3] = np.nan
    return found


LEAP = Schedule(0.1, "step", boundaries=(40,), factor=1000.0)  # a rate that suddenly is far too high


def supervised(path, mode, rows=None, *others, folder=None, build=network, rows_eval=None, **options):
    """A training with recorder and supervisor: (result, trace, supervisor's events)."""
    given = {"steps": 48, "batch_size": 32, "optimizer": Optimizer("sgd"), "learning_rate": 0.1, "seed": 3, **options}
    events = []
    with Recorder(path) as recorder:
        supervisor = Supervisor(recorder, mode, on_event=events.append)
        result = train(
            build,
            rows or few(),
            rows_eval or held(),
            TrainingOptions(**given),
            strategy=STRATEGY,
            checkpoints=str(folder) if folder else None,
            callbacks=[recorder, supervisor, *others],
        )
    return result, open_trace(path), events


def kinds(events):
    return [event["kind"] for event in events]


def assert_same_weights(one, other):
    for ours, theirs in zip(weights(one.model), weights(other.model), strict=True):
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("mode", ["off", "report", "stop", "cure"])
def test_a_healthy_training_is_the_same_to_the_last_bit_under_every_mode(tmp_path, mode):
    def build():
        return network(dropout=0.2, batch_norm=True)

    options = TrainingOptions(steps=48, batch_size=32, seed=3, learning_rate=0.003)
    bare = train(build, few(), held(), options, strategy=STRATEGY)
    found, trace, events = supervised(
        tmp_path / "trace", mode, build=build, optimizer=Optimizer("adam"), learning_rate=0.003
    )
    assert_same_weights(found, bare)
    assert found.metrics == bare.metrics
    assert "cure" not in kinds(events)
    assert not [event for event in trace.events if event.kind != "resume"]


def test_report_tells_what_is_wrong_and_changes_nothing(tmp_path):
    found, trace, events = supervised(tmp_path / "trace", "report", with_nan())
    assert kinds(events) == ["finding"]
    assert events[0]["finding"]["fault"] == "nan-or-inf"
    assert "nan-or-inf" in events[0]["text"]
    assert events[0]["advice"]
    assert found.steps == 48
    assert not trace.events


def test_stop_ends_a_sick_training_successfully_and_says_why(tmp_path):
    found, trace, events = supervised(tmp_path / "trace", "stop", with_nan())
    assert found.stopped_early
    assert found.steps < 48
    assert found.history[-1]["step"] == found.steps
    [stop] = trace.events
    assert (stop.kind, stop.step, stop.detail["fault"]) == ("stop", found.steps, "nan-or-inf")
    assert stop.detail["reason"]
    assert kinds(events) == ["finding", "stop"]


def test_a_cure_that_starts_again_ends_healthy_and_keeps_the_old_trace(tmp_path):
    found, trace, events = supervised(tmp_path / "trace", "cure", with_nan())
    assert kinds(events)[:2] == ["finding", "cure"]
    assert [event.kind for event in trace.events] == ["rollback", "remedy"]
    remedy = trace.events[-1].detail
    assert (remedy["remedy"], remedy["fault"], remedy["back_to"]) == ("clean-inputs", "nan-or-inf", 0)
    assert remedy["sentence"] in events[1]["text"]
    assert trace.steps.tolist() == list(range(1, 49))
    assert np.isfinite(trace.series("loss")).all()
    assert diagnose(trace).verdict == "healthy"
    assert found.metrics["eval_accuracy"] > 0.3
    before = open_trace(tmp_path / "trace-before-cure-1")
    assert "nan-or-inf" in [one.fault for one in diagnose(before).findings]


def test_a_live_cure_goes_on_from_the_last_healthy_snapshot_on_another_branch(tmp_path):
    options = {"rows": few(640), "steps": 90, "learning_rate": LEAP}
    found, trace, events = supervised(tmp_path / "trace", "cure", **options)
    remedy = next(event.detail for event in trace.events if event.kind == "remedy")
    assert (remedy["remedy"], remedy["scope"], remedy["back_to"]) == ("lower-learning-rate", "live", 40)
    assert remedy["found_at"] > 40
    assert "from step 40 on" in next(event["text"] for event in events if event["kind"] == "cure")
    assert trace.steps.tolist() == list(range(1, 91))
    assert not (tmp_path / "trace-before-cure-1").exists()
    _, untouched, _ = supervised(tmp_path / "other", "report", **options)
    ours, theirs = trace.series("loss"), untouched.series("loss")
    assert ours[:40].tobytes() == theirs[:40].tobytes()
    assert ours[-10:].mean() < ours[:10].mean() < theirs[-10:].mean()
    np.testing.assert_allclose(
        trace.series("learning_rate")[40:] / untouched.series("learning_rate")[40:], 1e-3, rtol=1
    )
    assert found.history[-1]["step"] == 90
    assert [row["step"] for row in found.history] == [20, 40, 60, 80, 90]


NAN = {"rows": with_nan()}
JUMP = {"rows": few(640), "steps": 90, "learning_rate": LEAP}


@pytest.mark.parametrize(
    ("given", "course", "step", "resumed", "again"),
    [(NAN, 1, 8, None, True), (NAN, 2, 30, 25, False), (JUMP, 2, 41, 40, False), (JUMP, 2, 60, 55, False)],
    ids=["before the cure", "after starting again", "right after going back", "after going back"],
)
def test_a_cured_training_that_is_killed_goes_on_cured_to_the_same_weights(
    tmp_path, given, course, step, resumed, again
):
    options = {"checkpoint_every": 5, "steps_per_call": 5, "build": lambda: network(dropout=0.2), **given}
    whole, seen, _ = supervised(tmp_path / "whole", "cure", folder=tmp_path / "a", **options)
    parts = {"folder": tmp_path / "b", **options, "rows": given["rows"]}
    with pytest.raises(InterruptedError):
        supervised(tmp_path / "parts", "cure", parts.pop("rows"), StopAt(step, course), **parts)
    found, trace, events = supervised(tmp_path / "parts", "cure", given["rows"], **parts)
    assert_same_weights(found, whole)
    assert found.history == whole.history
    assert found.resumed_from == resumed
    assert ("cure" in kinds(events)) == again, "what was decided before the kill is not decided again"
    assert trace.steps.tolist() == seen.steps.tolist()
    assert trace.series("loss").tobytes() == seen.series("loss").tobytes()
    remedies = [[event.detail["sentence"] for event in t.events if event.kind == "remedy"] for t in (trace, seen)]
    assert remedies[0] == remedies[1]


def test_what_does_not_help_is_given_up_after_the_stated_number(tmp_path):
    rows = with_nan()
    labels = np.random.default_rng(0).integers(0, 10, len(rows))
    hopeless = Rows(np.full_like(rows.inputs, np.nan), labels, rows.hashes)
    events = []
    with Recorder(tmp_path / "trace") as recorder:
        supervisor = Supervisor(recorder, "cure", max_cures=2, on_event=events.append)
        options = TrainingOptions(steps=48, batch_size=32, seed=3)
        result = train(network, hopeless, held(), options, strategy=STRATEGY,
                       callbacks=[recorder, supervisor])  # fmt: skip
    assert kinds(events).count("cure") <= 2
    assert kinds(events)[-1] in ("stop", "unhelped")
    assert result.steps <= 48


def test_overfitting_at_the_end_is_cured_by_going_back_to_the_best(tmp_path):
    rows = few(96)
    random = np.random.default_rng(1)
    wrong = Rows(rows.inputs, np.where(random.random(96) < 0.4, random.integers(0, 10, 96), rows.labels), rows.hashes)

    def build():
        inputs = keras.Input((8, 8, 1))
        x = keras.layers.Dense(256, activation="relu")(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Dense(256, activation="relu")(x)))

    options = {"steps": 400, "eval_every": 10, "optimizer": Optimizer("adam"), "learning_rate": 0.003}
    more = {"rows_eval": held(300), "build": build}
    sick, _, told = supervised(tmp_path / "sick", "report", wrong, **more, **options)
    cured, trace, _ = supervised(tmp_path / "cured", "cure", wrong, **more, **options)
    assert "overfitting" in [event["finding"]["fault"] for event in told]
    assert "early-stopping" in [event.detail["remedy"] for event in trace.events if event.kind == "remedy"]
    assert cured.metrics["eval_loss"] < sick.metrics["eval_loss"]
    assert cured.steps < sick.steps


def test_early_stopping_that_was_asked_for_is_still_obeyed_under_supervision(tmp_path):
    options = {"early_stopping": EarlyStopping(patience=2), "eval_every": 5, "learning_rate": 0.5, "steps": 200}
    bare = train(
        network,
        few(),
        held(),
        TrainingOptions(batch_size=32, optimizer=Optimizer("sgd"), seed=3, **options),
        strategy=STRATEGY,
    )
    found, _, events = supervised(tmp_path / "trace", "cure", **options)
    if "cure" not in kinds(events):
        assert found.history == bare.history
        assert_same_weights(found, bare)


def test_a_mode_that_there_is_not_is_refused(tmp_path):
    from graduate.errors import UsageError

    with pytest.raises(UsageError, match="unknown mode 'mend'"):
        Supervisor(Recorder(tmp_path), "mend")
