"""Rules in a user's file: which are found, what is refused, and that a diagnosis asks them beside ours."""

from __future__ import annotations

import pytest

from graduate import own_rules
from graduate.diagnose import diagnose
from graduate.errors import UserError
from graduate.rules import fault_ids
from tests.unit.rules.rule_traces import falling, network

TEXT = '''
from graduate.findings import Finding, Rule, Severity

def check(trace, thresholds):
    """late: it says so of every training."""
    if len(trace.steps) > thresholds["steps"]:
        yield Finding("late", Severity.ERROR, (1, 2), (), (), "It is late.")

rule = Rule("late", check, frozenset({"loss"}), {"steps": 1})
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "late_rules.py"
    path.write_text(TEXT)
    return path


def test_a_rule_without_a_page_has_its_functions_docstring(file):
    (rule,) = own_rules.load(file)
    assert (rule.fault, rule.page) == ("late", "late: it says so of every training.")


def test_without_a_file_ours_are_meant():
    assert own_rules.beside_ours(None) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = 1\n", "makes no rule"),
        (TEXT.replace('Rule("late"', 'Rule("overfitting"'), "overfitting has a rule already"),
        (TEXT + "other = Rule('late', check)\n", "late has a rule already"),
        (TEXT + "1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_asked_is_refused(file, content, said):
    file.write_text(content)
    with pytest.raises(UserError, match="late_rules") as caught:
        own_rules.load(file)
    assert said in caught.value.render()


def test_it_is_asked_beside_ours_with_its_threshold_overridden(file):
    trace = network(loss=falling())
    rules = own_rules.beside_ours(file)
    found = diagnose(trace, rules=rules)
    assert [one.fault for one in found.findings] == ["late"]
    assert found.verdict == "sick"
    assert set(found.ran) | set(found.skipped) == {*fault_ids(), "late"}
    assert diagnose(trace, rules=rules, overrides={"late": {"steps": 1e9}}).verdict == "healthy"
    assert diagnose(trace, rules=rules, ignore=["late"]).verdict == "healthy"
