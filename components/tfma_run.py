"""TensorFlow Model Analysis on exported models and raw rows, with as few Beam transforms as it takes.

For a few hundred rows nearly all of TFMA's time goes into building its graph of 240 transforms. Its evaluator is used as it is; extraction is
one step (both signatures of both models, on the raw row), and its result files are written by one step instead of five.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.utils.shared import Shared

CANDIDATE, BASELINE = "candidate", "baseline"
BATCH = 256  # rows that a signature is called with at once


def run(
    pipeline: beam.Pipeline,
    pattern: str,
    models: Mapping[str, str],
    classes: Mapping[str, int],
    slice_by: Sequence[str],
    output: str,
) -> None:
    """Add the evaluation to a Beam pipeline; its files, which `tfma.load_eval_result` reads, are there when it has run.

    Args:
        pattern: files of gzip TFRecords of tf.Example.
        models: CANDIDATE and, where there is one, BASELINE -> folder of the SavedModel.
        classes: the same names -> number of classes.
        slice_by: raw features; every value of each is a slice.
        output: an existing folder.
    """
    import tensorflow_model_analysis as tfma

    config = eval_config(models, classes, slice_by)
    _write_eval_run(config, models, pattern, output)
    evaluation = (
        pipeline
        | "Read" >> beam.io.ReadFromTFRecord(pattern)
        | "Batch" >> beam.BatchElements(min_batch_size=BATCH, max_batch_size=BATCH)
        | "Answer" >> beam.ParDo(_Answer(models, tuple(slice_by)))
        | "Slice" >> tfma.extractors.SliceKeyExtractor(eval_config=config, materialize=False).ptransform
        | "Evaluate" >> tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config).ptransform
    )
    for key in (tfma.METRICS_KEY, tfma.PLOTS_KEY):
        _ = (
            evaluation[key]
            | f"{key}:Serialise" >> beam.Map(_serialise, key)
            | f"{key}:Collect" >> beam.GroupByKey()
            | f"{key}:Write" >> beam.Map(_write, output)
        )


def eval_config(models: Mapping[str, str], classes: Mapping[str, int], slice_by: Sequence[str]) -> Any:
    """The tfma.EvalConfig: one metric over all models. By TFMA's custom a single model has no name."""
    import tensorflow_model_analysis as tfma

    config = tfma.EvalConfig()
    for name in models:
        config.model_specs.add(
            name=_tfma_name(name, models),
            signature_name="evaluate",
            preprocessing_function_names=["labels"],
            label_key="label_index",
            prediction_key="probabilities",
            is_baseline=name == BASELINE,
        )
    config.slicing_specs.add()
    for feature in slice_by:
        config.slicing_specs.add(feature_keys=[feature])
    metric = tfma.MetricConfig(
        class_name="Classification",
        module="graduate.components.classification_metric",
        config=json.dumps({"classes": {_tfma_name(name, models): classes[name] for name in models}}),
    )
    config.metrics_specs.add(metrics=[metric], model_names=[_tfma_name(name, models) for name in models])
    config.options.include_default_metrics.value = False
    return config


def _tfma_name(name: str, models: Mapping[str, str]) -> str:
    return name if len(models) > 1 else ""


class _Answer(beam.DoFn):
    """Batches of serialised rows -> an extract a row: labels, probabilities, and the features that slices need."""

    def __init__(self, models: Mapping[str, str], features: tuple[str, ...]) -> None:
        self._models, self._features = dict(models), features
        self._shared = Shared()  # the models are loaded once a process, not once a bundle or thread

    def setup(self) -> None:
        self._loaded = self._shared.acquire(lambda: _Loaded(self._models), tag=json.dumps(self._models))

    def process(self, rows: Sequence[bytes]) -> Iterator[dict[str, Any]]:
        import tensorflow_model_analysis as tfma

        answers = {name: self._loaded.answer(name, rows) for name in self._models}
        for at, row in enumerate(rows):
            labels = {name: answers[name][0][at : at + 1] for name in answers}
            probabilities = {name: answers[name][1][at] for name in answers}
            yield {
                tfma.LABELS_KEY: labels if len(labels) > 1 else labels[CANDIDATE],
                tfma.PREDICTIONS_KEY: probabilities if len(labels) > 1 else probabilities[CANDIDATE],
                tfma.FEATURES_KEY: _features(row, self._features),
            }


class _Loaded:
    def __init__(self, models: Mapping[str, str]) -> None:
        import tensorflow as tf

        self._loaded = {name: tf.saved_model.load(folder) for name, folder in models.items()}

    def answer(self, name: str, rows: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """Labels (N,) int64 and probabilities (N, K) float32 of a batch."""
        import tensorflow as tf

        given = tf.constant(list(rows))
        signatures = self._loaded[name].signatures
        labels = _call(signatures["labels"], given)["label_index"].numpy()
        try:
            return labels, _call(signatures["evaluate"], given)["probabilities"].numpy()
        except tf.errors.OpError:
            if name == CANDIDATE:
                raise
            # A baseline made for other rows is no reason to fail: numbers that are none are never compared with.
            return labels, np.full((len(rows), 1), np.nan, np.float32)


def _call(signature: Any, given: Any) -> Any:
    [argument] = signature.structured_input_signature[1]
    return signature(**{argument: given})


def _features(row: bytes, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    if not names:
        return {}
    import tensorflow as tf

    feature = tf.train.Example.FromString(row).features.feature
    result = {}
    for name in names:
        kind = feature[name].WhichOneof("kind") if name in feature else None
        if kind and getattr(feature[name], kind).value:
            result[name] = np.asarray(getattr(feature[name], kind).value)
    return result


def _serialise(sliced: Any, key: str) -> tuple[str, bytes]:
    import tensorflow_model_analysis as tfma
    from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as writer

    convert = writer.convert_slice_metrics_to_proto if key == tfma.METRICS_KEY else writer.convert_slice_plots_to_proto
    return key, convert(sliced, None).SerializeToString()


def _write(keyed: tuple[str, Any], output: str) -> str:
    import tensorflow as tf

    key, records = keyed
    path = os.path.join(output, f"{key}-00000-of-00001.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for record in sorted(records):
            writer.write(record)
    return path


def _write_eval_run(config: Any, models: Mapping[str, str], pattern: str, output: str) -> None:
    from google.protobuf import json_format
    from tensorflow_model_analysis import version
    from tensorflow_model_analysis.proto import config_pb2

    from graduate import files

    evaluated = config_pb2.EvalRun(
        eval_config=config,
        version=version.VERSION,
        data_location=pattern,
        file_format="tfrecords",
        model_locations={_tfma_name(name, models): folder for name, folder in models.items()},
    )
    files.write_text(os.path.join(output, "eval_config.json"), json_format.MessageToJson(evaluated))
