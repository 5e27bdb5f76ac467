"""What was counted of each column of Examples, for OpenLineage's `dataQualityMetrics`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graduate.pipeline.lineage import statistics_files

Metrics = dict[str, dict[str, float]]


def metrics(folder: Path | None) -> Metrics:
    """By column `count`, `nullCount`, `min`, `max` of all splits together; empty where the files are gone.

    `distinctCount` only where there is one split: a value that is in two of them would be counted twice.
    """
    if folder is None:
        return {}
    try:
        splits = statistics_files.read(folder)
    except (OSError, ValueError):
        return {}
    names = dict.fromkeys(name for features in splits.values() for name in features)
    by_column = ((name, [features[name] for features in splits.values() if name in features]) for name in names)
    return {name: found for name, told in by_column if (found := _column(told, alone=len(splits) == 1))}


def _column(told: Iterable[Any], *, alone: bool) -> dict[str, float]:
    by_split = [found for feature in told if (found := _of_split(feature))]
    if not by_split:
        return {}
    column: dict[str, float] = {name: sum(one[name] for one in by_split) for name in ("count", "nullCount")}
    for name, chosen in (("min", min), ("max", max)):
        values = [one[name] for one in by_split if name in one]
        if values and len(values) == len(by_split):
            column[name] = chosen(values)
    if alone and "distinctCount" in by_split[0]:
        column["distinctCount"] = by_split[0]["distinctCount"]
    return column


def _of_split(feature: Any) -> Mapping[str, float]:
    kind, stats = statistics_files.measured(feature)
    if stats is None or not stats.HasField("common_stats"):
        return {}
    there = int(stats.common_stats.num_non_missing)
    found: dict[str, float] = {"count": there, "nullCount": int(stats.common_stats.num_missing)}
    if kind == "num_stats" and there and math.isfinite(stats.min) and math.isfinite(stats.max):
        found |= {"min": stats.min, "max": stats.max}
    if kind == "string_stats":
        found["distinctCount"] = int(stats.unique)
    return found
