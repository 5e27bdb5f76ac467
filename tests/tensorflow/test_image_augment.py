"""Augmentation: reproducible from the seed, fresh with another, in range, and what its name says."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.tasks import image_augment, image_options

STEPS = [
    {"flip": "both"}, {"shift": 2}, {"rotate_degrees": 20}, {"zoom": 0.2}, {"brightness": 0.2}, {"contrast": 0.3},
    {"noise": 9.0}, {"erase": 0.3}, {"mixup": 0.4},
]  # fmt: skip
IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (16, 9, 7, 3), np.uint8))
LABELS = tf.range(16, dtype=tf.int32) % 4


def apply(steps, seed, images=IMAGES):
    augment = tf.function(image_augment.build(steps, 4))
    changed, labels = augment(images, LABELS, tf.constant([3, seed]))
    return changed.numpy(), labels.numpy()


def test_the_list_here_is_complete():
    assert [name for step in STEPS for name in step] == list(image_options.AUGMENTATIONS)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_a_seed_gives_the_same_again_and_another_seed_something_else(step):
    first, labels = apply([step], 1)
    again, same_labels = apply([step], 1)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels, same_labels)
    assert np.abs(first - apply([step], 2)[0]).max() > 0
    assert np.abs(first - IMAGES.numpy()).max() > 0
    assert len(np.unique([np.abs(first[i] - IMAGES.numpy()[i]).mean() for i in range(16)])) > 1  # each row its own


def test_all_together_stay_images():
    changed, labels = apply(STEPS, 5)
    assert changed.shape == IMAGES.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 255
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)


def test_a_flip_is_exact():
    before, (after, _) = IMAGES.numpy().astype(np.float32), apply([{"flip": "horizontal"}], 1)
    flipped = [np.array_equal(after[i], before[i, :, ::-1]) for i in range(16)]
    kept = [np.array_equal(after[i], before[i]) for i in range(16)]
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert 0 < sum(flipped) < 16


def test_a_shift_moves_by_whole_pixels_and_mirrors_the_edge():
    column = np.zeros((64, 9, 9, 1), np.uint8)
    column[:, 4, 4] = 200
    augment = image_augment.build([{"shift": 2}], 4)
    moved, _ = augment(tf.constant(column), tf.zeros(64, tf.int32), tf.constant([0, 1]))
    places = {tuple(np.argwhere(one[:, :, 0] == 200)[0]) for one in moved.numpy()}
    assert all(2 <= y <= 6 and 2 <= x <= 6 for y, x in places)
    assert len(places) > 10
    assert moved.numpy().sum() == 64 * 200  # nothing interpolated, nothing lost


def test_a_rotation_turns_about_the_middle():
    dot = np.zeros((8, 9, 9, 1), np.uint8)
    dot[:, 4, 4] = 200
    augment = image_augment.build([{"rotate_degrees": 180}], 4)
    turned, _ = augment(tf.constant(dot), tf.zeros(8, tf.int32), tf.constant([0, 1]))
    np.testing.assert_allclose(turned.numpy()[:, 4, 4, 0], 200, rtol=1e-4)


def test_mixup_mixes_labels_as_it_mixes_pixels():
    flat = np.arange(16, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)
    mixed, labels = apply([{"mixup": 1.0}], 3, tf.constant(flat))
    one_hot = np.eye(4)[LABELS.numpy()]
    for i in range(16):
        j = i - 1
        share = (mixed[i].mean() - j % 16) / (i - j % 16)
        np.testing.assert_allclose(labels[i], share * one_hot[i] + (1 - share) * one_hot[j], atol=1e-4)


def test_no_augmentation_is_none():
    assert image_augment.build([], 4) is None
