"""The programs of benchmarks/detection: every entry has its file, every faulty one its twin, every fault is known."""

import ast
import json
from pathlib import Path

import pytest

from graduate.rules import fault_ids

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "detection"
HALVES = sorted(place.parent.name for place in FOLDER.glob("*/expected.json"))
KEYS = {"fault", "also_accepted", "curable", "higher_is_better", "kind", "domain"}
DOMAINS = {"image", "sequence", "table", "regression"}

pytestmark = pytest.mark.parametrize("half", HALVES)


def expected(half):
    return json.loads((FOLDER / half / "expected.json").read_text())


def test_every_entry_is_a_program_and_every_program_an_entry(half):
    programs = {place.stem for place in (FOLDER / half).glob("*.py")}
    assert programs == set(expected(half))


def test_every_faulty_program_has_a_corrected_twin(half):
    entries = expected(half)
    for stem, entry in entries.items():
        if stem.endswith("_sick"):
            twin = entries[stem.removesuffix("_sick") + "_healthy"]
            assert entry["fault"]
            assert twin["fault"] is None
            assert twin["higher_is_better"] == entry["higher_is_better"]
        else:
            assert entry["fault"] is None
            assert stem.startswith("odd_") or stem.removesuffix("_healthy") + "_sick" in entries


def test_every_fault_is_a_rules(half):
    known = set(fault_ids())
    named = {fault for entry in expected(half).values() for fault in [entry["fault"], *entry["also_accepted"]] if fault}
    assert named <= known


def test_entries_have_the_same_form(half):
    for entry in expected(half).values():
        assert set(entry) == KEYS
        assert entry["domain"] in DOMAINS


def test_programs_end_with_their_metric(half):
    for place in (FOLDER / half).glob("*.py"):
        tree = ast.parse(place.read_text())
        last = ast.unparse(tree.body[-1])
        assert last.startswith("print('metric"), place.name


def test_a_twin_differs_in_few_lines(half):
    for sick in (FOLDER / half).glob("*_sick.py"):
        lines = [set(place.read_text().splitlines()) for place in (sick, twin(sick))]
        assert lines[0] != lines[1]
        assert len(lines[0] ^ lines[1]) <= 30, sick.name


def twin(sick):
    return sick.with_name(sick.name.replace("_sick.py", "_healthy.py"))


def test_every_fault_appears(half):
    assert {entry["fault"] for entry in expected(half).values() if entry["fault"]} == set(fault_ids())
