"""What two runs made, compared: rows, statistics, vocabularies and the transform graph, each by value."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any


def latest(workdir: Path, name: str, node: str, output: str) -> Path:
    """The newest artifact of a node in a work folder."""
    folders = (workdir / "artifacts" / name / node / output).iterdir()
    return max((folder for folder in folders if folder.name.isdigit()), key=lambda folder: int(folder.name))


def rows(folder: Path) -> dict[str, Counter[str]]:
    """How often each row lies in each split; in any order and any number of files."""
    import tensorflow as tf

    found: dict[str, Counter[str]] = {}
    for split in sorted(folder.glob("Split-*")):
        files = sorted(map(str, split.glob("*.gz")))
        seen = tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()
        found[split.name] = Counter(hashlib.sha256(_example(row)).hexdigest() for row in seen)
    return found


def _example(row: bytes) -> bytes:
    """A row's features in the order of their names: a map of protobuf has none."""
    import tensorflow as tf

    return tf.train.Example.FromString(row).SerializeToString(deterministic=True)


def statistics(folder: Path) -> dict[str, Any]:
    """Per file, what TFDV measured. Of values that are as frequent it names any, in any order: those are left out."""
    from tensorflow_metadata.proto.v0 import statistics_pb2

    found = {}
    for file in sorted(folder.rglob("FeatureStats.pb")):
        measured = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
        for dataset in measured.datasets:
            dataset.features.sort(key=lambda feature: str(list(feature.path.step)))
            for feature in dataset.features:
                _without_ties(feature.string_stats.top_values, "value")
                _without_ties(feature.string_stats.rank_histogram.buckets, "label")
        found[str(file.relative_to(folder))] = measured
    return found


def _without_ties(ranked: Any, name: str) -> None:
    attribute = "frequency" if name == "value" else "sample_count"
    often = Counter(getattr(one, attribute) for one in ranked)
    least = min(often, default=0)
    for one in ranked:
        if often[getattr(one, attribute)] > 1 or getattr(one, attribute) == least:
            one.ClearField(name)


def vocabularies(graph: Path) -> dict[str, bytes]:
    """The files that the transform graph reads: a vocabulary each."""
    return {file.name: file.read_bytes() for file in sorted((graph / "transform_fn" / "assets").glob("*"))}


def functions(graph: Path) -> Counter[str]:
    """The transform graph itself: its operations with their constants, every learned number among them.

    A function's name ends in a number that TensorFlow counts on with whatever it traces in a process; what tables and
    variables are called in a session is such a number, or where a vocabulary once lay. None is part of what they do.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((graph / "transform_fn" / "saved_model.pb").read_bytes())
    [meta] = saved.meta_graphs
    functions = meta.graph_def.library.function
    told = [*map(str, meta.graph_def.node), *map(str, functions)]
    plain = {one.signature.name: re.sub(r"(_\d+)+$", "", one.signature.name) for one in functions}
    return Counter(_QUOTED.sub(lambda name: plain.get(name[0], name[0]), _COUNTED.sub("", one)) for one in told)


_QUOTED = re.compile(r'(?<=")\w+(?=")')
_COUNTED = re.compile(
    r'key: "(shared_name|_user_specified_name)"\n\s*value \{\n\s*s: "([^"]*/[^"]*|\d+)"'
    r'|_\d+(?=___redundant_placeholder)|_\d{3,}(?=")'
)
