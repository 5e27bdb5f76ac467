"""Rows in two sets, told from rows that repeat by nature."""

from __future__ import annotations

import numpy as np

from graduate.looks.overlap import look, repeats_by_nature, row_hashes

RNG = np.random.default_rng(2)


def overlap(train, other, y_train=None, y_other=None):
    pairs = (row_hashes((train, y_train)), row_hashes((other, y_other))) if y_train is not None else (None, None)
    return look(row_hashes(train), row_hashes(other), *pairs, x_train=train, x_other=other)


def test_equal_rows_hash_equal_whatever_their_dtype():
    x = RNG.integers(0, 5, (30, 4))
    assert (row_hashes(x) == row_hashes(x.astype(np.float32))).all()
    assert (row_hashes(-0.0 * np.ones((2, 2))) == row_hashes(np.zeros((2, 2)))).all()
    assert len(np.unique(row_hashes(np.eye(50)))) == 50


def test_rows_of_two_sources_share_nothing():
    facts = overlap(RNG.normal(size=(500, 5)), RNG.normal(size=(200, 5)))
    assert facts["shared"] == 0
    assert facts["excess"] == 0
    assert facts["near_share"] == 0


def test_copied_rows_are_shared():
    train = RNG.normal(size=(500, 5))
    facts = overlap(train, np.concatenate([train[:60], RNG.normal(size=(140, 5))]))
    assert facts["shared_share"] == 0.3
    assert facts["excess"] == 0.3


def test_rows_copied_before_the_split_are_not_taken_for_natural():
    rows = RNG.normal(size=(100, 6))
    rows[:, 3:] = RNG.integers(0, 2, (100, 3))  # few-valued columns beside real ones
    many = rows[RNG.integers(0, 100, 1000)]
    facts = overlap(many[:800], many[800:])
    assert facts["natural"] is False
    assert facts["excess"] > 0.9


def test_rows_of_a_small_discrete_table_repeat_by_nature():
    table = RNG.integers(0, 3, (1000, 6))
    facts = overlap(table[:800], table[800:])
    assert facts["shared_share"] > 0.3
    assert facts["natural"]
    assert facts["excess"] < 0.1


def test_one_hot_columns_of_few_categories_repeat_by_nature():
    table = np.concatenate([np.eye(6)[RNG.integers(0, 6, 1500)] for _ in range(3)], axis=1)
    facts = overlap(table[:1200], table[1200:])
    assert facts["natural"]
    assert facts["excess"] < 0.1


def test_copies_among_many_rows_are_seen_in_a_part_of_them():
    rows = RNG.normal(size=(10_000, 4))
    assert repeats_by_nature(np.concatenate([rows, rows[:5000]])) is False


def test_pairs_tell_whether_the_label_came_along():
    x, y = RNG.normal(size=(100, 3)), RNG.integers(0, 2, 100)
    assert overlap(x, x[:50], y, y[:50])["shared_pairs_share"] == 1
    assert overlap(x, x[:50], y, 1 - y[:50])["label_conflicts"] == 1


def test_slightly_changed_copies_are_near():
    x = RNG.normal(size=(400, 10))
    facts = overlap(x, x[:100] + 0.001 * RNG.normal(size=(100, 10)))
    assert facts["shared"] == 0
    assert facts["near_share"] > 0.9


def test_odd_sets_are_survived():
    assert look(row_hashes(None), row_hashes([]))["rows"] == 0
    assert overlap(np.array(["a", "b"]), np.array(["b", "c"]))["shared"] == 1
    assert len(row_hashes({"a": np.zeros((3, 2)), "b": np.array(["x", "y", "z"])})) == 3


def test_near_copies_are_told_from_rows_that_merely_lie_close():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(900, 8))
    both = rng.permutation(np.concatenate([rows, rows + 0.01 * rng.normal(size=rows.shape)]))
    assert overlap(both[:1400], both[1400:])["near_share"] > 0.5
    for width in (1, 2, 3, 8):
        plain = rng.normal(size=(1800, width))
        assert overlap(plain[:1400], plain[1400:])["near_share"] < 0.1
