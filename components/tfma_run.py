"""TensorFlow Model Analysis in as few Beam transforms as it takes.

For a few hundred rows nearly all of TFMA's time goes into building its graph of 200 transforms. Its evaluator is used
as it is; reading and extraction are one step, and its result files are written by one step instead of a dozen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam

from graduate import files
from graduate.components import slice_ranges
from graduate.components.evaluated_rows import BASELINE, Model, Predict


def add(
    pipeline: beam.Pipeline,
    rows: Sequence[str],
    models: Sequence[Model],
    slice_by: Sequence[str],
    output: str,
    target: str = "class",
    own: tuple[str, Sequence[str]] | None = None,
) -> None:
    """Add an evaluation to a Beam pipeline.

    Args:
        pipeline: when it has run, `output` holds the files that `tfma.load_eval_result` reads.
        rows: TFRecords of serialised tf.Examples.
        models: the candidate, and the baseline where there is one.
        slice_by: raw features; every value of each is a slice, of a number with many values each of four ranges.
        output: an existing folder.
        target: what a label is: class, labels or number.
        own: a file of the user's and the metrics in it that are to be measured too.
    """
    import tensorflow_model_analysis as tfma

    config = eval_config(models, slice_by, target, own)
    predict = Predict(models, slice_by, slice_ranges.found(rows, slice_by))
    _write_eval_run(config, models, rows, output)
    evaluation = (
        pipeline
        | "Files" >> beam.Create(list(rows), reshuffle=False)
        | "Predict" >> beam.ParDo(predict).with_output_types(dict[str, Any])
        | "Slice" >> tfma.extractors.SliceKeyExtractor(eval_config=config, materialize=False).ptransform
        | "Measure" >> tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config).ptransform
    )
    for key in (tfma.METRICS_KEY, tfma.PLOTS_KEY):
        _ = (
            evaluation[key]
            | f"{key}: serialise" >> beam.Map(_serialised, key)
            | f"{key}: collect" >> beam.GroupByKey()
            | f"{key}: write" >> beam.Map(_write, output)
        )


def eval_config(
    models: Sequence[Model],
    slice_by: Sequence[str],
    target: str = "class",
    own: tuple[str, Sequence[str]] | None = None,
) -> Any:
    """The tfma.EvalConfig: one metric over all models. By TFMA's custom a single model has no name."""
    import tensorflow_model_analysis as tfma

    class_name, module = _METRICS[target]
    metrics = [tfma.MetricConfig(class_name=class_name, module=f"graduate.components.{module}")]
    if own:
        named = {"class_name": "UserMetrics", "module": "graduate.components.user_metrics"}
        metrics.append(tfma.MetricConfig(**named, config=_own_config(*own)))
    names = _names(models)
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(name=name, signature_name="evaluate", is_baseline=model.name == BASELINE)
            for name, model in zip(names, models, strict=True)
        ],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics, model_names=names)],
        slicing_specs=[tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[name]) for name in slice_by)],
    )


def _own_config(file: str, names: Sequence[str]) -> str:
    """The arguments of `UserMetrics`."""
    return json.dumps({"file": file, "names": list(names)})


# What measures, by what a label is: a class and its module. Both are imported by TFMA.
_METRICS = {
    "class": ("ClassifierMetrics", "classifier_metrics"),
    "labels": ("LabelsMetrics", "labels_metrics"),
    "number": ("NumberMetrics", "number_metrics"),
}


def _names(models: Sequence[Model]) -> list[str]:
    return [model.name for model in models] if len(models) > 1 else [""]


def _serialised(of_slice: Any, key: str) -> tuple[str, bytes]:
    import tensorflow_model_analysis as tfma
    from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as writer

    convert = writer.convert_slice_metrics_to_proto if key == tfma.METRICS_KEY else writer.convert_slice_plots_to_proto
    return key, convert(of_slice, None).SerializeToString()


def _write(keyed: tuple[str, Iterable[bytes]], output: str) -> str:
    import tensorflow as tf

    key, records = keyed
    path = os.path.join(output, f"{key}-00000-of-00001.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for record in sorted(records):
            writer.write(record)
    return path


def _write_eval_run(config: Any, models: Sequence[Model], rows: Sequence[str], output: str) -> None:
    from google.protobuf import json_format
    from tensorflow_model_analysis import version
    from tensorflow_model_analysis.proto import config_pb2

    evaluated = config_pb2.EvalRun(
        eval_config=config,
        version=version.VERSION,
        data_location=os.path.dirname(rows[0]),
        file_format="tfrecords",
        model_locations={name: model.folder for name, model in zip(_names(models), models, strict=True)},
    )
    files.write_text(os.path.join(output, "eval_config.json"), json_format.MessageToJson(evaluated))
