"""Small real SavedModels with the three signatures of an exported classifier, and raw rows for them.

An "image" is the row's logits as float32 bytes, so that a test knows what the model answers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def save_model(folder: str | os.PathLike[str], classes: Sequence[str], scale: float = 1.0, shift: int = 0) -> str:
    """Save a classifier whose probabilities are softmax(scale * logits), its classes rolled by `shift`."""
    number = len(classes)
    module = tf.Module()
    module.scale = tf.Variable(scale, dtype=tf.float32)
    module.table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(list(classes)), tf.range(number, dtype=tf.int64)), -1
    )

    def probabilities(images):
        logits = tf.map_fn(
            lambda raw: tf.io.decode_raw(raw, tf.float32)[:number], images, fn_output_signature=tf.TensorSpec([number])
        )
        return tf.nn.softmax(module.scale * tf.roll(logits, shift, axis=1))

    def parsed(examples):
        return tf.io.parse_example(
            examples, {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.string)}
        )

    strings = tf.TensorSpec([None], tf.string)

    @tf.function(input_signature=[strings], autograph=False)
    def serve(image):
        given = probabilities(image)
        names = tf.constant(list(classes))
        return {
            "probabilities": given,
            "label": tf.gather(names, tf.argmax(given, axis=1)),
            "classes": tf.repeat(names[tf.newaxis], tf.shape(given)[0], axis=0),
        }

    @tf.function(input_signature=[strings], autograph=False)
    def evaluate(examples):
        return {"probabilities": probabilities(parsed(examples)["image"])}

    @tf.function(input_signature=[strings], autograph=False)
    def labels(examples):
        return {"label_index": module.table.lookup(parsed(examples)["label"])}

    target = os.path.join(folder, "Format-Serving")
    signatures = {"serving_default": serve, "evaluate": evaluate, "labels": labels}
    tf.saved_model.save(module, target, signatures=signatures)
    os.makedirs(os.path.join(target, "assets.extra"))
    facts = {"task": "image", "classes": list(classes), "raw_feature": "image", "name": "tiny"}
    with open(os.path.join(target, "assets.extra", "graduate.json"), "w", encoding="utf-8") as opened:
        json.dump(facts, opened)
    return os.fspath(folder)


def save_examples(
    folder: str | os.PathLike[str], split: str, logits: np.ndarray, labels: Sequence[str], **features: Sequence[Any]
) -> str:
    """Write rows as TFX's ExampleGen does: `Split-<split>/data_tfrecord-00000-of-00001.gz`."""
    target = os.path.join(folder, f"Split-{split}")
    os.makedirs(target)
    path = os.path.join(target, "data_tfrecord-00000-of-00001.gz")
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        for at, label in enumerate(labels):
            values = {"image": logits[at].astype(np.float32).tobytes(), "label": label.encode()}
            values |= {name: column[at] for name, column in features.items()}
            written = {name: _feature(value) for name, value in values.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=written)).SerializeToString())
    return os.fspath(folder)


def _feature(value: Any) -> tf.train.Feature:
    if isinstance(value, float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    written = value.encode() if isinstance(value, str) else value
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[written]))
