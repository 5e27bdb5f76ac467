"""Small real SavedModels of each task, exported as ours are, for the page that a model is tried on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf


def save(place: Path, about: Mapping[str, Any], serve: Any, **kinds: tf.DType) -> Path:
    """Save version 1 of a model: f(features by name, each (B,)) -> outputs by name."""
    module = tf.Module()
    specs = {name: tf.TensorSpec([None], kind, name=name) for name, kind in kinds.items()}
    module.serve = tf.function(lambda raw: serve(raw), input_signature=[specs], autograph=False)
    tf.saved_model.save(module, str(place / "1"), {"serving_default": module.serve.get_concrete_function()})
    (place / "1" / "assets.extra").mkdir()
    (place / "1" / "assets.extra" / "graduate.json").write_text(json.dumps({"name": place.name, **about}))
    return place


def _classes(probabilities: tf.Tensor, names: list[str]) -> dict[str, tf.Tensor]:
    return {
        "probabilities": probabilities,
        "label": tf.gather(names, tf.argmax(probabilities, -1)),
        "classes": tf.repeat(tf.constant([names]), tf.shape(probabilities)[0], axis=0),
    }


def image(folder: Path) -> Path:
    """Dark or bright, with the mean brightness as the probability."""

    def bright(raw):
        return tf.reduce_mean(tf.cast(tf.io.decode_image(raw, expand_animations=False), tf.float32)) / 255

    def serve(raw):
        share = tf.map_fn(bright, raw["image"], fn_output_signature=tf.float32)
        return _classes(tf.stack([1 - share, share], 1), ["dark", "bright"])

    return save(folder / "pictures", {"task": "image", "target": "class"}, serve, image=tf.string)


def text(folder: Path) -> Path:
    """Short or long: ten characters are half way; the text of hostile markup is a class too."""

    def serve(raw):
        long = tf.sigmoid(tf.cast(tf.strings.length(raw["text"], unit="UTF8_CHAR"), tf.float32) - 10)
        return _classes(tf.stack([1 - long, long], 1), ["<b>short</b>", "long"])

    return save(folder / "notes", {"task": "text", "target": "class"}, serve, text=tf.string)


def table(folder: Path) -> Path:
    """A number from a number (missing: -1), the length of a text and a date's days since 1970 (missing: 0)."""

    def serve(raw):
        age = tf.where(tf.math.is_nan(raw["age"]), -1.0, raw["age"])
        days = tf.where(raw["since"] == tf.int64.min, tf.zeros_like(raw["since"]), raw["since"] // 86_400)
        city = tf.cast(tf.strings.length(raw["home_town"]), tf.float32)
        values = tf.stack([age, city, tf.cast(days, tf.float32)], 1)
        return {"values": values, "names": tf.repeat([["age", "letters", "days"]], tf.shape(age)[0], axis=0)}

    arguments = {"age": "age", "home town": "home_town", "since": "since"}
    about = {"task": "table", "target": "number", "arguments": arguments}
    return save(folder / "people", about, serve, age=tf.float32, home_town=tf.string, since=tf.int64)
