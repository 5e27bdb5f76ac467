"""Folds of a cross-validation: by content or by group, each row held out once."""

import numpy as np

from graduate.components.cross_validation import summary
from graduate.pipeline.folds import parts

HASHES = np.array([f"{number:016x}".encode() for number in range(1000)], "S16")


def test_every_row_lies_in_one_fold_and_folds_are_about_even():
    part = parts(HASHES, {}, 5)
    counts = np.bincount(part, minlength=5)
    assert counts.sum() == 1000
    assert counts.min() > 150
    assert (part == parts(HASHES, {}, 5)).all()


def test_the_fold_of_a_row_does_not_depend_on_the_others():
    assert (parts(HASHES[::-1], {}, 5)[::-1] == parts(HASHES, {}, 5)).all()


def test_rows_of_one_group_stay_together():
    groups = {one: f"owner-{at // 50}" for at, one in enumerate(HASHES.tolist())}
    part = parts(HASHES, groups, 4)
    assert all(len(set(part[start : start + 50].tolist())) == 1 for start in range(0, 1000, 50))


def test_mean_and_spread_of_the_folds():
    found = summary([{"rows": 9, "accuracy": 0.8}, {"rows": 8, "accuracy": 0.9}, {"rows": 7, "accuracy": 1.0}])
    assert abs(found["mean"]["accuracy"] - 0.9) < 1e-12
    assert abs(found["spread"]["accuracy"] - 0.1) < 1e-12
    assert len(found["folds"]) == 3
