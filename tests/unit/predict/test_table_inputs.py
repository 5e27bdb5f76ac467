"""Rows of a table as inputs of a prediction."""

from __future__ import annotations

import io
import math
import sys
from types import SimpleNamespace

from graduate.pipeline.data import table_cells
from graduate.pipeline.raw_inputs import read

COLUMNS = {"age": "float32", "when": "int64", "city": "string"}


def rows(*words):
    return [(one.name, one.raw if not one.problem else one.problem) for one in read(words, "table", COLUMNS)]


def test_a_csv_is_read_as_in_training_and_other_columns_are_passed_over(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('label,city,age,when\nyes, Köln ,"1,234",1970-01-02\n,,NA,\n', encoding="utf-8")
    (first, row), (second, empty) = rows(str(path))
    assert (first, second) == (f"{path}#000000", f"{path}#000001")
    assert row == {"age": 1234.0, "when": 86_400, "city": "Köln".encode()}
    assert math.isnan(empty["age"])
    assert (empty["when"], empty["city"]) == (table_cells.NO_DATE, b"")


def test_missing_columns_are_named_once_a_file(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("age\n1\n2\n")
    assert rows(str(path)) == [(str(path), "the columns when, city are missing")]


def test_a_bad_cell_or_row_is_named_and_the_others_are_taken(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("age,when,city\nold,,Oslo\n1,,Oslo,more\n2,,Oslo\n")
    bad, ragged, (_, good) = rows(str(path))
    assert bad == (f"{path}#000000", "age: 'old' is not a number")
    assert ragged == (f"{path}#000001", "line 3 has 4 cells and the header 3")
    assert good["age"] == 2.0


def test_json_lines_on_standard_input_need_every_column_and_null_is_missing(monkeypatch):
    lines = b'{"age": null, "when": "1970-01-01", "city": "Oslo", "more": [1]}\n\n{"age": 3, "city": "x"}\nnonsense\n'
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    (name, row), lacking, nonsense = rows("-")
    assert name == "stdin:1"
    assert math.isnan(row["age"])
    assert lacking == ("stdin:3", "the column when is missing")
    assert nonsense[1].startswith("line 4 is no JSON")


def test_parquet_has_types_of_its_own(tmp_path):
    import datetime

    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    cells = {"age": [1, None], "when": [datetime.date(1970, 1, 3), None], "city": ["a", None]}
    parquet.write_table(pyarrow.table(cells), path)
    (_, row), (_, empty) = rows(str(path))
    assert row == {"age": 1.0, "when": 2 * 86_400, "city": b"a"}
    assert math.isnan(empty["age"])


def test_what_is_no_file_of_rows_says_so(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    (tmp_path / "empty.csv").write_bytes(b"")
    said = dict(rows(str(tmp_path), str(tmp_path / "t.xlsx"), str(tmp_path / "no.csv"), str(tmp_path / "empty.csv")))
    assert said[str(tmp_path)].startswith("it is a folder")
    assert said[str(tmp_path / "t.xlsx")].startswith("a file of rows is needed")
    assert said[str(tmp_path / "no.csv")] == "there is no such file"
    assert said[str(tmp_path / "empty.csv")].endswith("is empty")


def test_a_boolean_is_a_number_and_never_a_category(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"age": true, "city": "x"}\n{"age": 1, "city": true}\n{"age": 1, "city": "true"}\n')
    (_, number), (name, said), (_, word) = rows(str(path))
    assert number["age"] == 1.0
    assert (name, said.partition(" is no word")[0]) == (f"{path}#000001", "city: true")
    assert word["city"] == b"true"
