"""Rows as ExampleGen writes them, and their statistics as StatisticsGen does, without running either."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from graduate.pipeline.data.statistics import stats_options


def row(image: bytes, label: str, path: str, size: int) -> bytes:
    """A serialised row of a grey square image."""
    texts = {"image": image, "label": label.encode(), "path": path.encode()}
    texts["hash"] = hashlib.sha256(image).hexdigest()[:16].encode()
    numbers = {"height": size, "width": size, "channels": 1}
    features = {
        **{name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])) for name, text in texts.items()},
        **{name: tf.train.Feature(int64_list=tf.train.Int64List(value=[n])) for name, n in numbers.items()},
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def statistics(rows: Sequence[bytes]) -> statistics_pb2.DatasetFeatureStatisticsList:
    """The statistics of one split."""
    batch = ExamplesToRecordBatchDecoder().DecodeBatch(list(rows))
    return stats_impl.generate_statistics_in_memory(batch, stats_options())
