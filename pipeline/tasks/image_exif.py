"""How a camera was held: the EXIF orientation of a JPEG, read and followed in the graph: TensorFlow has no op for it.

Layout: JPEG, ITU-T T.81, annex B (segments: 0xFF, marker, length, content); EXIF 2.3, section 4.5 (the segment APP1
with a TIFF file in it); TIFF 6.0, section 2 (a directory of entries of 12 bytes). Tag 0x0112 is the orientation.
"""

from __future__ import annotations

import tensorflow as tf

_APP1, _SCAN, _END, _FILL = 0xE1, 0xDA, 0xD9, 0xFF
_WINDOW = 10  # bytes of a segment: 0xFF, marker, two of length, "Exif\0\0"
_ORIENTATION = 0x0112
_MOST_SEGMENTS = 1000


def orientation(raw: tf.Tensor) -> tf.Tensor:
    """int32 scalar, 1 to 8, of a JPEG's bytes; 1, upright, where it has none or a broken one."""
    content = tf.concat([tf.io.decode_raw(raw, tf.uint8), tf.zeros([_WINDOW + 2], tf.uint8)], 0)
    length = tf.size(content) - _WINDOW - 2

    def window(place: tf.Tensor) -> tf.Tensor:
        return tf.cast(content[place : place + _WINDOW], tf.int32)

    def goes_on(place: tf.Tensor) -> tf.Tensor:
        here = window(place)
        marker = here[1]
        ends = tf.reduce_any(tf.equal(marker, [_SCAN, _END])) | _is_exif(here) | tf.not_equal(here[0], 0xFF)
        return (place + _WINDOW <= length) & ~ends

    def following(place: tf.Tensor) -> tf.Tensor:
        here = window(place)
        step = tf.where(tf.equal(here[1], _FILL), 1, 2 + here[2] * 256 + here[3])
        return tf.minimum(place + step, length)

    place = tf.while_loop(goes_on, lambda at: (following(at),), (tf.constant(2),), maximum_iterations=_MOST_SEGMENTS)[0]
    place = tf.minimum(place, length)
    start = tf.where(_is_exif(window(place)), place + _WINDOW, length)
    return _of_tiff(content, start, length)


def _is_exif(here: tf.Tensor) -> tf.Tensor:
    return tf.reduce_all(tf.equal(tf.gather(here, [1, 4, 5, 6, 7, 8, 9]), [_APP1, *b"Exif\0\0"]))


def _of_tiff(content: tf.Tensor, start: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """The orientation by the TIFF file that begins at `start`; what lies beyond `length` is not there."""
    little = tf.equal(content[start], ord("I"))
    offset = _number(content[start + 4 : start + 8], little)
    directory = tf.cast(tf.minimum(tf.cast(start, tf.int64) + offset, tf.cast(length, tf.int64)), tf.int32)
    count = tf.cast(_number(content[directory : directory + 2], little), tf.int32)
    entries = content[directory + 2 : directory + 2 + 12 * count]
    entries = tf.reshape(entries[: tf.size(entries) // 12 * 12], [-1, 12])
    found = tf.boolean_mask(_number(entries[:, 8:10], little), tf.equal(_number(entries[:, :2], little), _ORIENTATION))
    value = tf.cast(tf.concat([found, [1]], 0)[0], tf.int32)
    return tf.where((value >= 1) & (value <= 8), value, 1)


def _number(some: tf.Tensor, little: tf.Tensor) -> tf.Tensor:
    """int64 of the last axis of bytes, whichever way round they are; fewer bytes than wanted are a smaller number."""
    some = tf.cast(some, tf.int64)
    ordered = tf.where(little, tf.reverse(some, [-1]), some)
    powers = tf.reverse(256 ** tf.range(tf.shape(some)[-1]), [0])
    return tf.reduce_sum(ordered * tf.cast(powers, tf.int64), -1)


def upright(image: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """An image (H, W, C) as it was seen, by its orientation: mirrored, turned, or transposed and then either."""

    def turned() -> tf.Tensor:
        seen = tf.cond(value >= 5, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
        across = tf.reduce_any(tf.equal(value, [2, 3, 6, 7]))
        down = tf.reduce_any(tf.equal(value, [3, 4, 7, 8]))
        return tf.raw_ops.Reverse(tensor=seen, dims=tf.stack([down, across, False]))

    return tf.cond(value > 1, turned, lambda: image)
