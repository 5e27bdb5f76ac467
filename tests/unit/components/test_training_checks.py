"""From a diagnosis to a verdict: what refuses, what warns, what is said."""

import pytest

from graduate.components.training_checks import judge
from graduate.findings import Diagnosis, Evidence, Finding, Severity
from graduate.trace import Event


def finding(fault="exploding-gradient", severity=Severity.ERROR, **changes):
    evidence = (Evidence("gradient_norm", 900.0, 10.0, "calibration", "the norm grew 900 times"),)
    given = {"steps": (3, 9), "layers": ("dense",), "evidence": evidence, "meaning": "Gradients grow without end."}
    return Finding(fault, severity, **{**given, "remedies": ("clip-gradients",), **changes})


def diagnosis(*findings, skipped=(), ran=("exploding-gradient", "nan-or-inf"), errors=None):
    return Diagnosis(tuple(findings), {fault: frozenset({"told:probe"}) for fault in skipped}, ran, errors or {})


@pytest.mark.parametrize(
    ("severity", "refuse_on", "passed"),
    [
        (Severity.ERROR, "error", False),
        (Severity.ERROR, "never", True),
        (Severity.WARNING, "error", True),
        (Severity.WARNING, "warning", False),
        (Severity.NOTE, "warning", True),
    ],
)
def test_the_setting_says_from_which_severity_on_it_refuses(severity, refuse_on, passed):
    record = judge(diagnosis(finding(severity=severity)), [], refuse_on)
    assert record.passed is passed
    assert record.checks[0].warns is (passed and severity > Severity.NOTE)


def test_a_refusal_says_what_where_why_what_followed_and_what_to_try():
    consequence = finding("nan-or-inf", caused_by="exploding-gradient")
    [reason] = judge(diagnosis(finding(), consequence), [], "error").reasons
    assert reason == (
        "exploding-gradient (error) in dense, steps 3 to 9: Gradients grow without end. Seen: the norm grew 900 times. "
        "It explains nan-or-inf. Try: clip-gradients (graduate explain exploding-gradient)."
    )


def test_a_slow_training_is_told_and_never_refused():
    record = judge(diagnosis(finding("input-bound"), finding("slow-training")), [], "warning")
    assert record.passed
    assert all(check.warns for check in record.checks)


def test_what_is_cured_does_not_refuse():
    assert judge(diagnosis(finding(cured_at=12)), [], "error").passed


def test_a_stopped_training_is_refused_whatever_the_rules_say_of_what_is_left():
    stop = Event(40, "stop", {"fault": "nan-or-inf", "reason": "the loss is NaN"})
    record = judge(diagnosis(), [stop], "error")
    assert not record.passed
    assert record.reasons == ("The training was stopped as sick after step 40: nan-or-inf: the loss is NaN.",)


def test_every_cure_is_told():
    detail = {"remedy": "lower-learning-rate", "fault": "learning-rate-too-high", "sentence": "rate 1 → 0.1"}
    record = judge(diagnosis(), [Event(40, "remedy", detail)], "error")
    assert record.passed
    assert record.checks[0].sentence == "After step 40 a remedy was applied to learning-rate-too-high: rate 1 → 0.1."
    assert record.checks[0].warns
    assert record.checks[1].sentence == "2 rules looked and found nothing."


def test_nothing_found_says_how_many_rules_looked_and_nothing_seen_is_a_warning():
    [said] = judge(diagnosis(skipped=("leakage",)), [], "error").checks
    assert said.sentence == "2 rules looked and found nothing; 1 could not look: leakage."
    [blind] = judge(diagnosis(ran=()), [], "error").checks
    assert blind.passed
    assert blind.warns


def test_a_rule_that_failed_is_told():
    record = judge(diagnosis(errors={"leakage": "KeyError: 'x'"}), [], "error")
    assert record.passed
    assert any("The rule for leakage failed" in check.sentence for check in record.checks)
