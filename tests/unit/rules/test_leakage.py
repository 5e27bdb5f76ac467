"""leakage: rows on both sides, a column that is the label."""

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("leakage")


def shared(share, which="validation", inputs=None, **how):
    facts = {
        "rows": 400,
        "train_rows": 1000,
        "shared_share": share,
        "duplicate_expected": 0.0,
        **how,
    }
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
    assert not found(shared(0.4, natural=True, duplicate_expected=0.42))
    assert found(shared(0.8, natural=True, duplicate_expected=0.1))


def test_rows_that_would_not_repeat_were_copied():
    assert found(shared(0.6, natural=False, train_duplicates=0.6))
    assert not found(shared(0.6, natural=False, train_duplicates=0.6, label_conflicts=0.2))


def test_evaluating_the_training_set_itself_is_a_habit():
    assert not found(shared(1.0, "evaluate", all=True, rows=1000))
    assert found(shared(1.0, "evaluate", all=True))
    assert found(shared(0.5, "evaluate"))


def test_near_copies_are_found():
    assert found(shared(0.0, near_share=0.9))


def test_a_column_that_is_the_label_is_found():
    def columns(**single):
        known = {"index": 3, "score": 1.0, "explained": 1.0, "alike": 0, "features": 9}
        return run(baseline={"single_feature": {**known, **single}})

    assert "3" in found(columns())[0].meaning
    assert not found(columns(alike=2, explained=0.99))
    assert not found(columns(score=0.9))
    assert not found(columns(explained=0.6))
    assert not found(columns(features=1))


def test_the_training_set_is_known_again_when_only_a_part_of_it_was_seen():
    part = {"rows": 480, "train_rows": 312, "shared": 312, "label_conflicts": 0.0}
    assert not found(shared(0.65, "evaluate", **part))
    assert found(shared(0.65, "validation", **part))
    assert found(shared(0.65, "evaluate", **{**part, "train_rows": 1000}))
