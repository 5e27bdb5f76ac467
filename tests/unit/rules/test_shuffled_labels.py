"""shuffled-labels: no baseline, no validation, only rows known by heart."""

from tests.unit.rules.data_traces import LABELS, finder, run

found = finder("shuffled-labels")
NOTHING = {"score": 0.11, "permuted": 0.1}


def SICK():
    return run(score=1.0, validation=0.1, baseline=NOTHING, labels__validation=LABELS)


def HEALTHY():
    return run()


def test_learning_nothing_at_all_counts_after_enough_updates():
    assert found(run(score=0.11, validation=0.1, baseline=NOTHING))
    assert not found(run(score=0.11, validation=0.1, baseline=NOTHING, program={"updates": 20}))


def test_hard_but_genuine_data_is_silent():
    assert not found(run(score=1.0, validation=0.25, baseline=NOTHING))
    assert not found(run(score=1.0, validation=0.12, baseline={"score": 0.3}))


def test_without_validation_rows_known_by_heart_are_enough_unless_they_are_series():
    assert found(run(score=1.0, validation=None, baseline=NOTHING))
    assert not found(run(score=0.2, validation=None, baseline=NOTHING))
    assert not found(run(score=1.0, validation=None, baseline=NOTHING, inputs__train={"shape": [20, 1]}))


def test_targets_of_a_regression_are_judged_by_r2():
    assert found(run(metric="r2", score=0.9, validation=-0.3, baseline={"score": -0.02, "permuted": -0.03}))
    assert not found(run(metric="r2", score=0.9, validation=0.3, baseline={"score": -0.02, "permuted": -0.03}))


def test_validation_pairs_that_can_be_learnt_are_proof():
    proof = run(score=1.0, validation=0.1, baseline={**NOTHING, "validation_own": 0.9})
    assert found(proof)[0].confidence > found(SICK())[0].confidence


def test_a_baseline_that_always_names_the_common_class_shows_nothing_of_the_rare_ones():
    rare = {"constant": 0.92, "score": 0.923, "permuted": 0.923}
    trace = {"constant": {"loss": 0.34, "metric": 0.92}, "baseline": rare}
    assert not found(run(score=0.96, validation=None, **trace))


def test_without_validation_rows_a_run_that_learns_nothing_where_there_is_nothing_is_found_last():
    nothing = {"validation": None, "baseline": NOTHING}
    assert found(run(score=0.11, **nothing))[0].confidence < 0.4
    assert not found(run(score=0.11, validation=None))
    assert not found(run(score=0.11, **nothing, program={"updates": 20}))
    assert not found(run(score=0.11, **nothing, objective={"loss": "custom"}))
    assert not found(run(score=0.11, **nothing, inputs__train={"tokens": True}))
