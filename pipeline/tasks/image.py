"""Images: how a raw file becomes what the network sees, the same in Transform and in serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

RAW_FEATURE = "image"  # served as it was ingested: the encoded file
LABEL_FEATURE = "label"
HASH_FEATURE = "hash"
VOCABULARY = "label"  # the vocabulary file of class names; a class's index is its line


def decode(raw: tf.Tensor, size: tuple[int, int], channels: int) -> tf.Tensor:
    """Decode one file: PNG, JPEG, BMP, or the first frame of a GIF.

    Args:
        raw: scalar string, the encoded file.
        size: height and width to resize to (bilinear, antialiased; left alone where it fits already).
        channels: 1 (ITU-R BT.601 luma of colour images) or 3 (grey is repeated). Transparency is dropped.

    Returns:
        uint8 (height, width, channels).

    Raises:
        tf.errors.InvalidArgumentError: the bytes are not such an image.
    """
    image = tf.io.decode_image(raw, channels=0, expand_animations=False)
    image.set_shape([None, None, None])
    grey = tf.shape(image)[2] <= 2  # grey, or grey with transparency
    if channels == 1:
        image = tf.cond(grey, lambda: image[:, :, :1], lambda: tf.image.rgb_to_grayscale(image[:, :, :3]))
    else:
        image = tf.cond(grey, lambda: tf.repeat(image[:, :, :1], 3, axis=2), lambda: image[:, :, :3])
    image = tf.ensure_shape(image, [None, None, channels])
    fits = tf.reduce_all(tf.equal(tf.shape(image)[:2], size))
    image = tf.cond(fits, lambda: image, lambda: _resized(image, size))
    return tf.ensure_shape(image, [*size, channels])


def decode_batch(raw: tf.Tensor, size: tuple[int, int], channels: int) -> tf.Tensor:
    """Decode (B,) files to uint8 (B, height, width, channels)."""
    spec = tf.TensorSpec([*size, channels], tf.uint8)
    return tf.map_fn(lambda one: decode(one, size, channels), raw, fn_output_signature=spec)


def _resized(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    resized = tf.image.resize(tf.cast(image, tf.float32), size, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: decoded pixels, the class's index, the row's hash, and what normalisation learned.

    Pixels stay uint8 (augmentation comes before normalisation); one string a row holds them, since tf.Example has no bytes
    tensor. `pixel_mean` and `pixel_deviation` (C,) are the full pass over the training split, per channel, the same in
    every row: training and serving read them from one.
    """
    import tensorflow_transform as tft

    size, channels = tuple(custom_config["size"]), custom_config["channels"]
    images = decode_batch(_dense(inputs[RAW_FEATURE]), size, channels)
    rows = tf.shape(images)[0]
    mean, deviation = _constants(tft, images, custom_config["normalise"], channels)
    return {
        RAW_FEATURE: tf.map_fn(tf.io.serialize_tensor, images, fn_output_signature=tf.string),
        LABEL_FEATURE: tft.compute_and_apply_vocabulary(_dense(inputs[LABEL_FEATURE]), vocab_filename=VOCABULARY),
        HASH_FEATURE: _dense(inputs[HASH_FEATURE]),
        "pixel_mean": tf.repeat(mean[None], rows, axis=0),
        "pixel_deviation": tf.repeat(deviation[None], rows, axis=0),
    }


def _constants(tft: Any, images: tf.Tensor, normalise: str, channels: int) -> tuple[tf.Tensor, tf.Tensor]:
    if normalise == "per_channel":
        pixels = tf.cast(tf.reshape(images, [-1, channels]), tf.float32)
        mean, variance = tft.mean(pixels, reduce_instance_dims=False), tft.var(pixels, reduce_instance_dims=False)
        mean, deviation = tf.ensure_shape(mean, [channels]), tf.ensure_shape(tf.sqrt(variance), [channels])
        return mean, tf.maximum(deviation, 1e-3)  # a constant channel stays constant instead of dividing by 0
    scale = 255.0 if normalise == "unit" else 1.0
    return tf.zeros([channels]), tf.fill([channels], scale)


def decoded(serialised: tf.Tensor) -> tf.Tensor:
    """(B,) strings of Transform's output back to uint8 (B, height, width, channels)."""
    return tf.map_fn(lambda one: tf.io.parse_tensor(one, tf.uint8), serialised, fn_output_signature=tf.uint8)


def _dense(feature: Any) -> tf.Tensor:
    """A string feature (B,), whatever shape the schema gave it."""
    if isinstance(feature, tf.SparseTensor):
        feature = tf.sparse.to_dense(feature, default_value="")
    return tf.reshape(feature, [-1])


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


def build_model(config: Mapping[str, Any], output_units: int) -> Any:
    """One of the task's own builders with the config's hyperparameters; a Keras model that ends in logits."""
    from graduate.pipeline.tasks import image_models

    builder = image_models.BUILDERS[config["model"]["build"]]
    return builder(input_shape(config), output_units, **config["model"]["hyperparameters"])


def build_augment(config: Mapping[str, Any], classes: int) -> Any:
    """The training split's augmentation, or None; see `image_augment.build`."""
    from graduate.pipeline.tasks import image_augment

    return image_augment.build(config["training"]["augment"], classes)
