"""Whether bytes are images that the pipeline can decode, and their sizes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8")
_AT_ONCE = 4  # images decoded side by side; more would only hold more decoded images in memory


class Shape(NamedTuple):
    """Height and width in pixels; channels as they are stored."""

    height: int
    width: int
    channels: int


def shapes_of(raws: Sequence[bytes]) -> list[Shape | str]:
    """Decode encoded images, as Transform and serving will: for each its shape, or in a few words why there is none."""
    found: list[Shape | str] = [_not_an_image(raw) for raw in raws]
    whole = [index for index, reason in enumerate(found) if not reason]
    if whole:
        for index, shape in zip(whole, _decode([raws[index] for index in whole]), strict=True):
            found[index] = shape
    return found


def _not_an_image(raw: bytes) -> str:
    if not raw:
        return "it is empty (0 bytes)"
    return "" if raw.startswith(_MAGIC) else "it is not a PNG, JPEG, BMP or GIF image"


def _decode(raws: list[bytes]) -> list[Shape | str]:
    import tensorflow as tf

    try:
        return [Shape(*shape) for shape in _decoded_shapes()(raws).numpy().tolist()]
    except tf.errors.OpError:
        if len(raws) == 1:
            return ["it is truncated or damaged"]
        return [shape for raw in raws for shape in _decode([raw])]


@functools.cache
def _decoded_shapes() -> Callable[[Any], Any]:
    """One traced function over many images: calling TensorFlow once an image takes twenty times as long."""
    import tensorflow as tf

    from graduate.pipeline.tasks.image import decode_as_it_is

    def shape(raw: Any) -> Any:
        return tf.shape(decode_as_it_is(raw))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def decoded_shapes(raws: Any) -> Any:
        with tf.device("CPU:0"):
            return tf.map_fn(shape, raws, fn_output_signature=tf.int32, parallel_iterations=_AT_ONCE)

    return decoded_shapes
