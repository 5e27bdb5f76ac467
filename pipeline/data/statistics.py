"""StatisticsGen: TFX's, told what the features are, and without Beam where Beam would be this process alone.

For small data nearly all of the stock node's time goes into building Beam's graph, once a split; for large data most of
it into carrying rows between its steps. TFDV's own generators over tables in memory, one after the other, give the same
statistics: bit for bit where there is one table (tested), otherwise but for how exact quantiles are, as in Beam.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
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

# Compressed bytes of all splits up to which an engine of several processes is not asked
IN_MEMORY = 64 * 2**20
ALONE = "--runner=BundleBasedDirectRunner"  # of Beam's arguments, where this process is all there is
_TABLE = 32 * 2**20  # bytes of serialised rows that become one table; its features take some times as much
_TOGETHER = 256  # rows that are read together: images may be large
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
    """Statistics of every split, in memory a table at a time, or as TFX does (`apart`)."""

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
        if apart(size, self._beam_pipeline_args) or examples.has_custom_property(
            examples_utils.CUSTOM_SPLIT_PATTERN_PROPERTY_NAME
        ):
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


def apart(size: int, beam_args: Sequence[Any] | None) -> bool:
    """Whether so many compressed bytes are left to Beam: an engine of several processes is faster with many."""
    return size > IN_MEMORY and ALONE not in (beam_args or ())


def in_memory(paths: Iterable[str], options: tfdv.StatsOptions) -> statistics_pb2.DatasetFeatureStatisticsList:
    """The statistics of gzipped TFRecords of tf.Example."""
    from tensorflow_data_validation.statistics import stats_impl
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder, generators = ExamplesToRecordBatchDecoder(), stats_impl.get_generators(options, in_memory=True)
    gathered = [generator.create_accumulator() for generator in generators]
    for rows in _tables(list(paths)):
        table = decoder.DecodeBatch(rows)
        gathered = [one.add_input(so_far, table) for one, so_far in zip(generators, gathered, strict=True)]
    return stats_impl.extract_statistics_output(gathered, generators)


def _tables(paths: list[str]) -> Iterator[list[bytes]]:
    """Serialised rows, `_TABLE` bytes together; no rows where there are none."""
    import tensorflow as tf

    rows: list[bytes] = []
    size, some = 0, False
    with tf.device("CPU:0"):
        for batch in tf.data.TFRecordDataset(paths, "GZIP").batch(_TOGETHER).as_numpy_iterator():
            more = batch.tolist()
            rows += more
            size += sum(map(len, more))
            if size >= _TABLE:
                yield rows
                rows, size, some = [], 0, True
    if rows or not some:
        yield rows


class StatisticsGen(component.StatisticsGen):
    """Outputs `statistics` of every split of `examples`."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(StatisticsExecutor)

    def __init__(self, examples: types.BaseChannel) -> None:
        super().__init__(examples=examples, stats_options=stats_options())
