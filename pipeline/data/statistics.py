"""StatisticsGen: TFX's, told what the features are, and without Beam where the rows fit in memory.

For small data nearly all of the stock node's time goes into building Beam's graph, once a split. TFDV's own function
over one table in memory gives the same statistics, bit for bit (tested), in a tenth of the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.components.statistics_gen import component, executor
from tfx.components.util import examples_utils
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils

from graduate import files

# Compressed bytes of all splits up to which the statistics are computed in memory; images hardly compress.
IN_MEMORY = 64 * 2**20
# What names or holds a row: every value is new, so counting values is all cost and no use. TFDV counts lengths only in
# features of an image domain.
_NOT_COUNTED = ("image", "audio", "path", "hash")


def stats_options() -> tfdv.StatsOptions:
    """Options of TFDV: which features are no categories."""
    schema = schema_pb2.Schema()
    for name in _NOT_COUNTED:
        schema.feature.add(name=name, type=schema_pb2.BYTES).image_domain.SetInParent()
    return tfdv.StatsOptions(schema=schema)


class StatisticsExecutor(executor.Executor):
    """Statistics of every split, in memory up to `IN_MEMORY` bytes, otherwise as TFX does."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [examples] = input_dict["examples"]
        splits = artifact_utils.decode_split_names(examples.split_names)
        rows = {split: sorted(_files(examples, split)) for split in splits}
        size = sum(os.path.getsize(path) for paths in rows.values() for path in paths)
        if size > IN_MEMORY or examples.has_custom_property(examples_utils.CUSTOM_SPLIT_PATTERN_PROPERTY_NAME):
            super().Do(input_dict, output_dict, exec_properties)
            return
        [statistics] = output_dict["statistics"]
        statistics.split_names = examples.split_names
        statistics.span = examples.span
        options = tfdv.StatsOptions.from_json(exec_properties["stats_options_json"])
        for split, paths in rows.items():
            folder = artifact_utils.get_split_uri([statistics], split)
            content = in_memory(paths, options).SerializeToString(deterministic=True)
            files.write_bytes(os.path.join(folder, executor.DEFAULT_FILE_NAME), content)


def _files(examples: types.Artifact, split: str) -> Iterable[str]:
    return map(str, Path(artifact_utils.get_split_uri([examples], split)).glob("*.gz"))


def in_memory(paths: Iterable[str], options: tfdv.StatsOptions) -> statistics_pb2.DatasetFeatureStatisticsList:
    """The statistics of gzipped TFRecords of tf.Example."""
    import tensorflow as tf
    from tensorflow_data_validation.statistics import stats_impl
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    with tf.device("CPU:0"):
        batches = tf.data.TFRecordDataset(list(paths), "GZIP").batch(2**30)
        rows = [row for batch in batches.as_numpy_iterator() for row in batch]
    return stats_impl.generate_statistics_in_memory(ExamplesToRecordBatchDecoder().DecodeBatch(rows), options)


class StatisticsGen(component.StatisticsGen):
    """Outputs `statistics` of every split of `examples`."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(StatisticsExecutor)

    def __init__(self, examples: types.BaseChannel) -> None:
        super().__init__(examples=examples, stats_options=stats_options())
