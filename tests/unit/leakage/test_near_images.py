"""Pictures that look alike."""

import numpy as np

from graduate.leakage import look, near_images


def pictures(number, seed=0):
    """Smooth pictures at 8 × 8, grey levels."""
    noise = np.random.default_rng(seed).normal(size=(number, 9, 9))
    return np.clip(128 + 40 * (noise[:, 1:, 1:] + noise[:, :-1, 1:] + noise[:, 1:, :-1] + noise[:, :-1, :-1]), 0, 255)


def looks(grey):
    return [look(np.round(one).astype(np.uint8)) for one in grey]


def test_the_same_picture_a_little_noisier_or_brighter_is_near():
    grey = pictures(50)
    changed = np.clip(0.9 * grey + 10 + np.random.default_rng(1).normal(0, 1.5, grey.shape), 0, 255)
    found = near_images(looks(grey), looks(changed))
    assert [(first, second) for first, second, _ in found] == [(at, at) for at in range(50)]


def test_other_pictures_are_not():
    assert near_images(looks(pictures(300)), looks(pictures(300, seed=1))) == []


def test_pictures_of_one_grey_are_like_nothing():
    flat = [look(np.full((8, 8), 100, np.uint8))]
    assert flat == [None]
    assert near_images(flat, flat) == []


def test_pictures_that_are_only_light_above_and_dark_below_are_not_near():
    ramp = np.linspace(220, 30, 8)[:, None] * np.ones(8)
    rng = np.random.default_rng(2)
    scenes = np.clip(ramp + rng.normal(0, 12, (60, 8, 8)), 0, 255)
    found = near_images(looks(scenes[:30]), looks(scenes[30:]))
    assert len(found) <= 1


def test_an_empty_split_has_none():
    assert near_images([], looks(pictures(3))) == []
