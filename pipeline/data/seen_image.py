"""Whether bytes are images that the pipeline can decode, their sizes, and what they look like."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graduate.leakage.images import SIDE, look
from graduate.pipeline.data.kinds import Seen

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8")
_AT_ONCE = 4  # images decoded side by side; more would only hold more decoded images in memory


class Shape(NamedTuple):
    """Height and width in pixels; channels as they are stored."""

    height: int
    width: int
    channels: int


def seen_of(raws: Sequence[bytes]) -> list[Seen | str]:
    """Decode encoded images, as Transform and serving will: for each what was seen, or a few words why it is none."""
    found: list[Seen | str] = [_not_an_image(raw) for raw in raws]
    whole = [index for index, reason in enumerate(found) if not reason]
    if whole:
        for index, seen in zip(whole, _decode([raws[index] for index in whole]), strict=True):
            found[index] = seen
    return found


def _not_an_image(raw: bytes) -> str:
    if not raw:
        return "it is empty (0 bytes)"
    return "" if raw.startswith(_MAGIC) else "it is not a PNG, JPEG, BMP or GIF image"


def _decode(raws: list[bytes]) -> list[Seen | str]:
    import tensorflow as tf

    try:
        shapes, thumbnails = (part.numpy() for part in _decoder()(raws))
        return [_seen(Shape(*shape), look(one)) for shape, one in zip(shapes.tolist(), thumbnails, strict=True)]
    except tf.errors.OpError:
        if len(raws) == 1:
            return ["it is truncated or damaged"]
        return [seen for raw in raws for seen in _decode([raw])]


def _seen(shape: Shape, looks: str | None) -> Seen:
    """Its shape, and in the manifest its look (see `graduate.leakage.images`)."""
    return Seen(shape._asdict(), {**shape._asdict(), **({"look": looks} if looks else {})})


@functools.cache
def _decoder() -> Callable[[Any], Any]:
    """One traced function over many images: calling TensorFlow once an image takes twenty times as long."""
    import tensorflow as tf

    from graduate.pipeline.tasks.image import decode_as_it_is, kinds_of, opaque

    def one(given: tuple[Any, Any]) -> tuple[Any, Any]:
        image = decode_as_it_is(*given)
        grey = tf.reduce_mean(tf.cast(opaque(image), tf.float32), axis=2, keepdims=True)
        # by area: as fast as an image can be made small, and every pixel counts
        small = tf.raw_ops.ResizeArea(images=grey[None], size=[SIDE, SIDE])
        return tf.shape(image), tf.cast(tf.round(small[0, :, :, 0]), tf.uint8)

    specs = (tf.TensorSpec([3], tf.int32), tf.TensorSpec([SIDE, SIDE], tf.uint8))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def decoded(raws: Any) -> Any:
        with tf.device("CPU:0"):
            return tf.map_fn(one, (raws, kinds_of(raws)), fn_output_signature=specs, parallel_iterations=_AT_ONCE)

    return decoded
