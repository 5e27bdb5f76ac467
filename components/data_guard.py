"""DataGuard: what is wrong with the data stops the run before Transform, in sentences.

ExampleValidator only annotates. This node turns its anomalies, and what the manifest shows, into the one verdict that
the rest of the run waits for. A verdict that refuses is a successful execution: its evidence stays in the store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, component_spec, standard_artifacts

from graduate.components import (
    anomalies,
    artifacts,
    data_checks,
    data_leakage,
    data_sound,
    manifest_rows,
    schema_text,
    value_skew,
)
from graduate.components.manifest_rows import Rows
from graduate.verdict import Check, VerdictRecord, verdict

_ANOMALIES = "SchemaDiff.pb"
_STATISTICS = "FeatureStats.pb"


class DataGuardSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "leakage": component_spec.ExecutionParameter(type=str, optional=True),
        "rows": component_spec.ExecutionParameter(type=str, optional=True),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "manifest": component_spec.ChannelParameter(type=artifacts.Manifest),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=artifacts.Verdict)}


class DataGuardExecutor(base_executor.BaseExecutor):
    """Reads the four artifacts and writes the verdict."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [statistics], [found], [manifest] = (input_dict[name] for name in ("statistics", "anomalies", "manifest"))
        schema = _schema(input_dict["schema"][0])
        splits = artifact_utils.decode_split_names(statistics.split_names)
        record = judge(
            statistics={split: _statistics(statistics, split) for split in splits},
            schema=schema,
            found={split: _anomalies(found, split) for split in splits},
            rows=manifest_rows.read(os.path.join(manifest.uri, "manifest.jsonl")),
            leakage=json.loads(exec_properties.get("leakage") or "{}"),
            kind=json.loads(exec_properties.get("rows") or "{}"),
        )
        artifacts.write_verdict(output_dict["verdict"][0], record)


# What a row is called, one and several
NOUNS = {
    "image": ("image", "images"),
    "text": ("text", "texts"),
    "audio": ("recording", "recordings"),
    "table": ("row", "rows"),
}


def judge(
    statistics: dict[str, statistics_pb2.DatasetFeatureStatistics],
    schema: schema_pb2.Schema,
    found: dict[str, anomalies_pb2.Anomalies],
    rows: Rows,
    leakage: Mapping[str, str] = data_leakage.DEFAULTS,
    kind: Mapping[str, str] | None = None,
) -> VerdictRecord:
    """The verdict on the data.

    Args:
        statistics: of each split.
        schema: what was expected.
        found: ExampleValidator's anomalies, of each split.
        rows: the manifest.
        leakage: the config's group: what is looked for → `refuse`, `warn` or `off`.
        kind: the `task`, for what rows are called, and the `target`: numbers have no classes.
    """
    task, target = (kind or {}).get("task", "image"), (kind or {}).get("target", "class")
    splits, wanted = list(statistics), {**data_leakage.DEFAULTS, **leakage}
    threshold, noted = partial(_threshold, schema), rows.noted
    of_noted = partial(data_leakage.sampled, looked_at=len(noted), rows=len(rows))
    single_feature = data_leakage.single_feature(noted, target) if noted else iter(())
    checks = [
        *data_checks.empty_splits(rows, splits),
        *_against_schema(statistics, schema, found, rows),
        *(data_checks.classes(rows, splits, NOUNS[task]) if target == "class" else ()),
        *data_leakage.judged(data_checks.duplicates(rows, NOUNS[task]), wanted["duplicates"]),
        *data_leakage.judged(of_noted(data_leakage.near_duplicates(noted)), wanted["near_duplicates"]),
        *data_leakage.judged(of_noted(single_feature), wanted["single_feature"]),
        *data_leakage.judged(data_leakage.groups(rows.straddling(), len(rows.groups)), wanted["groups"]),
        *(data_checks.label_skew(rows, splits, threshold("label", data_checks.SKEW)) if target == "class" else ()),
        *value_skew.checks(statistics, threshold),
        *data_sound.clipped(noted),
    ]
    return verdict("DataGuard", checks)


def _against_schema(
    statistics: dict[str, statistics_pb2.DatasetFeatureStatistics],
    schema: schema_pb2.Schema,
    found: dict[str, anomalies_pb2.Anomalies],
    rows: Rows,
) -> list[Check]:
    given = [
        anomalies.SplitStatistics(split, measured, rows.classes_of(split), partial(rows.first_of, split))
        for split, measured in statistics.items()
    ]
    failed = anomalies.checks(found, schema, given, reported=data_checks.unseen_classes(rows))
    if failed:
        return failed
    features = f"{len(schema.feature)} features in {len(statistics)} splits"
    return [Check("schema", True, f"Every value is as the schema says ({features}).", value=0, bound=0)]


def _threshold(schema: schema_pb2.Schema, name: str, default: float) -> float:
    for feature in schema.feature:
        if feature.name == name and feature.skew_comparator.infinity_norm.HasField("threshold"):
            return feature.skew_comparator.infinity_norm.threshold
    return default


def _statistics(given: artifact.Artifact, split: str) -> statistics_pb2.DatasetFeatureStatistics:
    content = Path(artifact_utils.get_split_uri([given], split), _STATISTICS).read_bytes()
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets[0]


def _anomalies(given: artifact.Artifact, split: str) -> anomalies_pb2.Anomalies:
    content = Path(artifact_utils.get_split_uri([given], split), _ANOMALIES).read_bytes()
    return anomalies_pb2.Anomalies.FromString(content)


def _schema(given: artifact.Artifact) -> schema_pb2.Schema:
    return text_format.Parse(Path(given.uri, schema_text.FILE).read_text(encoding="utf-8"), schema_pb2.Schema())


class DataGuard(base_component.BaseComponent):
    """Outputs `verdict`.

    Args:
        statistics, schema, anomalies: of StatisticsGen, Schema and ExampleValidator.
        manifest: of ExampleGen.
        leakage: JSON object: the config's group `leakage`.
        rows: JSON object: `task` and `target`.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = DataGuardSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(DataGuardExecutor)

    def __init__(
        self,
        statistics: channel.BaseChannel,
        schema: channel.BaseChannel,
        anomalies: channel.BaseChannel,
        manifest: channel.BaseChannel,
        leakage: str | None = None,
        rows: str | None = None,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            DataGuardSpec(
                statistics=statistics,
                schema=schema,
                anomalies=anomalies,
                manifest=manifest,
                leakage=leakage,
                rows=rows,
                obeys=obeys,
                verdict=channel.Channel(type=artifacts.Verdict),
            )
        )
