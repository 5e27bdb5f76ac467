"""What differs between two configs is found without looking into what is the same."""

from __future__ import annotations

import itertools

import pytest

from graduate.pipeline.lineage import runs_changes
from graduate.pipeline.lineage.runs_behind import Behind

CONFIGS = [
    {"training": {"seed": 1, "rates": [0.1, 0.2]}, "name": "a"},
    {"training": {"seed": 2, "rates": [0.1, 0.3]}, "name": "a", "more": None},
    {"training": {"seed": 1, "rates": []}, "evaluation": {"slices": [{"by": "size"}, {"by": "light"}]}},
    {"training": {}, "evaluation": {"slices": [{"by": "size", "min": 0}]}, "name": None},
    {"training": None, "evaluation": {"slices": {"0": {"by": "size"}}}, "name": {"of": {"it": {}}}},
    {"training": 3, "evaluation": {"slices": ["size", {"by": None}]}, "name": {"of": {"it": 1}}},
]


@pytest.mark.parametrize(("one", "other"), itertools.product(CONFIGS, repeat=2))
def test_the_same_as_of_all_keys_held_against_each_other(one, other):
    ours, theirs = runs_changes.flat(one), runs_changes.flat(other)
    expected = [
        (key, ours.get(key), theirs.get(key)) for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)
    ]
    found = runs_changes.between(Behind(config=one), Behind(config=other))
    assert sorted((change.name, change.before, change.after) for change in found) == sorted(expected)
    assert {change.what for change in found} <= {"config"}
