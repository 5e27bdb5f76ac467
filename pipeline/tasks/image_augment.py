"""Augmentation of image batches in the graph: stateless, so that (seed, step) alone decides what happens to a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

Step = Callable[[Any, Any, Any], tuple[Any, Any]]
_GEOMETRIC = ("flip", "shift", "rotate_degrees", "zoom")


def build(steps: Sequence[Mapping[str, Any]], classes: int) -> Step | None:
    """Make one function of a list of augmentations, in their order; None where the list is empty.

    Neighbouring geometric ones (flip, shift, rotation, zoom) become one projection: pixels are interpolated once.

    Args:
        steps: like `[{"shift": 1}, {"rotate_degrees": 10}]`, checked by `image_options.check`.
        classes: how many there are; mixup turns labels into shares of them.

    Returns:
        f(images, labels, seed): images (B, H, W, C) of any dtype in [0, 255], labels (B,) int or (B, classes) float,
        seed (2,) int; gives float32 images of the same shape and range, and labels of the same or the second kind.
    """
    made = [_group(group, classes) for group in _grouped(steps)]
    if not made:
        return None

    def augment(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.cast(images, tf.float32)
        seed = tf.cast(seed, tf.int32)
        for number, step in enumerate(made):
            images, labels = step(images, labels, tf.random.experimental.stateless_fold_in(seed, number))
        return images, labels

    return augment


def _grouped(steps: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, Any]]]:
    groups: list[list[tuple[str, Any]]] = []
    for step in steps:
        ((name, value),) = step.items()
        if groups and name in _GEOMETRIC and groups[-1][0][0] in _GEOMETRIC:
            groups[-1].append((name, value))
        else:
            groups.append([(name, value)])
    return groups


def _group(group: list[tuple[str, Any]], classes: int) -> Step:
    name, value = group[0]
    if name in _GEOMETRIC:
        return _geometric(group)
    if name == "mixup":
        return _mixup(float(value), classes)
    makers = {"brightness": _brightness, "contrast": _contrast, "noise": _noise, "erase": _erase}
    change = makers[name](float(value))
    return lambda images, labels, seed: (change(images, seed), labels)


def _geometric(group: list[tuple[str, Any]]) -> Step:
    """One projective transform an image; what comes from outside is the image mirrored at its edge."""

    def step(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch, height, width = tf.shape(images)[0], tf.shape(images)[1], tf.shape(images)[2]
        whole = tf.eye(3, batch_shape=[batch])
        for number, (name, value) in enumerate(group):
            own = tf.random.experimental.stateless_fold_in(seed, number)
            whole = whole @ _MATRICES[name](batch, value, own)
        # the matrices are about the image's middle; the op counts from its corner
        middle = _translation(
            tf.fill([batch], tf.cast(width - 1, tf.float32) / 2), tf.fill([batch], tf.cast(height - 1, tf.float32) / 2)
        )
        transforms = tf.reshape(middle @ whole @ tf.linalg.inv(middle), [batch, 9])
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=transforms[:, :8] / transforms[:, 8:],
            output_shape=[height, width],
            interpolation="BILINEAR",
            fill_mode="REFLECT",
            fill_value=0.0,  # not used
        )
        return tf.ensure_shape(moved, images.shape), labels

    return step


def _flip(batch: tf.Tensor, direction: str, seed: tf.Tensor) -> tf.Tensor:
    signs = 1.0 - 2.0 * tf.cast(tf.random.stateless_uniform([2, batch], seed) < 0.5, tf.float32)
    one = tf.ones([batch])
    return _matrix(signs[0] if direction != "vertical" else one, signs[1] if direction != "horizontal" else one)


def _shift(batch: tf.Tensor, pixels: int, seed: tf.Tensor) -> tf.Tensor:
    """Whole pixels, so that a shift alone loses no sharpness."""
    moves = tf.random.stateless_uniform([2, batch], seed, -pixels, pixels + 1, tf.int32)
    return _translation(*tf.unstack(tf.cast(moves, tf.float32)))


def _rotation(batch: tf.Tensor, degrees: float, seed: tf.Tensor) -> tf.Tensor:
    limit = math.radians(degrees)
    angle = tf.random.stateless_uniform([batch], seed, -limit, limit)
    return _matrix(tf.cos(angle), tf.cos(angle), -tf.sin(angle), tf.sin(angle))


def _zoom(batch: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    scale = 1.0 / tf.random.stateless_uniform([batch], seed, 1.0 - share, 1.0 + share)
    return _matrix(scale, scale)


_MATRICES: Mapping[str, Callable[..., tf.Tensor]] = {
    "flip": _flip,
    "shift": _shift,
    "rotate_degrees": _rotation,
    "zoom": _zoom,
}


def _matrix(xx: tf.Tensor, yy: tf.Tensor, xy: tf.Tensor | None = None, yx: tf.Tensor | None = None) -> tf.Tensor:
    zero, one = tf.zeros_like(xx), tf.ones_like(xx)
    rows = [xx, zero if xy is None else xy, zero, zero if yx is None else yx, yy, zero, zero, zero, one]
    return tf.reshape(tf.stack(rows, -1), [-1, 3, 3])


def _translation(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    zero, one = tf.zeros_like(x), tf.ones_like(x)
    return tf.reshape(tf.stack([one, zero, x, zero, one, y, zero, zero, one], -1), [-1, 3, 3])


def _per_image(images: tf.Tensor, seed: tf.Tensor, low: float, high: float) -> tf.Tensor:
    return tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed, low, high)


def _brightness(share: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    return lambda images, seed: _clipped(images + 255.0 * _per_image(images, seed, -share, share))


def _contrast(share: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    def change(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        mean = tf.reduce_mean(images, [1, 2], keepdims=True)
        return _clipped(mean + (images - mean) * _per_image(images, seed, 1.0 - share, 1.0 + share))

    return change


def _noise(deviation: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Gaussian, in grey levels of 255."""
    return lambda images, seed: _clipped(images + tf.random.stateless_normal(tf.shape(images), seed, 0.0, deviation))


def _erase(share: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Random erasing (Zhong et al. 2020): in half of the images a box of up to `share` of the area becomes the mean."""

    def change(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        batch, height, width = tf.shape(images)[0], tf.shape(images)[1], tf.shape(images)[2]
        draw = tf.random.stateless_uniform([5, batch, 1, 1, 1], seed)
        area = draw[0] * share
        ratio = tf.exp((draw[1] * 2.0 - 1.0) * math.log(3.0))  # sides between 1:3 and 3:1
        tall, wide = tf.sqrt(area * ratio), tf.sqrt(area / ratio)
        top, left = draw[2] * (1.0 - tf.minimum(tall, 1.0)), draw[3] * (1.0 - tf.minimum(wide, 1.0))
        y = (tf.range(height, dtype=tf.int32)[None, :, None, None]) / height
        x = (tf.range(width, dtype=tf.int32)[None, None, :, None]) / width
        y, x = tf.cast(y, tf.float32), tf.cast(x, tf.float32)
        inside = (y >= top) & (y < top + tall) & (x >= left) & (x < left + wide) & (draw[4] < 0.5)
        return tf.where(inside, tf.reduce_mean(images, [1, 2], keepdims=True), images)

    return change


def _mixup(alpha: float, classes: int) -> Step:
    """Mixup (Zhang et al. 2018): each row with the next of the batch, by a share drawn from Beta(alpha, alpha)."""

    def step(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        gammas = tf.random.stateless_gamma([2, tf.shape(images)[0]], seed, alpha)
        share = gammas[0] / tf.maximum(gammas[0] + gammas[1], 1e-12)
        soft = labels if labels.shape.rank == 2 else tf.one_hot(labels, classes)
        weight = share[:, None, None, None]
        mixed = weight * images + (1.0 - weight) * tf.roll(images, 1, 0)
        return mixed, share[:, None] * soft + (1.0 - share[:, None]) * tf.roll(soft, 1, 0)

    return step


def _clipped(images: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(images, 0.0, 255.0)
