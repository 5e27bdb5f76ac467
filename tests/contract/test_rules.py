"""Every rule has its page, a sick and a healthy fixture, and remedies that exist."""

import importlib.util
import pkgutil
import re
from pathlib import Path

import pytest

from graduate import remedies, rules
from graduate.diagnose import diagnose
from graduate.findings import Severity

ROOT = Path(__file__).parents[2]
FAULTS = rules.fault_ids()


def fixtures(fault):
    path = ROOT / "tests/unit/rules" / f"test_{fault.replace('-', '_')}.py"
    assert path.exists(), f"{fault} has no test file {path.name}"
    spec = importlib.util.spec_from_file_location(f"fixtures_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rules_page_has_its_headings_in_order(fault):
    rule = rules.load(fault)
    assert rule.fault == fault
    assert rule.page.startswith(f"{fault}: ")
    assert tuple(re.findall(r"^## (.+)$", rule.page, re.MULTILINE)) == rules.HEADINGS
    for part in re.split(r"^## .+$", rule.page, flags=re.MULTILINE)[1:]:
        assert part.strip(), "a heading without a text"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rule_finds_its_sick_trace_and_leaves_the_healthy_one(fault):
    module, rule = fixtures(fault), rules.load(fault)
    sick = diagnose(module.SICK(), rules=[rule])
    assert [one.fault for one in sick.findings] != [], sick.skipped or sick.errors
    assert any(one.severity is Severity.ERROR for one in sick.findings)
    for one in sick.findings:
        assert one.evidence
        assert one.meaning.endswith(".")
    healthy = diagnose(module.HEALTHY(), rules=[rule])
    assert healthy.findings == ()
    assert healthy.ran == (fault,), healthy.skipped or healthy.errors


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_rule_names_exists(fault):
    rule = rules.load(fault)
    assert rule.when in ("always", "end")
    assert rule.causes <= set(FAULTS)
    assert rule.remedies
    there = {name.name.rstrip("_").replace("_", "-") for name in pkgutil.iter_modules(remedies.__path__)}
    assert set(rule.remedies) <= there
