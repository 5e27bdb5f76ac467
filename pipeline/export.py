"""The serving export: a SavedModel that takes raw input, with Transform's graph inside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from graduate import files

ASSETS_EXTRA = "assets.extra"  # TensorFlow Serving leaves this folder alone


def classes_of(transform_output: str, vocabulary: str) -> list[str]:
    """The class names in the order of their indices."""
    path = os.path.join(transform_output, "transform_fn", "assets", vocabulary)
    with open(path, "rb") as opened:
        return [line.decode() for line in opened.read().split(b"\n") if line]


def predictor(model: Any, finalise: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    """f(decoded images (B, H, W, C)) -> float32 probabilities (B, K), of a model that ends in logits or in softmax."""
    from graduate.training import ends_in_logits

    logits = ends_in_logits(model)

    def probabilities(images: tf.Tensor) -> tf.Tensor:
        out = tf.cast(model(finalise(images), training=False), tf.float32)
        return tf.nn.softmax(out) if logits else out

    probabilities.model = model  # type: ignore[attr-defined]
    return probabilities


def save(
    folder: str,
    transform_output: str,
    task: Any,
    config: Mapping[str, Any],
    classes: Sequence[str],
    probabilities: Callable[[tf.Tensor], tf.Tensor],
) -> None:
    """Write the SavedModel.

    Signatures:
        serving_default: raw input (B,) string, the encoded file → probabilities (B, K), label (B,), classes (B, K)
        evaluate: examples (B,) serialised raw tf.Examples → probabilities (B, K)
        labels: examples (B,) → label_index (B,), -1 for a class that training never saw
    """
    module = _Serving(transform_output, task, classes, probabilities)
    tf.saved_model.save(
        module,
        folder,
        signatures={
            "serving_default": module.serve.get_concrete_function(),
            "evaluate": module.evaluate.get_concrete_function(),
            "labels": module.labels.get_concrete_function(),
        },
    )
    about = {"name": config["name"], "task": config["task"], "raw_feature": task.RAW_FEATURE, "classes": list(classes)}
    files.write_json(os.path.join(folder, ASSETS_EXTRA, "graduate.json"), about)


class _Serving(tf.Module):
    """Raw input → Transform's own graph → the network.

    The loaded transform SavedModel is tracked itself: `transform_features_layer()` is a Keras 2 model that saving traces
    again, which takes seconds. Its vocabulary comes along as an asset, so that the export is whole without the original.
    """

    def __init__(
        self,
        transform_output: str,
        task: Any,
        classes: Sequence[str],
        probabilities: Callable[[tf.Tensor], tf.Tensor],
    ) -> None:
        from tensorflow_transform import TFTransformOutput
        from tensorflow_transform.saved import saved_transform_io_v2

        super().__init__()
        self._task, self._probabilities = task, probabilities
        raw_spec = TFTransformOutput(transform_output).raw_feature_spec()
        # as tuples, since a tf.Module wraps dictionaries, and feature specs cannot be saved
        self._raw_spec = tuple((name, raw_spec[name]) for name in (task.RAW_FEATURE, task.LABEL_FEATURE))
        self._loader = _Untracked(
            saved_transform_io_v2.SavedModelLoader(os.path.join(transform_output, "transform_fn"))
        )
        self.transform = self._loader.value._imported
        self.model = probabilities.model  # type: ignore[attr-defined]
        self._names = tf.constant(list(classes))
        raw = [tf.TensorSpec([None], tf.string, name=task.RAW_FEATURE)]
        self.serve = tf.function(self._serve, input_signature=raw, autograph=False)
        examples = [tf.TensorSpec([None], tf.string, name="examples")]
        self.evaluate = tf.function(self._evaluate, input_signature=examples, autograph=False)
        self.labels = tf.function(self._labels, input_signature=examples, autograph=False)

    def _predict(self, raw: tf.Tensor) -> tf.Tensor:
        name = self._task.RAW_FEATURE
        transformed = self._transformed({name: _shaped(raw, dict(self._raw_spec)[name])})
        return self._probabilities(self._task.decoded(transformed[name]))

    def _transformed(self, features: Mapping[str, Any]) -> Mapping[str, tf.Tensor]:
        return self._loader.value.apply_transform_model(features)

    def _serve(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = self._predict(raw)
        return {
            "probabilities": probabilities,
            "label": tf.gather(self._names, tf.argmax(probabilities, -1)),
            "classes": tf.repeat(self._names[None], tf.shape(raw)[0], axis=0),
        }

    def _evaluate(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        name = self._task.RAW_FEATURE
        parsed = tf.io.parse_example(examples, {name: tf.io.FixedLenFeature([], tf.string)})
        return {"probabilities": self._predict(parsed[name])}

    def _labels(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        transformed = self._transformed(tf.io.parse_example(examples, dict(self._raw_spec)))
        return {"label_index": tf.reshape(transformed[self._task.LABEL_FEATURE], [-1])}


class _Untracked:
    """Hides an object from tf.Module's tracking."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _shaped(values: tf.Tensor, spec: Any) -> Any:
    """(B,) strings as Transform's graph takes the feature: dense of the schema's shape, or sparse."""
    if isinstance(spec, tf.io.FixedLenFeature):
        return tf.reshape(values, [-1, *spec.shape])
    rows = tf.shape(values, out_type=tf.int64)[0]
    index = tf.stack([tf.range(rows), tf.zeros([rows], tf.int64)], -1)
    return tf.SparseTensor(index, values, tf.stack([rows, 1]))
