"""The order in which a training sees its rows."""

import numpy as np
import pytest

from graduate.errors import DataError
from graduate.training.input import Order, Rows, once, permutation


def rows_of(index, hashed=True):
    inputs = np.arange(40, dtype=np.uint8).reshape(20, 2)[index]
    hashes = np.array([f"{i * 7919 % 1000:04x}" for i in range(20)], dtype="S16")[index]
    return Rows(inputs, (np.arange(20) % 3)[index], hashes if hashed else None)


@pytest.mark.parametrize("hashed", [True, False])
def test_the_order_of_an_epoch_does_not_depend_on_the_order_in_which_rows_came(hashed):
    came, other = rows_of(np.arange(20), hashed), rows_of(np.random.default_rng(1).permutation(20), hashed)
    first = came.inputs[Order(came, seed=3).slice(0, 50)]
    second = other.inputs[Order(other, seed=3).slice(0, 50)]
    np.testing.assert_array_equal(first, second)
    assert came.digest() == other.digest()


def test_rows_of_equal_content_are_ordered_by_label():
    labels = np.array([2, 0, 1])
    rows = Rows(np.zeros((3, 1)), labels, np.array([b"aa", b"aa", b"aa"]))
    assert labels[rows.order()].tolist() == [0, 1, 2]


def test_every_epoch_has_every_row_once_in_an_order_of_its_own():
    sequence = Order(rows_of(np.arange(20)), seed=0).slice(0, 60).reshape(3, 20)
    for epoch in sequence:
        assert sorted(epoch) == list(range(20))
    assert len({tuple(epoch) for epoch in sequence}) == 3


def test_the_sequence_is_the_same_however_it_is_cut():
    whole = Order(rows_of(np.arange(20)), seed=5).slice(0, 64)
    cut = Order(rows_of(np.arange(20)), seed=5)
    parts = [cut.slice(start, 8) for start in range(0, 64, 8)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    # A process that goes on elsewhere has not seen what came before.
    np.testing.assert_array_equal(whole[37:], Order(rows_of(np.arange(20)), seed=5).slice(37, 27))


def test_a_permutation_is_what_it_was_when_the_first_checkpoint_was_written():
    assert permutation(8, seed=7, epoch=2).tolist() == [6, 1, 5, 0, 2, 4, 3, 7]


def test_once_gives_every_row_weight_one_and_padding_none():
    index, weights = once(10, 4)
    assert index.shape == weights.shape == (3, 4)
    assert sorted(index[weights == 1.0]) == list(range(10))
    assert weights.sum() == 10


def test_parts_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="different numbers of rows"):
        Rows(np.zeros((3, 2)), np.zeros(4, int))


def test_an_empty_split_is_refused():
    with pytest.raises(DataError, match="without rows"):
        Rows(np.zeros((0, 2)), np.zeros(0, int))
