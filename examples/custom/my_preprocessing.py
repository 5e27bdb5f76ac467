"""Preprocessing of your own: TensorFlow operations, in the graph of training and of serving alike."""

import tensorflow as tf


def clean(images):
    """Stretch each image's contrast. Input and output uint8 (B, height, width, channels)."""
    images = tf.cast(images, tf.float32)
    low = tf.reduce_min(images, [1, 2, 3], keepdims=True)
    high = tf.reduce_max(images, [1, 2, 3], keepdims=True)
    return tf.cast(tf.round(255 * (images - low) / tf.maximum(high - low, 1)), tf.uint8)
