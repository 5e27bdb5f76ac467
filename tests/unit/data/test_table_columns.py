"""What a table's columns are, and what is said of a table from which nothing could be learned."""

from __future__ import annotations

import csv
import datetime
import math

import pytest

from graduate.errors import DataError
from graduate.pipeline.data import table_cells, table_columns, table_files
from graduate.pipeline.data.listing import File

STAMP = (0, 0, 0, 0)


def look(folder, cells, **data):
    """`cells` by column; every row has a label as well."""
    rows = max(map(len, cells.values()))
    cells = {"y": ["no", "yes"] * (rows // 2) + ["no"] * (rows % 2), **cells}
    with open(folder / "t.csv", "w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))
    given = {"label": "y", "target": "class", "columns": {}, "group_by": None, **data}
    return table_columns.look(str(folder), [File("t.csv", None, None, STAMP)], given)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4"], "number"),
        (["1,234", "12,345,678.5", "7"], "number"),
        (["", "NA", "7", "nan"], "number"),
        (["2024-01-31", "", "2024-02-01 12:30"], "date"),
        (["red", "blue", "1"], "category"),
        (["True", "False", "True"], "category"),
        (["12_3", "45_6", "78_9"], "category"),
        ([*map(str, range(19)), "abc"], "number"),
    ],
)
def test_a_column_is_what_nearly_all_its_cells_are(tmp_path, cells, kind):
    assert look(tmp_path, {"x": cells}).kinds == {"x": kind}


def test_the_config_has_the_last_word(tmp_path):
    columns = {"zip": ["0123", "4567"], "id": ["1", "2"], "x": ["1", "2"]}
    told = {"zip": "category", "id": "ignore"}
    assert look(tmp_path, columns, columns=told).kinds == {"zip": "category", "x": "number"}


def test_an_empty_column_is_left_out_and_text_is_noted(tmp_path):
    found = look(tmp_path, {"x": list(range(60)), "none": [""] * 60, "name": [f"n{i}" for i in range(60)]})
    assert found.kinds == {"x": "number", "name": "category"}
    assert found.notes[0] == "the column none is empty and left out"
    assert found.notes[1].startswith("the column name looks like text or an id (60 values in 60 rows)")


@pytest.mark.parametrize(
    ("cells", "data", "said", "hint"),
    [
        ({"x": ["3,5", "4,25"]}, {}, "numbers with a decimal comma, such as 3,5", "write 3.5"),
        ({"x": ["31.01.2024", "01.02.2024"]}, {}, "can be read in two ways, such as 31.01.2024", "2024-01-31"),
        ({"x": ["1", "2"]}, {"label": "z"}, "the table has no column z", "columns: y, x"),
        ({"x": ["1", "2"]}, {"label": "Y"}, "the table has no column Y", "did you mean y?"),
        ({"x": ["1", "2"]}, {"columns": {"xx": "number"}}, "the table has no column xx", "did you mean x?"),
        ({"hash": ["1", "2"]}, {}, "a column may not be named hash", "rename it"),
        ({"x": ["", ""]}, {}, "no column besides its label", "to predict from"),
        ({"y": ["", ""], "x": ["1", "2"]}, {}, "the label y is missing in every row", ""),
        ({"y": ["a", "a"], "x": ["1", "2"]}, {}, "the label y is 'a' in every row", ""),
        ({"y": ["a", "b"], "x": ["1", "2"]}, {"target": "number"}, "the label y is no number but 'a'", "target: class"),
        ({"y": list(range(20)), "x": list(range(20))}, {}, "20 classes in 20 rows, nearly one a row", "target: number"),
        ({"y": [f"n{i}" for i in range(20)], "x": [1] * 20}, {}, "20 classes in 20 rows", "an id or a text"),
        ({"y": [f"n{i % 2500}" for i in range(7500)], "x": [1] * 7500}, {}, "2500 classes, and at most 2000", "rare"),
    ],
)  # fmt: skip
def test_a_table_of_which_nothing_could_be_learned_is_refused(tmp_path, cells, data, said, hint):
    with pytest.raises(DataError) as error:
        look(tmp_path, cells, **data)
    assert said in error.value.message
    assert hint in (error.value.hint or "")


def test_a_hundred_thousand_classes_are_refused_in_bounded_memory(tmp_path):
    labels = [f"c{number % 100_000}" for number in range(200_000)]
    with pytest.raises(DataError, match="more than 10000 classes, and at most 2000"):
        look(tmp_path, {"y": labels, "x": [1, 2] * 100_000})


def test_nested_cells_are_refused_unless_they_are_left_out(tmp_path):
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"y": ["a", "b"], "x": [1, 2], "many": [[1], [2, 3]]}), tmp_path / "t.parquet")
    files = [File("t.parquet", None, None, STAMP)]
    data = {"label": "y", "target": "class", "columns": {}, "group_by": None}
    with pytest.raises(DataError, match="the column many holds several values in a cell"):
        table_columns.look(str(tmp_path), files, data)
    left_out = {**data, "columns": {"many": "ignore"}}
    assert table_columns.look(str(tmp_path), files, left_out).kinds == {"x": "number"}


def test_files_of_one_table_have_the_same_columns(tmp_path):
    (tmp_path / "train.csv").write_text("y,x\na,1\nb,2\n")
    (tmp_path / "eval.csv").write_text("y,z\na,1\nb,2\n")
    files = [File(f"{name}.csv", name, None, STAMP) for name in ("train", "eval")]
    with pytest.raises(DataError, match=r"eval.csv has other columns than train.csv: x, z"):
        table_columns.look(str(tmp_path), files, {"label": "y", "target": "class", "columns": {}, "group_by": None})


def test_cells_become_features():
    feature = table_cells.feature
    assert feature(" 1,234.5 ", "number") == 1234.5
    assert feature(True, "number") == 1.0
    assert math.isnan(feature("n/a", "number"))
    assert feature("1970-01-02", "date") == 86_400
    assert feature(datetime.datetime(1970, 1, 1, 0, 0, 9), "date") == 9
    assert feature(datetime.date(1969, 12, 31), "date") == -86_400
    assert feature(None, "date") == table_cells.NO_DATE
    assert feature(" Köln ", "category") == "Köln".encode()
    assert feature(None, "category") == b""


@pytest.mark.parametrize(
    ("cell", "kind", "said"),
    [
        ("abc", "number", "'abc' is not a number"),
        ("inf", "number", "'inf' is not a finite number"),
        ("1e300", "number", "'1e300' is larger than"),
        ("2024-02-30", "date", "'2024-02-30' is not a date"),
    ],
)
def test_a_cell_of_another_kind_says_so(cell, kind, said):
    with pytest.raises(ValueError, match=said):
        table_cells.feature(cell, kind)


@pytest.mark.parametrize(
    ("name", "hint"), [("t.xlsx", "save the sheet as CSV"), ("t.csv.gz", "unpack it"), ("t.txt", "CSV, TSV")]
)
def test_another_kind_of_file_has_a_hint(tmp_path, name, hint):
    (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match="is no table that can be read") as error:
        table_files.scan(str(tmp_path / name))
    assert hint in error.value.hint
