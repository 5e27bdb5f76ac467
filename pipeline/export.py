"""The serving export: a SavedModel that takes raw input, with Transform's graph inside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from graduate import files

ASSETS_EXTRA = "assets.extra"  # TensorFlow Serving leaves this folder alone


def classes_of(transform_output: str, task: Any) -> list[str]:
    """The class names in the order of their indices."""
    path = os.path.join(transform_output, "transform_fn", "assets", task.VOCABULARY)
    with open(path, "rb") as opened:
        return [task.unescape(line.decode()) for line in opened.read().split(b"\n") if line]


class Predictor:
    """f(decoded images (B, H, W, C)) -> float32 probabilities (B, K), of a model that ends in logits or in softmax.

    Args:
        model: (B, H, W, C) float32 -> (B, K).
        finalise: normalisation, f(images of any dtype) -> float32 images.
    """

    def __init__(self, model: Any, finalise: Callable[[tf.Tensor], tf.Tensor]) -> None:
        from graduate.training.objective import ends_in_logits

        self.model, self._finalise, self._logits = model, finalise, ends_in_logits(model)

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Probabilities of a batch."""
        out = tf.cast(self.model(self._finalise(images), training=False), tf.float32)
        return tf.nn.softmax(out) if self._logits else out


def save(
    folder: str,
    transform_output: str,
    task: Any,
    config: Mapping[str, Any],
    classes: Sequence[str],
    predict: Predictor,
) -> None:
    """Write the SavedModel, and `assets.extra/graduate.json` in it.

    Signatures:
        serving_default: image (B,) string, the encoded file → probabilities (B, K), label (B,), classes (B, K)
        evaluate: examples (B,) serialised raw tf.Examples → probabilities (B, K)
        labels: examples (B,) → label_index (B,), -1 for a class that training never saw

    Raw input that cannot be read is an InvalidArgumentError of the whole request, never an answer.
    """
    module = _Serving(transform_output, task, config, classes, predict)
    functions = {"serving_default": module.serve, "evaluate": module.evaluate, "labels": module.labels}
    signatures = {name: function.get_concrete_function() for name, function in functions.items()}
    tf.saved_model.save(module, folder, signatures, tf.saved_model.SaveOptions(experimental_custom_gradients=False))
    about = {"name": config["name"], "task": config["task"], "raw_feature": task.RAW_FEATURE, "classes": list(classes)}
    files.write_json(os.path.join(folder, ASSETS_EXTRA, "graduate.json"), about)


class _Serving(tf.Module):
    """Raw input → Transform's own graph → the network.

    What is tracked is what loading needs and no more: the restored Transform SavedModel, whose vocabulary comes along
    as an asset, so that the export is whole without the original (`transform_features_layer()` would be a Keras 2 model
    that saving traces again, which takes seconds); and the network's variables, whose graph the functions already hold.
    """

    def __init__(
        self,
        transform_output: str,
        task: Any,
        config: Mapping[str, Any],
        classes: Sequence[str],
        predict: Predictor,
    ) -> None:
        from tensorflow_transform.saved import saved_transform_io_v2

        super().__init__()
        self._task, self._config = task, config
        self._predict = _Untracked(predict)
        self._loader = _Untracked(
            saved_transform_io_v2.SavedModelLoader(os.path.join(transform_output, "transform_fn"))
        )
        self.transform = self._loader.value._imported
        self.weights = [variable.value for variable in predict.model.variables]
        self._names = list(classes)
        raw = [tf.TensorSpec([None], tf.string, name=task.RAW_FEATURE)]
        examples = [tf.TensorSpec([None], tf.string, name="examples")]
        self.serve = tf.function(self._serve, input_signature=raw, autograph=False)
        self.evaluate = tf.function(self._evaluate, input_signature=examples, autograph=False)
        self.labels = tf.function(self._labels, input_signature=examples, autograph=False)

    def _serve(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = self._probabilities(raw)
        names = tf.constant(list(self._names))
        return {
            "probabilities": probabilities,
            "label": tf.gather(names, tf.argmax(probabilities, -1)),
            "classes": tf.repeat(names[None], tf.shape(raw)[0], axis=0),
        }

    def _evaluate(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": self._probabilities(_column(examples, self._task.RAW_FEATURE))}

    def _labels(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        name = self._task.LABEL_FEATURE
        return {"label_index": tf.reshape(self._transformed(name, _column(examples, name))[name], [-1])}

    def _probabilities(self, raw: tf.Tensor) -> tf.Tensor:
        transformed = self._transformed(self._task.RAW_FEATURE, raw)
        return self._predict.value(self._task.inputs(transformed, self._config))

    def _transformed(self, name: str, values: tf.Tensor) -> Any:
        """One feature (B,) through Transform's graph: what comes of it alone; the rest is not computed."""
        wanted = self._loader.value._structured_inputs[name]
        return self._loader.value.apply_transform_model({name: _as_wanted(values, wanted)})


class _Untracked:
    """Hides an object from tf.Module's tracking."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _column(examples: tf.Tensor, name: str) -> tf.Tensor:
    return tf.io.parse_example(examples, {name: tf.io.FixedLenFeature([], tf.string)})[name]


def _as_wanted(values: tf.Tensor, wanted: Any) -> Any:
    """(B,) strings as Transform's graph takes the feature, which the schema decides: sparse, (B, 1) or (B,)."""
    if not isinstance(wanted, tf.SparseTensor):
        return tf.reshape(values, [-1, *wanted.shape[1:]])
    rows = tf.shape(values, out_type=tf.int64)[0]
    index = tf.stack([tf.range(rows), tf.zeros([rows], tf.int64)], -1)
    return tf.SparseTensor(index, values, tf.stack([rows, 1]))
