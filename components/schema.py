"""Schema: the curated schema where the config names one, else the one that was inferred once and kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components.schema_text import FILE, INFERRED, digest, read_text

LABEL = "label"
_MOST_CLASSES = 1000  # TFDV counts that many values of a feature
_FEW = 20  # values of a category that are all listed
_OFTEN = 5  # rows that each of them needs on average: with fewer a new one is no surprise
_KNOWN = 0.95  # share of rows that has to have a listed one
_NO_CATEGORIES = (LABEL, "path", "hash", "image", "text", "audio")


class SchemaSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "curated": component_spec.ExecutionParameter(type=str),
        "curated_hash": component_spec.ExecutionParameter(type=str),
        "kept": component_spec.ExecutionParameter(type=str),
        "accepted": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {"statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics)}
    OUTPUTS = {"schema": component_spec.ChannelParameter(type=standard_artifacts.Schema)}


class SchemaExecutor(base_executor.BaseExecutor):
    """Copies the curated schema, or the kept one; infers and keeps it where there is none."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [schema] = output_dict["schema"]
        kept = exec_properties["kept"]
        text = read_text(exec_properties["curated"]) if exec_properties["curated"] else _kept_text(kept)
        if text is None:
            text = to_text(infer(statistics_of(input_dict["statistics"][0], "train")))
            keep(kept, text, inferred=True)
        files.write_text(os.path.join(schema.uri, FILE), text)


def infer(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> schema_pb2.Schema:
    """The schema of what came: every feature in every row, as many values as always, the label one of those seen.

    Of the other features only categories of few values have a domain, and a twentieth of the rows may have another
    value. Numbers have none: a size that is new is no fault.
    """
    import tensorflow_data_validation as tfdv

    schema = tfdv.infer_schema(statistics, infer_feature_shape=False)
    del schema.string_domain[:]
    for feature in schema.feature:
        feature.ClearField("domain_info")
        feature.ClearField("shape_type")
        feature.shape.SetInParent()  # a shape without dimensions: Transform gets a dense tensor, one value a row
        if (length := _length(statistics, feature.name)) > 1:
            feature.shape.dim.add(size=length)
        feature.presence.min_fraction = 1.0
        feature.presence.min_count = 1
    classes = values_of(statistics, LABEL)
    if 0 < len(classes) < _MOST_CLASSES:
        schema.string_domain.add(name="class", value=sorted(classes))
        next(feature for feature in schema.feature if feature.name == LABEL).domain = "class"
    for feature in schema.feature:
        if feature.type == schema_pb2.BYTES and feature.name not in _NO_CATEGORIES:
            _list_few(schema, feature, values_of(statistics, feature.name))
    return schema


def _list_few(schema: schema_pb2.Schema, feature: schema_pb2.Feature, values: Mapping[str, int]) -> None:
    if 0 < len(values) <= _FEW and sum(values.values()) >= _OFTEN * len(values):
        schema.string_domain.add(name=f"values of {feature.name}", value=sorted(values))
        feature.domain = f"values of {feature.name}"
        feature.distribution_constraints.min_domain_mass = _KNOWN


def _length(statistics: statistics_pb2.DatasetFeatureStatisticsList, name: str) -> int:
    """How many values a feature has in every row: several labels, or one."""
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [name]:
            common = getattr(feature, feature.WhichOneof("stats")).common_stats
            return int(common.max_num_values) if common.min_num_values == common.max_num_values else 1
    return 1


def values_of(statistics: statistics_pb2.DatasetFeatureStatisticsList, name: str) -> dict[str, int]:
    """How many rows have which value of a string feature; at most `_MOST_CLASSES` values are counted."""
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [name]:
            return {bucket.label: round(bucket.sample_count) for bucket in feature.string_stats.rank_histogram.buckets}
    return {}


def statistics_of(given: artifact.Artifact, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """The statistics of one split."""
    path = os.path.join(artifact_utils.get_split_uri([given], split), "FeatureStats.pb")
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(Path(path).read_bytes())


def keep(path: str | os.PathLike[str], text: str, *, inferred: bool) -> None:
    """Keep a schema in the work folder; one that was inferred is told apart by its digest beside it."""
    if inferred:  # first: a schema without its digest counts as accepted
        files.write_text(Path(path).with_name(INFERRED), digest(text))
    files.write_text(path, text)


def _kept_text(path: str) -> str | None:
    return read_text(path) if os.path.isfile(path) else None


def to_text(schema: schema_pb2.Schema) -> str:
    """A schema as it is written to files."""
    return text_format.MessageToString(schema)


class Schema(base_component.BaseComponent):
    """Outputs `schema`.

    Args:
        statistics: of all splits; the schema is inferred from `train`.
        curated, curated_hash: the config's schema file and the digest of its content, or "".
        kept: where the schema is kept that was inferred or accepted.
        accepted: digest of the kept schema where a person accepted or edited it, "" while it is what was inferred.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = SchemaSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(SchemaExecutor)

    def __init__(
        self,
        statistics: channel.BaseChannel,
        curated: str,
        curated_hash: str,
        kept: str,
        accepted: str = "",
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            SchemaSpec(
                statistics=statistics,
                curated=curated,
                curated_hash=curated_hash,
                kept=kept,
                accepted=accepted,
                obeys=obeys,
                schema=channel.Channel(type=standard_artifacts.Schema),
            )
        )
