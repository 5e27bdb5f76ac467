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
