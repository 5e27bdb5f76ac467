"""A table through Transform's graph: what is learned, what is missing, what training never saw."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest
import tensorflow as tf

from graduate.errors import UsageError
from graduate.pipeline import export
from graduate.pipeline.tasks import table
from tests.tensorflow.tiny_table import ingested, transformed

ROWS = 60


@pytest.fixture(scope="module")
def cells():
    random = np.random.default_rng(0)
    numbers = random.normal(2024, 3, ROWS)
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=int(day)) for day in random.integers(0, 500, ROWS)]
    return {
        "y": ["no", "yes"] * (ROWS // 2),
        "far": [f"{value:.4f}" for value in 1e6 + random.normal(0, 5, ROWS)],  # a mean that squares would swallow
        "gaps": ["" if row % 5 == 0 else f"{value:.4f}" for row, value in enumerate(numbers)],
        "same": ["7"] * ROWS,
        "when": [day.isoformat() for day in days],
        "città": ["Köln"] * 30 + ["Rome"] * 20 + ["Oslo"] * 9 + ["once"],
        "empty often": ["a", ""] * (ROWS // 2),
        "id": [f"n{row}" for row in range(ROWS)],
    }


def column(rows, at):
    return np.array([row["features"][at] for row in rows], np.float64)


@pytest.fixture(scope="module")
def through(cells, tmp_path_factory):
    """Rows of training; and one row in which everything is new or missing."""
    chunk, kinds = ingested(tmp_path_factory.mktemp("train"), cells)
    assert not chunk.account.bad
    new = {name: [""] for name in cells} | {"y": ["no"], "città": ["Atlantis"], "far": ["1e6"]}
    new = {name: [*values, cells[name][1]] for name, values in new.items()}
    other, _ = ingested(tmp_path_factory.mktemp("new"), new, columns={n: k for n, k in kinds.items()})
    rows = transformed(tmp_path_factory.mktemp("t"), chunk.made["train"], kinds, other.made["train"])
    return *rows, sorted(kinds, key=str), kinds


# features: numbers and dates in order of name, the date's cycles, the marks, the categories
FAR, GAPS, SAME, WHEN = range(4)
CYCLES, MARKS, CATEGORIES = range(4, 10), range(10, 14), {"città": 14, "empty often": 15, "id": 16}


def test_numbers_have_mean_zero_and_variance_one_and_missing_ones_lie_at_the_mean(through, cells):
    rows, *_ = through
    for at, name in ((FAR, "far"), (GAPS, "gaps")):
        raw = np.array([float(cell) if cell else np.nan for cell in cells[name]], np.float32).astype(np.float64)
        wanted = np.nan_to_num((raw - np.nanmean(raw)) / np.nanstd(raw))
        np.testing.assert_allclose(column(rows, at), wanted, atol=1e-5)


def test_a_missing_number_is_marked_where_training_lacked_some(through, cells):
    rows, _, _, _ = through
    np.testing.assert_array_equal(column(rows, MARKS[GAPS]), [not cell for cell in cells["gaps"]])
    sizes = rows[0]["sizes"]
    assert sizes[MARKS[GAPS]] == 0
    assert [sizes[MARKS[at]] for at in (FAR, SAME, WHEN)] == [table.LEFT_OUT] * 3


def test_what_never_varies_or_tells_nothing_is_left_out(through):
    rows, *_ = through
    sizes = rows[0]["sizes"]
    assert sizes[SAME] == sizes[CATEGORIES["id"]] == table.LEFT_OUT
    assert [sizes[at] for at in CYCLES] == [0, 0, 0, 0, table.LEFT_OUT, table.LEFT_OUT]  # no time of day in dates
    kept = table.inputs({"features": tf.stack([r["features"] for r in rows]), "sizes": tf.stack([sizes] * ROWS)}, {})
    assert kept.shape == (ROWS, 3 + 4 + 1 + 2)
    assert table.sizes_of({"sizes": sizes}) == [0] * 8 + [4, 2]


def test_categories_are_placed_by_frequency_and_what_is_rare_or_missing_at_0(through, cells):
    rows, *_ = through
    places = {"Köln": 1, "Rome": 2, "Oslo": 3, "once": 0, "a": 1, "": 0}
    for name in ("città", "empty often"):
        np.testing.assert_array_equal(column(rows, CATEGORIES[name]), [places[cell] for cell in cells[name]])


def test_a_date_knows_its_weekday(through, cells):
    rows, *_ = through
    weekend = [datetime.date.fromisoformat(cell).weekday() == 6 for cell in cells["when"]]
    cosine = column(rows, CYCLES[1])
    assert np.ptp(cosine[weekend]) < 1e-5  # the same point for every Sunday
    days = np.array([datetime.date.fromisoformat(cell).toordinal() for cell in cells["when"]], float)
    np.testing.assert_allclose(column(rows, WHEN), (days - days.mean()) / days.std(), atol=1e-5)


def test_a_row_in_which_all_is_new_or_missing_is_the_mean_marked_and_place_0(through):
    _, (new, known), _, _ = through
    assert new["features"][GAPS] == new["features"][WHEN] == 0.0
    assert new["features"][MARKS[GAPS]] == 1.0
    assert [new["features"][at] for at in CATEGORIES.values()] == [0.0, 0.0, 0.0]
    assert known["features"][CATEGORIES["città"]] == 1.0


def test_buckets_hold_about_as_many_rows_each_and_place_0_what_is_missing(tmp_path):
    values = [str(value**2) for value in range(40)]
    chunk, kinds = ingested(tmp_path, {"y": ["a", "b"] * 21, "age": [*values, "", ""], "b": ["1", "2"] * 21})
    rows, _ = transformed(tmp_path, chunk.made["train"], kinds, buckets={"age": 4})
    places = column(rows, 2)  # b, b's mark, age
    assert list(np.bincount(places.astype(int))) == [2, 10, 10, 10, 10]
    assert rows[0]["sizes"][2] == 5


def test_a_bucket_for_what_is_no_number_is_refused(tmp_path):
    chunk, kinds = ingested(tmp_path, {"y": ["a", "b"] * 5, "sex": ["f", "m"] * 5, "age": range(10)})
    with pytest.raises(UsageError, match="sex is a category"):
        transformed(tmp_path, chunk.made["train"], kinds, buckets={"sex": 4})


def test_numbers_to_be_predicted_are_scaled_and_what_scales_them_is_told(tmp_path):
    wanted = np.arange(20) * 3.0 + 1000
    cells = {"y": wanted.tolist(), "x": range(20), "sex": ["f", "m"] * 10}
    chunk, kinds = ingested(tmp_path, cells, target="number")
    label = tf.io.FixedLenFeature([1], tf.float32)
    rows, _ = transformed(tmp_path, chunk.made["train"], kinds, label=label, target="number")
    assert rows[0]["label_mean"] == pytest.approx(wanted.mean())
    assert rows[0]["label_deviation"] == pytest.approx(wanted.std())
    found = np.array([row["label"][0] for row in rows])
    np.testing.assert_allclose(found, (wanted - wanted.mean()) / wanted.std(), atol=1e-6)


def test_every_column_has_a_name_of_its_own_in_the_signature():
    names = ["a b", "a_b", "a.b", "a_b_2", "città", "self", "inputs", "日本", "é", "e", "1x", "_x", ""]
    found = export.arguments_of(names)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    assert {name: found[name] for name in ("a_b", "a_b_2", "e", "inputs")} == {
        name: name for name in ("a_b", "a_b_2", "e", "inputs")
    }
    assert "self" not in found.values()
    spec = {name: tf.TensorSpec([None], tf.float32, name) for name in found.values()}
    module = tf.Module()
    module.serve = tf.function(lambda raw: {"sum": tf.add_n(list(raw.values()))}, input_signature=[spec])
    signature = module.serve.get_concrete_function()
    ones = {name: tf.ones([2]) for name in found.values()}
    assert signature(**ones)["sum"].numpy().tolist() == [13.0, 13.0]


def test_bad_rows_are_named_by_file_and_row(tmp_path):
    cells = {"y": ["a", "b", "", *"ab" * 10], "x": [1, "abc", 2, *range(20)]}
    chunk, _ = ingested(tmp_path, cells)
    assert [json.loads(line) for _, line in chunk.account.bad] == [
        {"path": "t.csv#000001", "reason": "x: 'abc' is not a number"},
        {"path": "t.csv#000002", "reason": "the label y is missing"},
    ]
    assert len(chunk.made["train"]) == 21


def test_the_same_row_with_another_label_has_the_same_hash(tmp_path):
    chunk, _ = ingested(tmp_path, {"y": ["a", "b", "a"], "x": [1, 1, 2], "z": ["q", "q", "q"]})
    entries = [json.loads(line) for _, line in chunk.account.good]
    hashes = [entry["hash"] for entry in entries]
    assert hashes[0] == hashes[1] != hashes[2]
    assert entries[0]["cells"] == {"x": 1.0, "z": "q"}
