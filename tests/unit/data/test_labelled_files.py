"""Files with several labels each: what the CSV beside them says, and what is wrong with it."""

from __future__ import annotations

import pytest

from graduate.errors import DataError
from graduate.pipeline.data import labelled_files
from graduate.pipeline.data.kinds import IMAGE

LABELS = ["cat", "dog"]


@pytest.fixture
def scan(tmp_path, monkeypatch):
    """List images of these paths with this table; they hold nothing, since nobody reads them here."""
    monkeypatch.chdir(tmp_path)

    def scan(table: str | bytes, paths=("a.png", "sub/b.jpg"), labels=LABELS):
        for path in paths:
            file = tmp_path / "photos" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
        (tmp_path / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
        return labelled_files.scan(str(tmp_path / "photos"), "labels.csv", labels, IMAGE)

    return scan


@pytest.mark.parametrize(
    "table",
    [
        "file,cat,dog\na.png,1,0\nsub/b.jpg,1,1\n",
        "\ufeffdog, file ,cat,ignored\r\nno, ./sub/../a.png ,yes,x\r\nTRUE,sub/b.jpg,1.0,y\r\n",
        "file,labels\na.png,cat\nsub/b.jpg,dog; cat\n",
    ],
)
def test_columns_and_a_list_say_the_same_in_the_order_of_the_config(scan, table):
    assert [(file.path, file.label) for file in scan(table).files] == [("a.png", "1 0"), ("sub/b.jpg", "1 1")]


def test_a_file_of_no_label_is_a_row_too(scan):
    assert [file.label for file in scan("file,labels\na.png,\nsub/b.jpg,dog\n").files] == ["0 0", "0 1"]


def test_splits_that_are_there_are_kept(scan):
    paths = ("train/a.png", "eval/b.png", "test/deep/c.png")
    listing = scan("file,cat,dog\n" + "".join(f"{path},1,0\n" for path in paths), paths)
    assert listing.splits == ("train", "eval", "test")
    assert {file.path: file.split for file in listing.files} == {path: path.partition("/")[0] for path in paths}


def test_files_without_a_row_and_labels_that_never_vary_are_told(scan):
    first, second = scan("file,cat,dog\na.png,1,0\n", ("a.png", "b.png", "notes.txt")).notes[:2]
    assert first == "1 image without a row in labels.csv is left out (the first is b.png)"
    assert second == "the label cat is 1 in every row of training: there is nothing to learn of it"


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ("name,cat,dog\na.png,1,0\n", 1, "there is no column file, but name, cat, dog"),
        ("", 1, "there is no column file, but none"),
        ("file,cat\na.png,1\n", 1, "there is no column dog, which data.label names"),
        ("file,cat,dog\na.png,1,0\nc.png,1,0\n", 3, "c.png is not in"),
        ("file,cat,dog\na.png,1,0\n../a.png,1,0\n", 3, "../a.png is not in"),
        ("file,cat,dog\na.png,1,0\n./a.png,1,0\n", 3, "a.png is in line 2 already"),
        ("file,cat,dog\na.png,1,2\n", 2, "dog is '2', not 0 or 1"),
        ("file,cat,dog\na.png,1\n", 2, "dog is '', not 0 or 1"),
        ("file,cat,dog\na.png,1,0,1\n", 2, "a row has more cells than the header"),
        ("file,cat,dog\n,1,0\n", 2, "a row names no file"),
        ("file,labels\na.png,cat;cow\n", 2, "data.label does not name cow"),
        ("file,cat,dog\nnotes.txt,1,0\n", 2, "notes.txt is no image that is read"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(scan, table, line, said):
    with pytest.raises(DataError) as caught:
        scan(table, ("a.png", "notes.txt"))
    assert f"labels.csv:{line}: " in caught.value.render()
    assert said in caught.value.render()


@pytest.mark.parametrize(
    ("table", "said"), [("file,cat,dog\n", "no rows"), (b"file,cat,dog\n\xff,1,0\n", "cannot be read")]
)
def test_a_table_that_tells_nothing_is_refused(scan, table, said):
    with pytest.raises(DataError, match="labels") as caught:
        scan(table)
    assert said in caught.value.render()


def test_a_table_that_is_missing_is_said(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match="there is no file"):
        labelled_files.scan(str(tmp_path / "photos"), str(tmp_path / "none.csv"), LABELS, IMAGE)
