"""Images: how a raw file becomes what the network sees, the same at ingest, in Transform and in serving.

What only training needs lies beside it and is imported there alone: `image_augment`, `image_models`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.exact as exact  # by full names: the package itself names all tasks
import graduate.pipeline.tasks.image_exif as image_exif
import graduate.pipeline.tasks.labels as labels
import graduate.pipeline.tasks.own_preprocessing as own_preprocessing

RAW_FEATURE = "image"  # served as it was ingested: the encoded file
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape

WHITE = (255, 255, 255)
_SEARCHED = 2**18  # bytes: where a JPEG's EXIF stands further behind, its orientation is not followed
# What needs more than TensorFlow's own decoding: how it begins, and what else it holds (\C is a byte, and the 25th of a
# PNG its depth).
_SPECIAL = ((b"BM", r"\C*"), (b"\xff\xd8", r"\C*Exif\x00\x00\C*"), (b"\x89PNG", r"\C{24}\x10\C*"))
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601: how much of each colour is brightness
_CONSTANT = 0.5  # grey levels: a channel whose deviation is below half a level never varies


def decode(
    raw: tf.Tensor,
    size: tuple[int, int],
    channels: int,
    background: tuple[int, int, int] = WHITE,
    kind: tf.Tensor | None = None,
) -> tf.Tensor:
    """Decode one file: PNG, JPEG, BMP, or the first frame of a GIF; grey or colour, 8 or 16 bits.

    Args:
        raw: scalar string, the encoded file.
        size: height and width to resize to (bilinear, antialiased; left alone where it fits already).
        channels: 1 (BT.601 luma of colour images) or 3 (grey is repeated).
        background: red, green, blue, of 255: what shows through where an image is transparent.
        kind: see `decode_as_it_is`.

    Returns:
        uint8 (height, width, channels).

    Raises:
        tf.errors.InvalidArgumentError: the bytes are not such an image, or are cut short.
    """
    image = _with_channels(decode_as_it_is(raw, kind), channels, background)
    fits = tf.reduce_all(tf.equal(tf.shape(image)[:2], size))
    image = tf.cond(fits, lambda: image, lambda: _resized(image, size))
    return tf.ensure_shape(image, [*size, channels])


def decode_as_it_is(raw: tf.Tensor, kind: tf.Tensor | None = None) -> tf.Tensor:
    """The first half of `decode`, which raises the same: uint8 (h, w, 1 to 4), upright, the file's own channels.

    Args:
        raw: scalar string.
        kind: of it, where `kinds_of` was asked for a whole batch.
    """
    kind = kinds_of(raw) if kind is None else kind

    def special() -> tf.Tensor:  # not tf.switch_case, which tensorflow_transform cannot serialise
        return tf.cond(kind == 1, lambda: _bmp(raw), lambda: tf.cond(kind == 2, lambda: _held(raw), lambda: _deep(raw)))

    image = tf.cond(kind == 0, lambda: _plain(raw), special)
    image.set_shape([None, None, None])
    return image


def kinds_of(raws: tf.Tensor) -> tf.Tensor:
    """int32 of the shape of `raws`: 1 a BMP, 2 a JPEG with EXIF, 3 a PNG of 16 bits a channel, 0 anything else."""
    some = tf.strings.substr(raws, 0, _SEARCHED)
    found = [
        tf.equal(tf.strings.substr(raws, 0, len(magic)), magic) & tf.strings.regex_full_match(some, pattern)
        for magic, pattern in _SPECIAL
    ]
    return tf.add_n([number * tf.cast(one, tf.int32) for number, one in enumerate(found, 1)])


def _plain(raw: tf.Tensor) -> tf.Tensor:
    return tf.io.decode_image(raw, channels=0, expand_animations=False)


def _held(raw: tf.Tensor) -> tf.Tensor:
    image = _plain(raw)
    image.set_shape([None, None, None])
    return image_exif.upright(image, image_exif.orientation(raw))


def _deep(raw: tf.Tensor) -> tf.Tensor:
    """A PNG of 16 bits a channel: rounded to 8, where `decode_image` would cut them off."""
    return tf.cast(tf.round(tf.cast(tf.io.decode_png(raw, dtype=tf.uint16), tf.float32) / 257.0), tf.uint8)


def _bmp(raw: tf.Tensor) -> tf.Tensor:
    """TensorFlow gives the palette's indices of 8 bits as if they were grey levels; a fourth byte means nothing."""
    image = _plain(raw)
    image.set_shape([None, None, None])
    indexed = tf.equal(tf.shape(image)[2], 1)
    image = tf.cond(indexed, lambda: tf.gather(_bmp_palette(raw), tf.cast(image[:, :, 0], tf.int32)), lambda: image)
    return image[:, :, :3]


def _bmp_palette(raw: tf.Tensor) -> tf.Tensor:
    """uint8 (colours, 3), RGB: the entries (blue, green, red, 0) between a BMP's headers and its pixels."""

    def number(position: int) -> tf.Tensor:
        return tf.io.decode_raw(tf.strings.substr(raw, position, 4), tf.int32)[0]

    start = 14 + number(14)
    entries = tf.io.decode_raw(tf.strings.substr(raw, start, (number(10) - start) // 4 * 4), tf.uint8)
    return tf.reverse(tf.reshape(entries, [-1, 4])[:, :3], [1])


def _with_channels(image: tf.Tensor, channels: int, background: tuple[int, int, int]) -> tf.Tensor:
    """Grey (1 channel), grey and alpha (2), colour (3), colour and alpha (4) to what is wanted."""
    colours = opaque(image, background)
    if channels == 3:
        return colours
    grey = tf.equal(tf.shape(image)[2], 1)
    luma = tf.reduce_sum(tf.cast(colours, tf.float32) * tf.where(grey, (1.0, 0.0, 0.0), _LUMA), axis=2, keepdims=True)
    return tf.cast(tf.round(luma), tf.uint8)


def opaque(image: tf.Tensor, background: tuple[int, int, int] = WHITE) -> tf.Tensor:
    """uint8 (h, w, 1 to 4) to colour (h, w, 3), laid over a background (Porter and Duff 1984, "over")."""
    number = tf.shape(image)[2]
    colours = tf.gather(image, tf.where(number <= 2, [0, 0, 0], [0, 1, 2]), axis=2)

    def over() -> tf.Tensor:
        share = tf.cast(image[:, :, number - 1 :], tf.float32) / 255.0
        mixed = tf.cast(colours, tf.float32) * share + tf.constant(background, tf.float32) * (1.0 - share)
        return tf.cast(tf.round(mixed), tf.uint8)

    return tf.cond(tf.equal(number % 2, 0), over, lambda: colours)


def _resized(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    resized = tf.image.resize(tf.cast(image, tf.float32), size, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def colour(name: str) -> tuple[int, int, int]:
    """Red, green and blue of `white`, `black` or `#rrggbb`, which `image_options` has checked."""
    digits = {"white": "ffffff", "black": "000000"}.get(name, name.removeprefix("#"))
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: decoded pixels, the class's index, the row's hash, and what normalisation learned.

    Pixels stay uint8 (augmentation comes before normalisation); one string a row holds them, since tf.Example has no
    bytes tensor. `pixel_mean` and `pixel_deviation` (C,) are the full pass over the training split, per channel, the
    same in every row: training reads them from one.
    """
    size, channels = tuple(custom_config["size"]), custom_config["channels"]
    background = colour(custom_config.get("background", "white"))
    images, serialised = _decoder(size, channels, background)(labels.dense(inputs[RAW_FEATURE]))
    if own_preprocessing.named_in(custom_config):
        images = own_preprocessing.applied(images, custom_config)
        serialised = tf.map_fn(tf.io.serialize_tensor, images, fn_output_signature=tf.string)
    mean, deviation = _constants(images, custom_config["normalise"], channels)
    rows = tf.shape(images)[0]
    return {
        RAW_FEATURE: serialised,
        LABEL_FEATURE: labels.of_target(inputs[LABEL_FEATURE], custom_config.get("target", "class")),
        HASH_FEATURE: labels.dense(inputs[HASH_FEATURE]),
        "pixel_mean": tf.repeat(mean[None], rows, axis=0),
        "pixel_deviation": tf.repeat(deviation[None], rows, axis=0),
    }


@functools.lru_cache
def _decoder(size: tuple[int, int], channels: int, background: tuple[int, int, int]) -> Any:
    """f(raw (B,)) -> images (B, *size, channels), serialised (B,): traced once, its caller seven times."""

    def one(given: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        image = decode(given[0], size, channels, background, given[1])
        return image, tf.io.serialize_tensor(image)

    specs = (tf.TensorSpec([*size, channels], tf.uint8), tf.TensorSpec([], tf.string))

    def batch(raws: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.map_fn(one, (raws, kinds_of(raws)), fn_output_signature=specs)

    return tf.function(batch, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)


def _constants(images: tf.Tensor, normalise: str, channels: int) -> tuple[tf.Tensor, tf.Tensor]:
    if normalise != "per_channel":
        return tf.zeros([channels]), tf.fill([channels], 255.0 if normalise == "unit" else 1.0)
    pixels = tf.cast(images, tf.float64)
    # One analyzer over 2C numbers an image, not over every pixel: all images are of one size, so the mean of their
    # means is the mean of the pixels. In float64 E[x²] - E[x]² loses nothing that matters.
    moments = tf.concat([tf.reduce_mean(pixels, [1, 2]), tf.reduce_mean(pixels**2, [1, 2])], axis=1)
    learned = exact.mean(tf.ensure_shape(moments, [None, 2 * channels]))
    mean, square = learned[:channels], learned[channels:]
    deviation = tf.sqrt(tf.maximum(square - mean**2, 0.0))
    # a constant channel stays constant instead of having its rounding amplified
    deviation = tf.where(deviation < _CONSTANT, tf.fill([channels], tf.constant(255.0, tf.float64)), deviation)
    return tf.cast(mean, tf.float32), tf.cast(deviation, tf.float32)


def decoded(serialised: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    """(B,) strings of Transform's output back to uint8 (B, *shape).

    `tf.io.serialize_tensor` writes a TensorProto, whose last field is the content: its tail, for the whole batch at
    once, is what `tf.io.parse_tensor` would give row by row.
    """
    length = shape[0] * shape[1] * shape[2]
    flat = tf.io.decode_raw(tf.strings.substr(serialised, -length, length), tf.uint8)
    return tf.reshape(flat, [-1, *shape])


def normaliser(mean: Any, deviation: Any) -> Any:
    """f(images of any dtype) -> float32 images, zero mean and unit variance a channel by the constants learned.

    Args:
        mean, deviation: (C,) in grey levels of 255.
    """

    def normalise(images: tf.Tensor) -> tf.Tensor:
        return (tf.cast(images, tf.float32) - tf.constant(mean, tf.float32)) / tf.constant(deviation, tf.float32)

    return normalise


def input_shape(config: Mapping[str, Any]) -> tuple[int, int, int]:
    """(height, width, channels) of what the network sees."""
    return (*config["transform"]["size"], config["transform"]["channels"])


def transformed_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `inputs` needs of a transformed row, as tf.io features."""
    return {RAW_FEATURE: tf.io.FixedLenFeature([], tf.string)}


def constant_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Transform learned over the training split, the same in every row; `finaliser` takes it."""
    channels = config["transform"]["channels"]
    return {name: tf.io.FixedLenFeature([channels], tf.float32) for name in ("pixel_mean", "pixel_deviation")}


def inputs(parsed: Mapping[str, tf.Tensor], config: Mapping[str, Any]) -> tf.Tensor:
    """A batch of transformed rows as what is kept of them: uint8 (B, H, W, C)."""
    return decoded(tf.reshape(parsed[RAW_FEATURE], [-1]), input_shape(config))


def finaliser(constants: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """f(what is kept) -> what the network sees; in the graph, after augmentation."""
    return normaliser(constants["pixel_mean"], constants["pixel_deviation"])


def raw_features(wanted: Mapping[str, Any]) -> dict[str, tf.DType]:
    """Of the inputs of Transform's graph those that a request carries."""
    return {RAW_FEATURE: tf.string}
