"""docs/severity.md has an example of every fault that there is a rule for, and no other."""

import re
from pathlib import Path

from graduate.rules import _pages, fault_ids

PAGE = (Path(__file__).resolve().parents[2] / "docs/severity.md").read_text(encoding="utf-8")


def test_every_fault_has_an_example_and_every_example_a_rule():
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == sorted(fault_ids())


def test_every_fault_can_make_a_training_sick():
    assert [fault for fault in fault_ids() if "error" not in _pages.severities(fault)] == []


def test_where_the_page_speaks_of_a_warning_the_rule_gives_one():
    for fault, text in re.findall(r"^\| `([a-z-]+)` \|(.*)$", PAGE, re.MULTILINE):
        assert ("a warning" in text) == ("warning" in _pages.severities(fault)), fault
