"""What was counted of each column of the data that a node read."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from graduate.pipeline.lineage.export import columns
from tests.lineage.export.conftest import exported


def write(folder, splits):
    """FeatureStats.pb by split: of a column (rows there, missing, lowest, highest) or (…, distinct values)."""
    for split, told in splits.items():
        found = statistics_pb2.DatasetFeatureStatisticsList()
        dataset = found.datasets.add()
        for name, (there, missing, *values) in told.items():
            feature = dataset.features.add(name=name)
            stats = feature.num_stats if len(values) == 2 else feature.string_stats
            stats.common_stats.num_non_missing, stats.common_stats.num_missing = there, missing
            if len(values) == 2:
                stats.min, stats.max = values
            else:
                stats.unique = values[0]
        (folder / f"Split-{split}").mkdir()
        (folder / f"Split-{split}" / "FeatureStats.pb").write_bytes(found.SerializeToString())


def test_splits_are_counted_together(tmp_path):
    train = {"age": (8, 2, -1.0, 40.0), "name": (10, 0, 7), "gone": (0, 10, 0.0, 0.0)}
    write(tmp_path, {"train": train, "eval": {"age": (3, 0, 5.0, 90.5), "name": (3, 0, 2), "late": (1, 2, 1)}})
    assert columns.metrics(tmp_path) == {
        "age": {"count": 11, "nullCount": 2, "min": -1.0, "max": 90.5},
        "name": {"count": 13, "nullCount": 0},
        "gone": {"count": 0, "nullCount": 10},
        "late": {"count": 1, "nullCount": 2},
    }


def test_distinct_values_are_counted_where_there_is_one_split(tmp_path):
    write(tmp_path, {"train": {"name": (10, 0, 7), "odd": (2, 0, float("nan"), 1.0)}})
    found = columns.metrics(tmp_path)
    assert found == {"name": {"count": 10, "nullCount": 0, "distinctCount": 7}, "odd": {"count": 2, "nullCount": 0}}


def test_what_is_gone_or_no_statistics_tells_nothing(tmp_path):
    assert columns.metrics(None) == columns.metrics(tmp_path / "gone") == {}
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "FeatureStats.pb").write_bytes(b"\xff\xff")
    assert columns.metrics(tmp_path) == {}


@pytest.mark.parametrize("run", ["first", "more_data"])
def test_whoever_reads_examples_is_told_their_columns(both, run, classes):
    events = exported(both.records, both.story.runs[run], "openlineage")
    read = [
        (event["job"]["name"], dataset["inputFacets"]["dataQualityMetrics"])
        for event in events
        for dataset in event["inputs"]
        if dataset["facets"]["datasetType"].get("subType") == "Examples" and "inputFacets" in dataset
        and "dataQualityMetrics" in dataset["inputFacets"]
    ]  # fmt: skip
    assert {name.partition(".")[2] for name, _ in read} >= {"StatisticsGen", "Transform"}
    for _, facet in read:
        assert classes.facet(facet) == []
    raw = [facet for name, facet in read if name.endswith("StatisticsGen")]
    assert all(facet["columnMetrics"] == {"label": {"count": facet["rowCount"], "nullCount": 0}} for facet in raw)
    broken = {**raw[0], "columnMetrics": {"label": {"count": "all"}}}
    assert classes.facet(broken)
