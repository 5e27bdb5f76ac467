"""Rows of a manifest in columns say what the lines say."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter, defaultdict

import pytest

from graduate.components import data_checks, data_leakage, manifest_rows
from graduate.verdict import Check


def entries(number=400, seed=0):
    chosen = random.Random(seed)
    return [
        {
            "path": f'città/"{at:04d}".png',
            "hash": hashlib.sha256(str(chosen.randrange(number)).encode()).hexdigest(),
            "split": chosen.choice(["train", "train", "eval", "test"]),
            "class": chosen.choice(["cat", 'a "dog"', "日本"]),
            **({"group": f"owner-{chosen.randrange(90)}"} if at % 3 else {}),
            **({"cells": {"x": at}} if at % 20 == 0 else {}),
        }
        for at in range(number)
    ]


@pytest.fixture(params=["memory", "file"])
def made(request, tmp_path):
    def rows(given):
        if request.param == "memory":
            return manifest_rows.of_entries(given)
        path = tmp_path / "manifest.jsonl"
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in given), encoding="utf-8")
        return manifest_rows.read(str(path))

    return rows


def test_rows_of_each_class_are_counted_in_each_split(made):
    given = entries()
    rows = made(given)
    assert len(rows) == 400
    for split in ("train", "eval", "test"):
        assert rows.classes_of(split) == Counter(one["class"] for one in given if one["split"] == split)
        first = next(one["path"] for one in given if (one["split"], one["class"]) == (split, "日本"))
        assert rows.first_of(split, "日本") == first
    assert rows.classes_of("validation") == Counter()
    assert rows.noted == [one for one in given if "cells" in one]


def test_the_same_contents_are_found_in_the_order_in_which_they_appear(made):
    given = entries()
    places = defaultdict(list)
    for at, one in enumerate(given):
        places[one["hash"]].append(at)
    found = made(given).repeated()
    assert [rows.tolist() for rows in found] == [rows for rows in places.values() if len(rows) > 1]


def test_groups_in_several_splits_are_found_with_all_their_rows(made):
    given = entries()
    splits = defaultdict(set)
    for one in given:
        splits[one.get("group")].add(one["split"])
    rows = made(given)
    wanted = [(one["group"], one["split"]) for one in given if "group" in one and len(splits[one["group"]]) > 1]
    assert wanted
    assert rows.straddling() == wanted
    assert len(rows.groups) == len(splits) - 1


def test_a_row_in_two_splits_is_named_with_the_first_of_the_other(made):
    given = [{**one, "hash": f"{at:032x}" * 2} for at, one in enumerate(entries(9))]
    for at, split in ((2, "train"), (5, "train"), (7, "test")):
        given[at] |= {"hash": "a" * 64, "split": split}
    [check] = data_checks.duplicates(made(given), ("row", "rows"))
    assert f"{given[2]['path']} (train) is the same as {given[7]['path']} (test)" in check.sentence
    assert check.value == 1


def test_a_manifest_without_rows(made):
    rows = made([])
    assert (len(rows), rows.repeated(), rows.straddling(), rows.noted) == (0, [], [], [])
    [check] = data_checks.empty_splits(rows, ["train"])
    assert not check.passed


def test_a_check_of_a_sample_says_of_how_many_rows_it_is():
    check = Check("single_feature", True, "None tells.")
    [said] = data_leakage.sampled(iter([check]), 5000, 2_580_000)
    assert said.sentence == "None tells. (Looked at: 5000 of 2580000 rows.)"
    assert list(data_leakage.sampled(iter([check]), 7, 7)) == [check]
