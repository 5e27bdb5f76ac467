"""Whether bytes are an image that the pipeline can decode, and its size."""

from __future__ import annotations

from typing import NamedTuple

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8")


class Shape(NamedTuple):
    """Height and width in pixels; channels as they are stored."""

    height: int
    width: int
    channels: int


class Unreadable(Exception):
    """Why bytes are no image, in a few words."""


def shape_of(raw: bytes) -> Shape:
    """Decode an encoded image and give its shape.

    Raises:
        Unreadable: it is empty, of no known format, or damaged.
    """
    import tensorflow as tf

    if not raw:
        raise Unreadable("it is empty (0 bytes)")
    if not raw.startswith(_MAGIC):
        raise Unreadable("it is not a PNG, JPEG, BMP or GIF image")
    try:
        with tf.device("CPU:0"):
            return Shape(*tf.io.decode_image(raw, expand_animations=False).shape)
    except (tf.errors.OpError, ValueError) as error:
        raise Unreadable("it is truncated or damaged") from error
