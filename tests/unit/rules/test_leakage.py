"""leakage: rows on both sides, a column that is the label."""

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("leakage")


def shared(share, which="validation", inputs=None, **how):
    facts = {"rows": 400, "shared_share": share, "shared": int(400 * share), "duplicate_expected": 0.0, **how}
    return run(overlap={which: facts}, inputs__train=inputs or {})


def SICK():
    return shared(0.6)


def HEALTHY():
    return shared(0.0)


def test_few_shared_rows_are_a_warning_and_two_are_none():
    assert found(shared(0.02))[0].severity is Severity.WARNING
    assert not found(shared(0.005))


def test_validation_on_the_training_rows_is_an_error():
    assert found(shared(1.0, all=True))


def test_discrete_tables_repeat_by_nature():
    whole = {"integers": True}
    assert not found(shared(0.4, inputs=whole, duplicate_expected=0.42))
    assert found(shared(0.8, inputs=whole, duplicate_expected=0.1))


def test_continuous_rows_that_repeat_were_copied():
    assert found(shared(0.6, duplicate_expected=0.6))
    assert not found(shared(0.6, duplicate_expected=0.6, label_conflicts=0.2))


def test_evaluating_the_training_set_itself_is_a_habit():
    assert not found(shared(1.0, "evaluate", all=True))
    assert found(shared(0.5, "evaluate"))


def test_near_copies_are_found():
    assert found(shared(0.0, near_share=0.9))


def test_a_column_that_is_the_label_is_found():
    def columns(**single):
        return run(baseline={"single_feature": {"index": 3, **single}})

    assert "3" in found(columns(score=1.0, without=0.7, distinct=10))[0].meaning
    assert not found(columns(score=1.0, without=0.99))
    assert not found(columns(score=0.9, without=0.5))
    assert not found(columns(score=1.0))
