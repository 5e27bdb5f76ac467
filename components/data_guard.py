"""DataGuard: what is wrong with the data as sentences, and a verdict that stops the run before Transform.

TFX's ExampleValidator only annotates. Here its anomalies, what the statistics tell about the splits, and duplicates
between them become checks; a check that passes says what was looked at.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, component_spec, standard_artifacts

from graduate.components import artifacts
from graduate.components.anomaly_text import sentence
from graduate.verdict import Check, VerdictRecord

# A label share is skewed where the chi-square test of homogeneity (Pearson 1900) on train and eval counts is this
# unlikely, as a healthy random split is once in a million runs, and the effect is large too: Cramer's V (Cramer 1946,
# chapter 21) is "medium" from 0.3 on (Cohen 1988, table 7.2.3). Either alone alarms on healthy data: the first on large
# sets, the second on small ones.
SKEW_PROBABILITY, SKEW_EFFECT = 1e-6, 0.3
_SHOWN = 3  # duplicates, classes that a sentence names


class DataGuardSpec(component_spec.ComponentSpec):
    PARAMETERS = {"obeys": component_spec.ExecutionParameter(type=str, optional=True)}
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "manifest": component_spec.ChannelParameter(type=artifacts.Manifest),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=artifacts.Verdict)}


class DataGuardExecutor(base_executor.BaseExecutor):
    """Judges the data that came."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [statistics], [anomalies] = input_dict["statistics"], input_dict["anomalies"]
        names = artifact_utils.decode_split_names(statistics.split_names)
        by_split = {name: _statistics(statistics, name) for name in names}
        schema = _schema(input_dict["schema"][0])
        rows = read_manifest(input_dict["manifest"][0])
        checks = [
            *anomaly_checks({name: _anomalies(anomalies, name) for name in names}, by_split, schema),
            *row_checks(rows, names),
        ]
        artifacts.write_verdict(output_dict["verdict"][0], VerdictRecord("DataGuard", tuple(checks)))


Row = Mapping[str, str]  # path, hash, split, class
Anomalies = Mapping[str, anomalies_pb2.Anomalies]
Statistics = Mapping[str, statistics_pb2.DatasetFeatureStatistics]


def anomaly_checks(anomalies: Anomalies, statistics: Statistics, schema: schema_pb2.Schema) -> Iterator[Check]:
    """A check for every anomaly in a split; one that passes where there is none."""
    none = True
    for split, found in anomalies.items():
        for name, info in sorted(found.anomaly_info.items()):
            none = False
            for reason in info.reason:
                yield Check(f"anomaly of {name}", False, sentence(split, name, reason, statistics[split], schema))
        for reason in found.dataset_anomaly_info.reason:
            none = False
            yield Check("anomaly of the data set", False, f"{split}: {reason.description}")
    if none:
        features = len(schema.feature)
        total = sum(split.num_examples for split in statistics.values())
        yield Check("schema", True, f"All {total} rows fit the schema ({features} features).")


def row_checks(rows: Sequence[Row], splits: Sequence[str]) -> Iterator[Check]:
    """Checks on the manifest: empty splits, classes unseen in training, duplicates between splits, label skew."""
    counts: dict[str, Counter[str]] = {split: Counter() for split in splits}
    for row in rows:
        counts.setdefault(row["split"], Counter())[row["class"]] += 1
    empty = [split for split, classes in counts.items() if not classes]
    for split in empty:
        yield Check("empty split", False, f"The {split} split is empty: expected at least one row, came 0.")
    if "train" in empty or "train" not in counts:
        return
    yield from _unseen_classes(counts)
    yield _duplicates(rows)
    if counts.get("eval"):
        yield label_skew(counts["train"], counts["eval"])


def _unseen_classes(counts: Mapping[str, Counter[str]]) -> Iterator[Check]:
    trained, none = counts["train"], True
    for split, classes in counts.items():
        unseen = {name: number for name, number in classes.items() if name not in trained}
        for name, number in sorted(unseen.items()):
            none = False
            yield Check(
                "unseen class",
                False,
                f"Class {name!r} is in {split} ({_rows(number)}) and not in train: expected only classes that training "
                f"sees ({_some(sorted(trained))}).",
            )
    if none:
        yield Check("unseen class", True, f"Training sees every class: {len(trained)} of {len(trained)}.")


def _duplicates(rows: Sequence[Row]) -> Check:
    by_hash: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_hash[row["hash"]].append(row)
    across = [same for same in by_hash.values() if len({row["split"] for row in same}) > 1]
    if not across:
        return Check("duplicates", True, f"No two splits share a row ({len(rows)} rows, {len(by_hash)} different).", 0)
    pairs = "; ".join(" = ".join(sorted(row["path"] for row in same)[:2]) for same in across[:_SHOWN])
    more = f"; and {len(across) - _SHOWN} more" if len(across) > _SHOWN else ""
    verb = "image lies" if len(across) == 1 else "images lie"
    return Check(
        "duplicates",
        False,
        f"{len(across)} {verb} in more than one split, so the evaluation would know them from training: expected none: "
        f"{pairs}{more}.",
        len(across),
        0,
    )


def label_skew(train: Mapping[str, int], evaluated: Mapping[str, int]) -> Check:
    """Whether the classes have other shares in eval than in train; see SKEW_PROBABILITY for the test."""
    statistic, freedom = _chi_square([train, evaluated])
    total = sum(train.values()) + sum(evaluated.values())
    effect = math.sqrt(statistic / total)  # two rows: Cramer's V is sqrt(chi-square / n)
    likely = _chi_square_tail(statistic, freedom)
    name = max(sorted({*train, *evaluated}), key=lambda name: abs(_share(train, name) - _share(evaluated, name)))
    largest = f"class {name!r} has {_share(train, name):.1%} of train and {_share(evaluated, name):.1%} of eval"
    if likely < SKEW_PROBABILITY and effect > SKEW_EFFECT:
        return Check(
            "label skew",
            False,
            f"The classes of eval are not those of train: {largest} ({evaluated.get(name, 0)} of "
            f"{_rows(sum(evaluated.values()))}); the difference has Cramer's V {effect:.2f}, expected at most {SKEW_EFFECT}.",
            effect,
            SKEW_EFFECT,
        )
    return Check(
        "label skew",
        True,
        f"The classes have like shares in train and eval: the largest difference is that {largest}.",
        effect,
        SKEW_EFFECT,
    )


def _share(counts: Mapping[str, int], name: str) -> float:
    return counts.get(name, 0) / max(1, sum(counts.values()))


def _chi_square(samples: Sequence[Mapping[str, int]]) -> tuple[float, int]:
    names = {name for sample in samples for name in sample}
    sizes = [sum(sample.values()) for sample in samples]
    statistic = 0.0
    for name in names:
        share = sum(sample.get(name, 0) for sample in samples) / sum(sizes)
        for sample, size in zip(samples, sizes, strict=True):
            statistic += (sample.get(name, 0) - share * size) ** 2 / (share * size)
    return statistic, len(names) - 1


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """How likely a chi-square variable is larger, by Wilson and Hilferty's cube-root approximation (1931)."""
    if freedom < 1:
        return 1.0
    variance = 2 / (9 * freedom)
    normal = ((statistic / freedom) ** (1 / 3) - (1 - variance)) / math.sqrt(variance)
    return math.erfc(normal / math.sqrt(2)) / 2


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"


def read_manifest(manifest: artifact.Artifact) -> list[Row]:
    """The rows of a manifest, sorted by path."""
    with open(os.path.join(manifest.uri, "manifest.jsonl"), encoding="utf-8") as opened:
        return [json.loads(line) for line in opened]


def _statistics(given: artifact.Artifact, split: str) -> statistics_pb2.DatasetFeatureStatistics:
    content = Path(artifact_utils.get_split_uri([given], split), "FeatureStats.pb").read_bytes()
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets[0]


def _anomalies(given: artifact.Artifact, split: str) -> anomalies_pb2.Anomalies:
    content = Path(artifact_utils.get_split_uri([given], split), "SchemaDiff.pb").read_bytes()
    return anomalies_pb2.Anomalies.FromString(content)


def _schema(given: artifact.Artifact) -> schema_pb2.Schema:
    from google.protobuf import text_format

    return text_format.Parse(Path(given.uri, "schema.pbtxt").read_text(encoding="utf-8"), schema_pb2.Schema())


class DataGuard(base_component.BaseComponent):
    """Outputs `verdict`.

    Args:
        statistics, schema, anomalies: of the rows that came, all splits.
        manifest: path, hash, split and class of each.
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
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            DataGuardSpec(
                statistics=statistics,
                schema=schema,
                anomalies=anomalies,
                manifest=manifest,
                obeys=obeys,
                verdict=channel.Channel(type=artifacts.Verdict),
            )
        )
