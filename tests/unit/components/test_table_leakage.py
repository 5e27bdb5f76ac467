"""Columns that tell the label, and rows of two splits that differ in a cell."""

from __future__ import annotations

import numpy as np

from graduate.components import data_leakage, table_leakage


def rows(count=200, seed=0, split="train", **more):
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        cells = {f"n{at}": float(random.normal()) for at in range(7)} | {"city": str(random.choice(["Ulm", "Kiel"]))}
        label = "yes" if cells["n0"] + random.normal() > 0 else "no"
        made.append(
            {"path": f"{split}#{number}", "split": split, "hash": f"{split}{number}", "class": label, "cells": cells}
        )
    for row in made:
        row["cells"] |= {name: make(row) for name, make in more.items()}
    return made


def sentences(found):
    return [check.sentence for check in found if not check.passed]


def test_a_column_that_repeats_the_class_is_named_and_noisy_ones_are_not():
    assert sentences(data_leakage.single_feature(rows())) == []
    (said,) = sentences(data_leakage.single_feature(rows(outcome=lambda row: {"yes": 1.0, "no": None}[row["class"]])))
    assert said.startswith("outcome alone tells the label of 100.0% of 200 train rows")
    assert "columns: {outcome: ignore}" in said


def test_a_column_that_follows_a_number_is_named():
    random = np.random.default_rng(1)
    wanted = {f"train#{number}": float(random.normal(20, 5)) for number in range(200)}
    made = rows(
        celsius=lambda row: wanted[row["path"]], near=lambda row: wanted[row["path"]] + float(random.normal(0, 2))
    )
    made = [{**row, "class": f"{wanted[row['path']] * 1.8 + 32:g}"} for row in made]
    (said,) = sentences(data_leakage.single_feature(made, "number"))
    assert said.startswith("celsius alone tells the label of 200 train rows (correlation of ranks 1.0000)")


def test_each_of_several_labels_is_looked_at():
    made = [
        {**row, "class": f"{number % 2} {number % 3 == 0:d}"} for number, row in enumerate(rows(third=lambda row: 0.0))
    ]
    for row in made:
        row["cells"]["third"] = row["class"].split()[1]
    (said,) = sentences(data_leakage.single_feature(made, "labels"))
    assert said.startswith("third alone tells label 2")


def test_a_row_that_differs_in_one_cell_is_found_and_a_stranger_is_not():
    train, others = rows(), rows(50, seed=9, split="test")
    assert sentences(table_leakage.near_duplicates(train, others)) == []
    others[3]["cells"] = {**train[11]["cells"], "n4": 99.0}
    (said,) = sentences(table_leakage.near_duplicates(train, others))
    assert said.startswith("1 of 50 rows outside of train differ in one cell")
    assert "test#3 (test) and train#11" in said


def test_rows_of_a_few_categories_are_not_compared():
    made = [{**row, "cells": {"city": row["cells"]["city"], "n0": row["cells"]["n0"]}} for row in rows()]
    assert list(table_leakage.near_duplicates(made[:100], [{**row, "split": "test"} for row in made[100:]])) == []
