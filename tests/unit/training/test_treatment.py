"""Treatments as data, and the rhythm of looks and snapshots."""

import dataclasses
import itertools

import pytest

from graduate.findings import Finding, Severity
from graduate.remedies import NotApplicable, load
from graduate.trace.memory import made
from graduate.training.options import Schedule, TrainingOptions
from graduate.training.rhythm import look_steps, thinned
from graduate.training.treated import TreatedTraining
from graduate.training.treatment import Cure, Treatment

GIVEN = TrainingOptions(steps=100, batch_size=32, learning_rate=0.1)


def finding(fault="exploding-gradient"):
    return Finding(fault, Severity.ERROR, (30, 40), ("dense",), (), "It is sick.", ())


def cure(fault="exploding-gradient", **changes):
    return Cure("a-remedy", fault, "rebuild", 40, 0, {}, "done", finding(fault).to_json(), changes)


def treated(treatment=None, given=GIVEN, changeable=lambda wanted: None):
    return TreatedTraining(given, treatment or Treatment(), made(), [], 40, 100, [0, 8, 24], changeable)


def test_a_treatment_is_read_as_it_was_written(tmp_path):
    one = Treatment((cure(options={"clip_norm": 1.0}, network={"dropout": 0.3}), cure(skipped=[[3, 1]])))
    one.write(tmp_path)
    assert Treatment.read(tmp_path).encoded() == one.encoded()
    assert one.skipped == ((3, 1),)
    assert one.applied(GIVEN).clip_norm == 1.0


def test_a_damaged_or_missing_treatment_is_none(tmp_path):
    assert Treatment.read(tmp_path) == Treatment()
    (tmp_path / "treatment.json").write_text("{")
    assert Treatment.read(tmp_path) == Treatment()


def test_no_cure_leaves_the_options_as_they_are_and_writes_nothing(tmp_path):
    assert Treatment().applied(GIVEN) is GIVEN
    Treatment().write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_was_done_against_a_symptom_is_undone():
    one = Treatment((cure(options={"clip_norm": 1.0}), cure("dead-units", network={"activation": "leaky_relu"})))
    after = one.undo({"exploding-gradient"})
    assert (after.options, after.network) == ({}, {"activation": "leaky_relu"})
    assert len(after.cures) == 2, "that it was tried is known"


def test_the_rate_is_scaled_as_a_number_and_as_a_schedule():
    plain = treated()
    plain.learning_rate /= 10
    schedule = treated(given=dataclasses.replace(GIVEN, learning_rate=Schedule(0.1, "cosine", warmup_steps=5)))
    schedule.learning_rate /= 10
    for one, given in ((plain, GIVEN), (schedule, schedule._given)):
        found = one.treatment(load("lower-learning-rate"), finding(), {}).applied(given).learning_rate
        assert found == 0.01 or (found.peak, found.warmup_steps) == (0.01, 5)


def test_a_live_remedy_goes_back_to_the_newest_snapshot_and_a_rebuild_to_the_start():
    one = treated()
    one.clip_norm = 1.0
    live = one.treatment(load("clip-gradients"), finding(), {"clip_norm": [None, 1.0]}).cures[-1]
    assert (live.scope, live.back_to) == ("live", 24)
    assert live.sentence == "clip-gradients: clip norm none → 1, from step 24 on"
    two = treated()
    two.rebuild(dropout=0.3)
    again = two.treatment(load("dropout"), finding(), {"dropout": 0.3}).cures[-1]
    assert (again.scope, again.back_to) == ("rebuild", 0)


def test_a_network_that_cannot_be_changed_refuses_the_remedy():
    with pytest.raises(NotApplicable, match="subclassed"):
        treated(changeable=lambda wanted: "it is subclassed").rebuild(dropout=0.3)
    with pytest.raises(NotApplicable, match="already"):
        treated(Treatment((cure(network={"dropout": 0.3}),))).rebuild(dropout=0.3)


def test_a_warm_up_keeps_the_schedule_behind_it():
    one = treated()
    one.set(warmup_steps=10)
    rate = one.treatment(load("warm-up"), finding(), {}).applied(GIVEN).learning_rate
    assert (rate.peak, rate.schedule, rate.warmup_steps) == (0.1, "constant", 10)


@pytest.mark.parametrize("steps", [1, 8, 50, 600, 100_000])
def test_looks_are_few_and_never_far_apart(steps):
    looks = look_steps(steps)
    assert looks == sorted(set(looks))
    assert len(looks) <= 40
    assert all(0 < look < steps for look in looks)
    assert all(b - a <= max(16, 0.1 * steps) for a, b in itertools.pairwise(looks))


def test_snapshots_that_stay_are_the_last_ones_and_some_that_are_older():
    kept: list[int] = []
    for step in look_steps(10_000):
        kept = thinned([*kept, step])
        assert len(kept) <= 6
        assert kept[-1] == step
    assert kept[0] < 100, "one from the beginning stays"
