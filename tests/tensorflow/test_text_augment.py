"""Words dropped and masked: as often as asked, the same for the same seed, and never the padding."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.tasks import text_augment, text_options
from graduate.pipeline.tasks.text import PAD, UNKNOWN

LENGTHS = [0, 1, 7, 60, 100]
TOKENS = tf.constant([[*range(2, 2 + length), *[PAD] * (100 - length)] for length in LENGTHS], tf.int32)
LABELS = tf.range(5)


def augmented(steps, seed=(1, 2), tokens=TOKENS):
    found, labels = text_augment.build(steps, 5)(tokens, LABELS, tf.constant(seed))
    np.testing.assert_array_equal(labels, LABELS)
    return found.numpy()


def test_every_augmentation_of_the_options_is_there():
    assert set(text_augment._STEPS) == set(text_options.AUGMENTATIONS)
    assert text_augment.build([], 5) is None


def test_words_that_are_dropped_leave_no_gap_and_the_others_keep_their_order():
    for before, after in zip(TOKENS.numpy(), augmented([{"word_dropout": 0.3}]), strict=True):
        kept = after[after != PAD]
        np.testing.assert_array_equal(after[: len(kept)], kept)
        np.testing.assert_array_equal(kept, [word for word in before if word in set(kept.tolist())])


def test_words_that_are_masked_stay_in_their_place_as_unknown_ones():
    before, after = TOKENS.numpy(), augmented([{"word_mask": 0.3}])
    hidden = after == UNKNOWN
    assert hidden.any()
    np.testing.assert_array_equal(np.where(hidden, before, after), before)
    assert not (hidden & (before == PAD)).any()


@pytest.mark.parametrize("name", ["word_dropout", "word_mask"])
def test_so_many_words_are_changed_as_was_asked(name):
    many = tf.fill([200, 100], 5)
    found = text_augment.build([{name: 0.2}], 2)(many, tf.zeros([200]), tf.constant([3, 4]))[0].numpy()
    assert (found != 5).mean() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("name", ["word_dropout", "word_mask"])
def test_a_seed_decides_everything(name):
    steps = [{name: 0.3}]
    np.testing.assert_array_equal(augmented(steps), augmented(steps))
    assert (augmented(steps) != augmented(steps, (1, 3))).any()


def test_two_steps_do_not_fall_on_the_same_words():
    """Each has a seed of its own: of the words that the first left, the second masks as many as elsewhere."""
    many = tf.fill([200, 100], 5)
    both = text_augment.build([{"word_dropout": 0.5}, {"word_mask": 0.5}], 2)
    found = both(many, tf.zeros([200]), tf.constant([3, 4]))[0].numpy()
    assert (found[found != PAD] == UNKNOWN).mean() == pytest.approx(0.5, abs=0.02)
