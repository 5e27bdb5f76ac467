"""The serving export: a SavedModel that takes raw input, with Transform's graph inside."""

from __future__ import annotations

import itertools
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from graduate import files
from graduate.training.targets import Target

ASSETS_EXTRA = "assets.extra"  # TensorFlow Serving leaves this folder alone
# What a model answers with, and what its signature `labels` calls the truth, by what a label is.
ANSWERS: Mapping[str, str] = {"class": "probabilities", "labels": "probabilities", "number": "values"}
_IDENTIFIER = re.compile("[A-Za-z][A-Za-z0-9_]*")
TRUTHS: Mapping[str, str] = {"class": "label_index", "labels": "label_values", "number": "label_values"}


def names_of(transform_output: str, task: Any, config: Mapping[str, Any]) -> list[str]:
    """The names of the outputs: the classes in the order of their indices, or the columns of labels or numbers."""
    if config.get("data", {}).get("target", "class") == "class":
        return classes_of(transform_output, task)
    label = config["data"]["label"]
    return [label] if isinstance(label, str) else list(label)


def classes_of(transform_output: str, task: Any) -> list[str]:
    """The class names in the order of their indices."""
    path = os.path.join(transform_output, "transform_fn", "assets", task.VOCABULARY)
    with open(path, "rb") as opened:
        return [task.unescape(line.decode()) for line in opened.read().split(b"\n") if line]


class Predictor:
    """f(what is kept of rows) -> float32 (B, K): probabilities of classes or labels, or numbers in their own units.

    Args:
        model: what the network sees -> (B, K) logits, probabilities or normalised numbers.
        finalise: f(what is kept) -> what the network sees.
        target: what a label is.
        constants: what Transform learned; of numbers `label_mean` and `label_deviation` (K,).
    """

    def __init__(
        self,
        model: Any,
        finalise: Callable[[tf.Tensor], tf.Tensor],
        target: Target = "class",
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        from graduate.training.objective import ends_in_logits

        self.model, self.target, self._finalise = model, target, finalise
        self._logits = ends_in_logits(model)
        self._constants = dict(constants or {})

    def __call__(self, kept: tf.Tensor) -> tf.Tensor:
        """Answers to a batch."""
        out = tf.cast(self.model(self._finalise(kept), training=False), tf.float32)
        if self.target == "number":
            return out * self._constants["label_deviation"] + self._constants["label_mean"]
        if not self._logits:
            return out
        return tf.nn.softmax(out) if self.target == "class" else tf.nn.sigmoid(out)


def save(
    folder: str,
    transform_output: str,
    task: Any,
    config: Mapping[str, Any],
    names: Sequence[str],
    predict: Predictor,
) -> None:
    """Write the SavedModel, and `assets.extra/graduate.json` in it.

    Signatures:
        serving_default: the raw features (B,) by name (of images `image`, the encoded file; of a table its columns, see
            `arguments_of`) →
            of a class probabilities (B, K), label (B,), classes (B, K); of several labels probabilities (B, K), classes
            (B, K); of numbers values (B, K), names (B, K)
        evaluate: examples (B,) serialised raw tf.Examples → probabilities or values (B, K)
        labels: examples (B,) → label_index (B,), -1 for a class that training never saw; or label_values (B, K)

    Raw input that cannot be read is an InvalidArgumentError of the whole request, never an answer.
    """
    module = _Serving(transform_output, task, config, names, predict)
    functions = {"serving_default": module.serve, "evaluate": module.evaluate, "labels": module.labels}
    signatures = {name: function.get_concrete_function() for name, function in functions.items()}
    tf.saved_model.save(module, folder, signatures, tf.saved_model.SaveOptions(experimental_custom_gradients=False))
    about = {
        "name": config["name"],
        "task": config["task"],
        "target": predict.target,
        "raw_feature": task.RAW_FEATURE,
        "raw_features": {name: kind.name for name, kind in module.raw.items()},
        "arguments": module.arguments,
        "classes": list(names),
    }
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
        names: Sequence[str],
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
        self._names = list(names)
        self.raw = dict(task.raw_features(self._loader.value._structured_inputs))
        self.arguments = arguments_of(self.raw)
        raw = {name: tf.TensorSpec([None], self.raw[column], name) for column, name in self.arguments.items()}
        examples = [tf.TensorSpec([None], tf.string, name="examples")]
        self.serve = tf.function(self._serve, input_signature=[raw], autograph=False)
        self.evaluate = tf.function(self._evaluate, input_signature=examples, autograph=False)
        self.labels = tf.function(self._labels, input_signature=examples, autograph=False)

    def _serve(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        answers = self._answers({column: raw[name] for column, name in self.arguments.items()})
        target = self._predict.value.target
        names = tf.constant(list(self._names))
        rows = tf.repeat(names[None], tf.shape(answers)[0], axis=0)
        if target == "number":
            return {"values": answers, "names": rows}
        if target == "labels":
            return {"probabilities": answers, "classes": rows}
        return {"probabilities": answers, "label": tf.gather(names, tf.argmax(answers, -1)), "classes": rows}

    def _evaluate(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {name: tf.io.FixedLenFeature([], kind) for name, kind in self.raw.items()}
        return {ANSWERS[self._predict.value.target]: self._answers(tf.io.parse_example(examples, spec))}

    def _labels(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        name, target = self._task.LABEL_FEATURE, self._predict.value.target
        if target == "class":
            value = tf.io.parse_example(examples, {name: tf.io.FixedLenFeature([], tf.string)})[name]
            return {TRUTHS[target]: tf.reshape(self._transformed({name: value})[name], [-1])}
        spec = {name: tf.io.FixedLenFeature([len(self._names)], tf.float32)}
        return {TRUTHS[target]: tf.io.parse_example(examples, spec)[name]}

    def _answers(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return self._predict.value(self._task.inputs(self._transformed(raw), self._config))

    def _transformed(self, raw: Mapping[str, tf.Tensor]) -> Any:
        """Features (B,) through Transform's graph: what comes of them alone; the rest is not computed."""
        wanted = self._loader.value._structured_inputs
        given = {name: _as_wanted(values, wanted[name]) for name, values in raw.items()}
        return self._loader.value.apply_transform_model(given)


class _Untracked:
    """Hides an object from tf.Module's tracking."""

    def __init__(self, value: Any) -> None:
        self.value = value


def arguments_of(features: Iterable[str]) -> dict[str, str]:
    """What a signature calls each raw feature: its name, or what is left of it as an identifier, each another one.

    A SavedModel takes letters of ASCII, digits and `_`, a letter first, and `self` means something to it.
    """
    found: dict[str, str] = {}
    taken = {"self"}
    for feature in sorted(features, key=lambda name: (not _IDENTIFIER.fullmatch(name), name)):  # those keep their names
        plain = unicodedata.normalize("NFKD", feature)
        plain = re.sub(r"[^A-Za-z0-9]+", "_", "".join(one for one in plain if not unicodedata.combining(one)))
        plain = feature if _IDENTIFIER.fullmatch(feature) else plain.strip("_")
        name = plain if plain[:1].isalpha() else f"column_{plain}".strip("_")
        tried = (name if number == 1 else f"{name}_{number}" for number in itertools.count(1))
        found[feature] = next(one for one in tried if one not in taken)
        taken.add(found[feature])
    return found


def _as_wanted(values: tf.Tensor, wanted: Any) -> Any:
    """(B,) values as Transform's graph takes the feature, which the schema decides: sparse, (B, 1) or (B,)."""
    if not isinstance(wanted, tf.SparseTensor):
        return tf.reshape(values, [-1, *wanted.shape[1:]])
    rows = tf.shape(values, out_type=tf.int64)[0]
    index = tf.stack([tf.range(rows), tf.zeros([rows], tf.int64)], -1)
    return tf.SparseTensor(index, values, tf.stack([rows, 1]))
