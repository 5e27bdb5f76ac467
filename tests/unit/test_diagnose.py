"""Diagnosis folds consequences under their root, says what it skipped, and survives a rule that fails."""

import pytest

from graduate.diagnose import diagnose
from graduate.errors import UsageError
from graduate.findings import Diagnosis, Evidence, Finding, Rule, Severity
from graduate.trace.memory import made


def finding(fault, severity=Severity.ERROR, step=1, confidence=1.0):
    evidence = (Evidence("loss", 2.0, 1.0, "calibration"),)
    return Finding(fault, severity, (step, step), (), evidence, "it is bad", confidence=confidence)


def rule(fault, causes=(), needs=(), when="always", **how):
    return Rule(
        fault,
        lambda _trace, _thresholds: [finding(fault, **how)],
        frozenset(needs),
        {"most": 1.0},
        when,
        frozenset(causes),
    )


TRACE = made(series={"loss": [1, 2, 3]}, known={"program": {"kind": "fit"}})


def test_a_chain_of_causes_is_one_root_with_its_consequences_behind_it():
    rules = [rule("flat"), rule("nan", {"flat"}), rule("exploding", {"nan"})]
    found = diagnose(TRACE, rules=rules).findings
    assert [(one.fault, one.caused_by) for one in found] == [
        ("exploding", None),
        ("flat", "exploding"),
        ("nan", "exploding"),
    ]


def test_two_that_explain_each_other_keep_the_more_confident_one_as_root():
    rules = [rule("a", {"b"}, confidence=0.5), rule("b", {"a"}, confidence=0.9)]
    assert [one.fault for one in diagnose(TRACE, rules=rules).roots] == ["b"]


def test_a_warning_does_not_explain_an_error():
    rules = [rule("mild", {"bad"}, severity=Severity.WARNING), rule("bad")]
    assert {one.fault for one in diagnose(TRACE, rules=rules).roots} == {"mild", "bad"}


def test_a_rule_without_its_columns_is_skipped_and_said():
    rules = [
        rule("a", needs={"gradient_norm", "loss"}),
        rule("b", needs={"told:probe"}),
        rule("c", needs={"told:program"}),
    ]
    diagnosis = diagnose(TRACE, rules=rules)
    assert diagnosis.skipped == {"a": frozenset({"gradient_norm"}), "b": frozenset({"told:probe"})}
    assert diagnosis.ran == ("c",)


def test_nothing_seen_is_not_healthy():
    assert diagnose(TRACE, rules=[rule("a", needs={"gradient_norm"})]).verdict == "nothing_seen"


def test_rules_for_the_end_are_not_asked_during_training():
    assert diagnose(TRACE, rules=[rule("a", when="end")], final=False).findings == ()


def test_a_rule_that_fails_hides_no_other():
    broken = Rule("broken", lambda _trace, _thresholds: 1 / 0)
    diagnosis = diagnose(TRACE, rules=[broken, rule("a")])
    assert diagnosis.verdict == "sick"
    assert "division" in diagnosis.errors["broken"]


def test_a_cured_error_leaves_the_run_healthy():
    cured = Rule("a", lambda _trace, _thresholds: [Finding("a", Severity.ERROR, (1, 1), (), (), "was", cured_at=5)])
    assert diagnose(TRACE, rules=[cured]).verdict == "healthy"


def test_thresholds_are_overridden_by_name_and_an_unknown_one_is_an_error():
    seen = []
    spy = Rule("a", lambda _trace, thresholds: seen.append(thresholds["most"]) or (), frozenset(), {"most": 1.0})
    diagnose(TRACE, rules=[spy], overrides={"a": {"most": 7.0}})
    assert seen == [7.0]
    with pytest.raises(UsageError, match="no threshold 'mots'"):
        diagnose(TRACE, rules=[spy], overrides={"a": {"mots": 7.0}})
    with pytest.raises(UsageError, match="no rule for 'b'"):
        diagnose(TRACE, rules=[spy], ignore=["b"])


def test_a_diagnosis_survives_json():
    diagnosis = diagnose(TRACE, rules=[rule("a", {"b"}), rule("b"), rule("c", needs={"x"})])
    assert Diagnosis.from_json(diagnosis.to_json()) == diagnosis
