"""What is to be predicted, in which order; and what was predicted already."""

import os

import numpy as np
import pytest

from graduate.errors import UsageError, UserError
from graduate.pipeline.batch import chunks, listing, parts, writing
from graduate.pipeline.batch.answers import Answer
from graduate.pipeline.batch.listing import FILES, listed
from graduate.pipeline.model_ids import Model
from graduate.pipeline.serve.servable import Spec

COLUMNS = {"age": Spec("float32", (None,)), "city": Spec("string", (None,)), "since": Spec("int64", (None,))}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touched(*paths):
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as opened:
            opened.write(path.encode())


def test_a_folder_comes_in_order_of_path_without_what_is_hidden_of_another_kind_or_the_output_itself(here):
    touched("in/b/2.png", "in/b/1.PNG", "in/a.jpg", "in/c.txt", "in/.hidden/3.png", "in/.4.png")
    [work] = listed(["in", "x.png"], "image", "out.csv").works
    assert work.paths == ("in/a.jpg", "in/b/1.PNG", "in/b/2.png", "x.png")
    touched("in/out.csv", "in/rows.csv")
    assert [work.paths for work in listed(["in"], "table", "in/out.csv").works] == [("in/rows.csv",)]


def test_files_are_cut_into_chunks_and_the_order_is_kept_around_lines(here):
    touched(*(f"in/{number:04d}.png" for number in range(FILES + 1)), "more.jsonl", "z.png")
    works = listed(["in", "more.jsonl", "z.png"], "image", "out").works
    assert [(work.number, work.form, len(work.paths)) for work in works] == [
        (0, "files", FILES),
        (1, "files", 1),
        (2, "lines", 1),
        (3, "files", 1),
    ]


def test_the_digest_changes_with_names_sizes_and_times(here):
    touched("in/a.png", "in/b.png")
    before = listed(["in"], "image", "out").digest
    assert listed(["in"], "image", "out").digest == before
    os.utime("in/a.png", ns=(1, 1))
    touched_digest = listed(["in"], "image", "out").digest
    os.rename("in/b.png", "in/c.png")
    assert len({before, touched_digest, listed(["in"], "image", "out").digest}) == 3


@pytest.mark.parametrize("words", [["-"], ["in"]])
def test_what_cannot_be_read_again_and_what_has_no_input_is_refused(here, words):
    touched("in/a.txt")
    with pytest.raises(UsageError):
        listed(words, "image", "out")


def rows_of(path, task="table", specs=COLUMNS):
    [work] = listed([str(path)], task, "out").works
    return [row for chunk in chunks.of_work(work, specs) for row in chunk.rows]


def test_a_tables_cells_become_what_the_columns_hold_and_a_bad_cell_spoils_its_row_alone(here):
    (here / "t.csv").write_text("since,age,more,city\n2026-01-31,41,x,Oslo\n,,x,\n2026-01-31,old,x,Rome\n1,2\n")
    good, missing, bad, short = rows_of("t.csv")
    assert good.name == "t.csv#000000"
    assert good.features == {"age": 41.0, "city": b"Oslo", "since": 1769817600}
    assert np.isnan(missing.features["age"])
    assert (missing.features["city"], missing.features["since"]) == (b"", -(2**63))
    assert bad.problem == "age: 'old' is not a number"
    assert "2 cells" in short.problem


@pytest.mark.parametrize(
    ("text", "said"), [("age,city\n1,2\n", "no column since"), ("", "empty"), ("age,age\n1,2\n", "two columns")]
)
def test_a_table_that_cannot_be_used_is_one_input_without_a_prediction(here, text, said):
    (here / "t.csv").write_text(text)
    [row] = rows_of("t.csv")
    assert row.name == "t.csv"
    assert said in row.problem
    assert "no such file" in rows_of("nowhere.csv")[0].problem


def test_a_long_table_is_cut_into_chunks(here):
    with open("t.csv", "w") as opened:
        opened.write("age,city,since\n" + "1,x,2026-01-31\n" * (listing.ROWS + 3))
    [work] = listed(["t.csv"], "table", "out").works
    found = [(chunk.number, [row.name for row in chunk.rows]) for chunk in chunks.of_work(work, COLUMNS)]
    assert [(number, len(names)) for number, names in found] == [(0, listing.ROWS), (1, 3)]
    assert found[1][1][0] == f"t.csv#{listing.ROWS:06d}"


def test_lines_of_json_are_named_by_their_number(here):
    (here / "x.jsonl").write_text('{"image": {"b64": "YQ=="}}\n\nnonsense\n{"path": "a.png"}\n')
    touched("a.png")
    rows = rows_of("x.jsonl", "image", {"image": Spec("string", (None,))})
    assert [row.name for row in rows] == ["x.jsonl:1", "x.jsonl:3", "a.png"]
    assert [row.features for row in rows] == [{"image": b"a"}, {}, {"image": b"a.png"}]
    assert "JSON" in rows[1].problem


def test_parts_of_the_same_job_stay_and_those_of_another_go(here):
    kept = parts.Parts(here / "out.csv", {"model": "a"})
    assert kept.begin() == (0, False)
    parts.write(kept.path(0, 0), [Answer("x", "cat", np.array([1.0, 0.0]), None)])
    assert parts.Parts(here / "out.csv", {"model": "a"}).begin() == (1, False)
    assert parts.Parts(here / "out.csv", {"model": "b"}).begin() == (0, True)
    kept.end()
    assert os.listdir(here) == []


def test_two_commands_do_not_write_one_file_at_once(here):
    one, other = (parts.Parts(here / "out.csv", {}) for _ in range(2))
    with one.held(), pytest.raises(UserError, match="another graduate predict writes"), other.held():
        pass
    with other.held():
        pass


ANSWERS = [
    Answer("a.png", "cat", np.array([0.9, 0.1], np.float32), None),
    Answer("b\udcff.png", None, None, "it is empty"),
    Answer("c.png", "dog, 2", np.array([np.nan, 0.25], np.float32), None),
]
MODEL = Model("pets", 7, None)


def put_together(here, name, told=None):
    paths = []
    for number, answer in enumerate(ANSWERS):
        paths.append(here / f"{number}.part")
        parts.write(paths[-1], [answer])
    told = told or writing.Told(MODEL, "probability", ["cat", "dog, 2"], True)
    assert writing.put_together(paths, here / name, told, {"job": 1}) == (3, 1)
    return here / name


def test_csv_and_json_lines_have_a_line_an_input_with_the_shortest_decimals(here):
    assert put_together(here, "out.csv").read_text() == (
        'input,label,probability_cat,"probability_dog, 2",model,version,error\n'
        "a.png,cat,0.9,0.1,pets,7,\n"
        "b\\xff.png,,,,pets,7,it is empty\n"
        'c.png,"dog, 2",nan,0.25,pets,7,\n'
    )
    first, bad, _ = put_together(here, "out.jsonl").read_text().splitlines()
    assert first == (
        '{"input": "a.png", "label": "cat", "probabilities": {"cat": 0.9, "dog, 2": 0.1}, '
        '"model": "pets", "version": 7, "error": null}'
    )
    assert '"label": null, "probabilities": null' in bad


def test_parquet_has_a_column_a_class_and_says_of_which_job_it_is(here):
    import pandas

    out = put_together(here, "out.parquet")
    frame = pandas.read_parquet(out)
    columns = ["input", "label", "probability_cat", "probability_dog, 2", "model", "version", "error"]
    assert list(frame.columns) == columns
    assert frame["probability_dog, 2"].dtype == np.float32
    assert frame["error"].tolist() == [None, "it is empty", None]
    assert writing.done(out, {"job": 1}) == (3, 1)
    assert writing.done(out, {"job": 2}) is None
    assert writing.done(here / "nowhere.parquet", {"job": 1}) is None


def test_many_classes_are_one_column_of_lists_and_numbers_have_no_label(here, monkeypatch):
    import pyarrow.parquet

    monkeypatch.setattr(writing, "MOST_COLUMNS", 1)
    out = put_together(here, "out.parquet", writing.Told(MODEL, "value", ["x", "y"], False))
    table = pyarrow.parquet.read_table(out)
    assert table.column_names == ["input", "values", "model", "version", "error"]
    assert table["values"].to_pylist()[:2] == [pytest.approx([0.9, 0.1]), None]
    assert table.schema.metadata[b"names"] == b'["x", "y"]'
