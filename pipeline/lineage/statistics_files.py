"""What StatisticsGen wrote: a FeatureStats.pb for each split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FILE = "FeatureStats.pb"


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """By split, by feature its `FeatureNameStatistics`; empty where no split has a file.

    Raises:
        ValueError: a file that holds no statistics.
        OSError: it cannot be read.
    """
    from google.protobuf.message import DecodeError
    from tensorflow_metadata.proto.v0 import statistics_pb2  # protocol buffers alone: no TensorFlow comes with it

    found = {}
    for path in sorted(folder.glob(f"Split-*/{FILE}")):
        try:
            told = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        except DecodeError:
            raise ValueError(f"{path} holds no statistics") from None
        features = told.datasets[0].features if told.datasets else ()
        found[path.parent.name.removeprefix("Split-")] = {_name(one): one for one in features}
    return found


def measured(feature: Any) -> tuple[str, Any]:
    """Which kind of statistics a feature has (`num_stats`, …), and those; "" and None where it has none."""
    kind = feature.WhichOneof("stats")
    return (kind, getattr(feature, kind)) if kind else ("", None)


def _name(feature: Any) -> str:
    return feature.name or ".".join(feature.path.step)
