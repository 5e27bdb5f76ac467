"""Distances between distributions, held against values that can be computed by hand, and what counts as moved."""

import math
from types import SimpleNamespace

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from graduate.pipeline.lineage.diff import statistics
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN


def test_l_infinity_is_the_largest_difference_of_a_share():
    distance, value = statistics.l_infinity({"a": 0.5, "b": 0.5}, {"a": 0.2, "b": 0.5, "c": 0.3})
    assert distance == pytest.approx(0.3)
    assert value in ("a", "c")


def test_jensen_shannon_goes_from_zero_to_one_bit():
    one = ((0.0, 1.0, 0.5), (1.0, 2.0, 0.5))
    assert statistics.jensen_shannon(one, one) == 0.0
    assert statistics.jensen_shannon(((0.0, 1.0, 1.0),), ((2.0, 3.0, 1.0),)) == pytest.approx(1.0)


def test_jensen_shannon_of_known_shares():
    p, q = (0.75, 0.25), (0.25, 0.75)
    expected = sum(s / 2 * math.log2(s / 0.5) for s in (*p, *q))
    found = statistics.jensen_shannon(((0, 1, p[0]), (1, 2, p[1])), ((0, 1, q[0]), (1, 2, q[1])))
    assert found == pytest.approx(expected)


def test_the_edges_of_histograms_do_not_matter():
    """The same uniform distribution in two buckets and in four."""
    two = ((0.0, 2.0, 0.5), (2.0, 4.0, 0.5))
    four = tuple((float(at), at + 1.0, 0.25) for at in range(4))
    assert statistics.jensen_shannon(two, four) == pytest.approx(0.0, abs=1e-12)


def test_a_bucket_without_width_is_a_value_of_its_own():
    assert statistics.jensen_shannon(((8.0, 8.0, 1.0),), ((8.0, 8.0, 1.0),)) == 0.0
    assert statistics.jensen_shannon(((8.0, 8.0, 1.0),), ((9.0, 9.0, 1.0),)) == pytest.approx(1.0)


@pytest.fixture
def side(tmp_path):
    """Makes a side whose statistics are of one split with these features."""

    def made(name, **features):
        folder = tmp_path / name / "Split-train"
        folder.mkdir(parents=True)
        found = statistics_pb2.DatasetFeatureStatisticsList()
        told = found.datasets.add(num_examples=100)
        for feature, fill in features.items():
            one = told.features.add()
            one.path.step.append(feature)
            fill(one)
        (folder / "FeatureStats.pb").write_bytes(found.SerializeToString())
        artifact = SimpleNamespace(id=name, kind="ExampleStatistics", folder=tmp_path / name, uri="")
        return SimpleNamespace(store="store", made=lambda kind, slot="": artifact)

    return made


def number(mean, deviation, missing=0):
    def fill(one):
        one.num_stats.mean, one.num_stats.std_dev = mean, deviation
        one.num_stats.common_stats.num_missing = missing
        one.num_stats.common_stats.num_non_missing = 100 - missing

    return fill


def test_a_mean_moves_against_the_deviation_not_against_itself(side):
    a = side("a", size=number(1000.0, 100.0), small=number(0.1, 0.01))
    b = side("b", size=number(1009.0, 100.0), small=number(0.102, 0.01))
    found = statistics.compare(a, b)
    assert [(shift.feature, shift.measure) for shift in found.shifts] == [("small", "mean")]
    assert found.shifts[0].distance == pytest.approx(0.2)


def test_missing_rows_and_features_are_told(side):
    a, b = side("a", size=number(1, 1), gone=number(1, 1)), side("b", size=number(1, 1, missing=20))
    found = {(shift.feature, shift.measure): (shift.a, shift.b) for shift in statistics.compare(a, b).shifts}
    assert found == {("gone", "feature"): (1.0, 0.0), ("size", "missing"): (0.0, 0.2)}


def test_what_did_not_move_is_the_same(side):
    a, b = side("a", size=number(1000.0, 100.0)), side("b", size=number(1009.0, 100.0))
    assert statistics.compare(a, b).state == SAME


def test_files_that_are_no_statistics_are_said_and_nothing_fails(side, tmp_path):
    a, b = side("a", size=number(1, 1)), side("b", size=number(1, 1))
    (tmp_path / "b" / "Split-train" / "FeatureStats.pb").write_bytes(b"\xff\xff\xff")
    found = statistics.compare(a, b)
    assert found.state == UNKNOWN
    assert "holds no statistics" in found.why


def test_new_classes_are_told_with_the_one_that_moved_most(side):
    def label(**counts):
        def fill(one):
            one.string_stats.unique = len(counts)
            for name, count in counts.items():
                one.string_stats.rank_histogram.buckets.add(label=name, sample_count=count)

        return fill

    found = statistics.compare(side("a", label=label(x=50, y=50)), side("b", label=label(x=50, y=20, z=30)))
    assert found.state == DIFFERS
    assert {shift.measure: shift.value for shift in found.shifts} == {"distinct": "", "l_infinity": "z"}
