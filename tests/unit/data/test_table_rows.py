"""Rows of CSV, TSV, JSON lines and Parquet: read in parts, and what a broken file is called."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from graduate.errors import DataError
from graduate.pipeline.data import table_rows
from graduate.pipeline.data.table_rows import Bad

ROWS = [("1", "a,b"), ("2", 'say "x"'), ("3", "two\nlines"), ("4", "é"), ("5", "")]
CSV = 'n,text\r\n1,"a,b"\r\n2,"say ""x"""\r\n\r\n3,"two\nlines"\r\n4,é\r\n5,\r\n'


def whole(path, together=2):
    return list(table_rows.read(str(path), together))


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("together", [1, 2, 3, 100])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_csv_is_read_in_parts_and_each_part_again(tmp_path, together, before):
    path = write(tmp_path, "t.csv", before + CSV.encode())
    parts = whole(path, together)
    assert [row for part in parts for row in part.rows] == ROWS
    assert {part.names for part in parts} == {("n", "text")}
    for part in parts:
        assert table_rows.again(str(path), part._replace(rows=()), len(part.rows)) == part


def test_tsv_and_a_csv_with_semicolons_or_bars(tmp_path):
    assert whole(write(tmp_path, "t.tsv", "a\tb\n1\t2,5\n"))[0].rows == [("1", "2,5")]
    assert whole(write(tmp_path, "t.csv", "a;b\n1;2,5\n"))[0].rows == [("1", "2,5")]
    assert whole(write(tmp_path, "t.csv", "a|b\r\n1|2;5\r\n"))[0].rows == [("1", "2;5")]


@pytest.mark.parametrize(
    "content",
    [",a,b\n0,1,x\n1,2,y\n", '"","a","b"\n"1",1,"x"\n"2",2,"y"\n', ";a;b\r\n0;1;x\r\n1;2;y\r\n"],
    ids=["pandas", "R", "semicolons"],
)
def test_a_first_column_without_a_name_is_passed_over(tmp_path, content):
    path = write(tmp_path, "t.csv", content)
    parts = whole(path, 1)
    assert {part.names for part in parts} == {("a", "b")}
    assert [row for part in parts for row in part.rows] == [("1", "x"), ("2", "y")]
    for part in parts:
        assert table_rows.again(str(path), part._replace(rows=()), 1) == part
    assert table_rows.passes_over_a_column(str(path))
    assert not table_rows.passes_over_a_column(str(write(tmp_path, "u.csv", "a,b\n1,2\n")))


def test_cells_too_many_or_few_beside_a_column_without_a_name_are_counted_as_they_stand(tmp_path):
    (part,) = whole(write(tmp_path, "t.csv", ",a,b\n0,1\n1,2,3\n"))
    assert part.rows == [Bad("line 2 has 2 cells and the header 3"), ("2", "3")]


def test_json_lines_have_the_keys_that_they_have_together(tmp_path):
    lines = [{"a": 1}, {"b": None, "a": True}, {"c": "x"}]
    path = write(tmp_path, "t.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))
    (part,) = whole(path, 10)
    assert part.names == ("a", "b", "c")
    assert part.rows == [(1, None, None), (True, None, None), (None, None, "x")]
    assert table_rows.again(str(path), part._replace(rows=(), names=("c", "a")), 3).rows[2] == ("x", None)


def test_parquet_is_read_by_row_groups(tmp_path):
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"n": list(range(10)), "t": ["x"] * 10}), path, row_group_size=4)
    parts = whole(path)
    assert [part.position for part in parts] == [0, 4, 8]
    assert [row[0] for part in parts for row in part.rows] == list(range(10))
    for part in parts:
        assert table_rows.again(str(path), part._replace(rows=()), len(part.rows)) == part


def test_a_row_of_other_length_is_bad_with_its_line(tmp_path):
    path = write(tmp_path, "t.csv", 'a,b\n1,"x\ny"\n2\n3,4,5\n6,7\n')
    rows = [row for part in whole(path, 2) for row in part.rows]
    assert rows == [
        ("1", "x\ny"),
        "line 4 has 1 cells and the header 2",
        "line 5 has 3 cells and the header 2",
        ("6", "7"),
    ]
    assert [isinstance(row, Bad) for row in rows] == [False, True, True, False]
    second = whole(path, 2)[1]
    assert table_rows.again(str(path), second._replace(rows=()), 2).rows == second.rows  # its line too


def test_a_line_that_is_no_json_object_is_bad(tmp_path):
    (part,) = whole(write(tmp_path, "t.jsonl", '{"a": 1}\nnonsense\n[1]\n'), 10)
    assert part.rows[0] == (1,)
    assert [str(row).partition("(")[0].strip() for row in part.rows[1:]] == [
        "line 2 is no JSON", "line 3 is no object of columns",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", "", "is empty"),
        ("t.csv", "a,b\n", "has a header and no rows"),
        ("t.csv", "a,,b\n1,2,3\n", "column 2 of"),
        ("t.csv", "a,b, a\n1,2,3\n", "has two columns named a"),
        ("t.csv", 'a,b\n1,2\n3,"open\n4,5\n', "line 4 of"),
        ("t.csv", b"a,b\n1,2\n3,caf\xe9\n", "is not UTF-8: line 3 has b'\\xe9"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "is not UTF-8: it begins as UTF-16 does"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16-be"), "is not UTF-8"),
        ("t.csv", b"PK\3\4" + bytes(range(200)), "is an Excel file or an archive"),
        ("t.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel file"),
        ("t.csv", b"PAR1\x15\x04", "is a Parquet file"),
        ("t.jsonl", b"\x1f\x8b\x08\0", "is compressed by gzip"),
        ("t.csv", "a,b\r1,2\r3,4\r", "its lines end as those of very old Macs"),
        ("t.jsonl", "\n\n", "is empty"),
        ("t.parquet", b"PAR1 but no more", "is not a whole Parquet file"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, said):
    with pytest.raises(DataError) as error:
        whole(write(tmp_path, name, content))
    assert said in error.value.message
    assert name in error.value.message


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        with open(path, "w") as opened:
            opened.write("a,b,c\n")
            opened.writelines(f"{number},{number * 2},some text that is not short\n" for number in range(rows))
        tracemalloc.start()
        assert sum(len(part.rows) for part in table_rows.read(str(path), 500)) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < 1.5 * peak(2_000)
