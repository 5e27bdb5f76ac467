"""Transform: TFX's, with the statistics before and after it computed without Beam where Beam is this process alone.

The graph, the analyzers and the rows are TFX's and Beam's. The two sets of statistics are a third of the Beam graph
that the stock node builds, and for small data building it is most of the node's time; `data.statistics.in_memory`
gives the same.
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.components.transform import component, executor
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils, standard_component_specs
from tfx.types.standard_component_specs import (
    DISABLE_STATISTICS_KEY,
    POST_TRANSFORM_ANOMALIES_KEY,
    POST_TRANSFORM_SCHEMA_KEY,
    POST_TRANSFORM_STATS_KEY,
    PRE_TRANSFORM_SCHEMA_KEY,
    PRE_TRANSFORM_STATS_KEY,
)

from graduate import files
from graduate.pipeline.data import statistics

_ANALYSED = "train"
_STATISTICS, _SCHEMA, _ANOMALIES = "FeatureStats.pb", "schema.pbtxt", "SchemaDiff.pb"  # TFX's own names


class TransformExecutor(executor.Executor):
    """TFX's executor; statistics in memory, or in its Beam graph (`statistics.apart`)."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        apart = statistics.apart(_size(input_dict), self._beam_pipeline_args)
        if exec_properties.get(DISABLE_STATISTICS_KEY) or apart:
            with _no_deep_copy():
                super().Do(input_dict, output_dict, exec_properties)
            return
        own = (
            PRE_TRANSFORM_SCHEMA_KEY,
            PRE_TRANSFORM_STATS_KEY,
            POST_TRANSFORM_SCHEMA_KEY,
            POST_TRANSFORM_STATS_KEY,
            POST_TRANSFORM_ANOMALIES_KEY,
        )
        theirs = {key: artifacts for key, artifacts in output_dict.items() if key not in own}
        with _no_deep_copy():
            super().Do(input_dict, theirs, {**exec_properties, DISABLE_STATISTICS_KEY: 1})
        self._before(input_dict, output_dict)
        self._after(output_dict)

    def _before(self, inputs: dict[str, list[types.Artifact]], outputs: dict[str, list[types.Artifact]]) -> None:
        """Statistics and schema of the rows that were analysed."""
        schema = _read_schema(inputs)
        [examples] = inputs[standard_component_specs.EXAMPLES_KEY]
        found = statistics.in_memory(_files(examples, [_ANALYSED]), _options(schema))
        _write(outputs, PRE_TRANSFORM_STATS_KEY, _STATISTICS, found.SerializeToString(deterministic=True))
        _write(outputs, PRE_TRANSFORM_SCHEMA_KEY, _SCHEMA, text_format.MessageToString(schema).encode())

    def _after(self, outputs: dict[str, list[types.Artifact]]) -> None:
        """Statistics, schema and anomalies of what came out, all splits together."""
        import tensorflow_transform as tft

        transform_output = tft.TFTransformOutput(
            artifact_utils.get_single_uri(outputs[standard_component_specs.TRANSFORM_GRAPH_KEY])
        )
        schema = transform_output.transformed_metadata.schema
        [examples] = outputs[standard_component_specs.TRANSFORMED_EXAMPLES_KEY]
        paths = _files(examples, artifact_utils.decode_split_names(examples.split_names))
        options = _options(schema)
        found = statistics.in_memory(paths, options)
        anomalies = tfdv.validate_statistics(found, options.schema)
        _write(outputs, POST_TRANSFORM_STATS_KEY, _STATISTICS, found.SerializeToString(deterministic=True))
        _write(outputs, POST_TRANSFORM_SCHEMA_KEY, _SCHEMA, text_format.MessageToString(schema).encode())
        _write(outputs, POST_TRANSFORM_ANOMALIES_KEY, _ANOMALIES, anomalies.SerializeToString(deterministic=True))


@contextlib.contextmanager
def _no_deep_copy() -> Iterator[None]:
    """tensorflow-transform 1.16 copies the input's graph for every further pass, as an optimisation, and cannot do so
    with the Beam that is used here (`AppliedPTransform` takes more arguments): the input is read once and kept instead.
    """
    from tensorflow_transform.beam.context import Context

    before = Context.get_use_deep_copy_optimization
    Context.get_use_deep_copy_optimization = classmethod(lambda cls: False)  # type: ignore[assignment]
    try:
        yield
    finally:
        Context.get_use_deep_copy_optimization = before  # type: ignore[method-assign]


def _options(schema: schema_pb2.Schema) -> tfdv.StatsOptions:
    """As TFX's executor has them."""
    return tfdv.StatsOptions(schema=schema, experimental_use_sketch_based_topk_uniques=True)


def _read_schema(inputs: dict[str, list[types.Artifact]]) -> schema_pb2.Schema:
    uri = artifact_utils.get_single_uri(inputs[standard_component_specs.SCHEMA_KEY])
    return tfdv.load_schema_text(os.path.join(uri, _SCHEMA))


def _files(examples: types.Artifact, splits: Iterable[str]) -> list[str]:
    uris = [artifact_utils.get_split_uri([examples], split) for split in splits]
    return sorted(path for uri in uris for path in glob.glob(os.path.join(glob.escape(uri), "*.gz")))


def _size(inputs: dict[str, list[types.Artifact]]) -> int:
    [examples] = inputs[standard_component_specs.EXAMPLES_KEY]
    return sum(map(os.path.getsize, _files(examples, artifact_utils.decode_split_names(examples.split_names))))


def _write(outputs: dict[str, list[types.Artifact]], key: str, name: str, content: bytes) -> None:
    files.write_bytes(os.path.join(artifact_utils.get_single_uri(outputs[key]), name), content)


class Transform(component.Transform):
    """TFX's component; see `TransformExecutor`."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(TransformExecutor)
