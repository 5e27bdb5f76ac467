"""What the rows are that a model is given."""

from __future__ import annotations

import numpy as np
import pytest

from graduate.looks import inputs

RNG = np.random.default_rng(1)


def test_columns_of_a_table_are_features():
    x = RNG.normal(size=(500, 3)) * (1, 10, 1000) + (0, 5, 0)
    facts = inputs.look(x)
    assert facts["feature_stds"] == pytest.approx([1, 10, 1000], rel=0.15)
    assert facts["feature_means"][1] == pytest.approx(5, abs=1.5)
    assert 500 < facts["std_ratio"] < 2000


def test_how_common_a_features_median_is():
    x = RNG.normal(size=(500, 3))
    x[:, 1] = 0
    x[7:9, 1] = 1
    assert inputs.look(x)["feature_common"] == pytest.approx([0, 0.996, 0], abs=0.003)


def test_channels_of_an_image_are_features():
    facts = inputs.look(RNG.integers(0, 256, (40, 8, 8, 3)).astype(np.uint8))
    assert len(facts["feature_means"]) == 3
    assert facts["integers"]
    assert not facts["tokens"]
    assert facts["largest"] == 255


def test_long_rows_of_integers_are_tokens():
    facts = inputs.look(RNG.integers(0, 900, (100, 20)))
    assert facts["tokens"]
    assert facts["vocabulary"] <= 900


def test_nonfinite_values_are_counted_over_all_rows():
    x = RNG.normal(size=(50_000, 4)).astype(np.float32)
    x[12_345, 2] = np.nan
    x[12_345, 3] = np.inf
    facts = inputs.look(x)
    assert facts["nonfinite"] == 2
    assert facts["nonfinite_rows"] == 1


def test_constant_columns_and_repeated_rows_are_shares():
    x = RNG.normal(size=(200, 4))
    x[:, 1] = 7
    x[100:] = x[:100]
    facts = inputs.look(x)
    assert facts["constant_share"] == 0.25
    assert facts["duplicate_share"] == 0.5


def test_further_inputs_stand_under_others():
    facts = inputs.look({"a": np.zeros((4, 2)), "b": np.ones((4, 3))})
    assert facts["shape"] == [2]
    assert facts["others"]["b"]["mean"] == 1


@pytest.mark.parametrize(
    "x",
    [
        *(None, [], {}, 1.0, np.zeros((0, 3)), np.zeros((3, 0)), [[1, 2], [3]], np.array(["a b", "c"])),
        *(np.full((5, 2), np.nan), np.full((3, 2), np.inf), np.array([None, "x"], object)),
        [np.zeros((3, 2)), np.array(["a", "b", "c"])],
    ],
)
def test_odd_rows_are_survived(x):
    assert isinstance(inputs.look(x), dict)
