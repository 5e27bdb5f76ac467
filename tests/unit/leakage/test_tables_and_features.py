"""Rows of tables that come twice, features that give the label away, groups in two splits."""

import numpy as np

from graduate.leakage import giveaway, near_rows, row_hashes, straddling

RNG = np.random.default_rng(0)


def table(rows, seed):
    rng = np.random.default_rng(seed)
    return {
        "id": list(range(1000 * seed, 1000 * seed + rows)),
        "age": rng.integers(18, 90, rows).tolist(),
        "income": rng.normal(30_000, 9_000, rows).tolist(),
        "town": rng.choice(["Ulm", "Kiel", "Jena"], rows).tolist(),
    }


def test_a_row_is_the_same_after_a_text_file_and_in_other_case():
    first = table(20, 1)
    second = {**first, "income": [float(f"{one:.12g}") for one in first["income"]], "town": [" ulm"] * 20}
    first["town"] = ["Ulm"] * 20
    found = near_rows(row_hashes(first), row_hashes(second), differing=0)
    assert found == [(at, at, 0) for at in range(20)]


def test_a_row_with_a_new_id_differs_in_one_column():
    first, second = table(20, 1), {**table(20, 1), "id": list(range(5000, 5020))}
    assert near_rows(row_hashes(first), row_hashes(second)) == [(at, at, 1) for at in range(20)]
    assert near_rows(row_hashes(first), row_hashes(second), differing=0) == []


def test_other_rows_are_not_near():
    assert near_rows(row_hashes(table(200, 1)), row_hashes(table(200, 2))) == []


def test_the_order_of_the_columns_does_not_count():
    turned = dict(reversed(table(5, 1).items()))
    assert (row_hashes(table(5, 1)) == row_hashes(turned)).all()


def test_a_feature_that_tells_the_label_is_found_and_an_honest_one_is_not():
    labels = RNG.integers(0, 3, 600)
    features = {
        "code": [f"c{label}{RNG.integers(5)}" for label in labels],
        "number": labels * 10 + RNG.uniform(0, 9, 600),
        "honest": labels + RNG.normal(0, 0.7, 600),
        "id": np.arange(600),
    }
    assert {one.feature for one in giveaway(features, labels)} == {"code", "number"}


def test_an_id_that_was_numbered_class_by_class_gives_the_label_away():
    labels = np.repeat([0, 1], 3200)
    assert [one.feature for one in giveaway({"id": np.arange(6400)}, labels)] == ["id"]


def test_nothing_is_said_of_few_rows_or_of_one_class():
    assert giveaway({"a": [0, 1] * 10}, [0, 1] * 10) == []
    assert giveaway({"a": [0] * 100}, [0] * 99 + [1]) == []


def test_a_group_in_two_splits_is_told_with_its_rows():
    rows = [("ann", "train"), ("ann", "eval"), ("ann", "train"), ("bob", "train"), ("bob", "train")]
    assert straddling(rows) == {"ann": {"eval": 1, "train": 2}}
