"""What lies at a path: each kind of data is told by itself; what is of no use is a sentence with a hint."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from graduate.errors import DataError, UsageError
from graduate.pipeline.look import place
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data


@pytest.mark.parametrize(
    ("task", "source", "make"),
    [
        ("image", "images", lambda folder: made_data.images(folder, {"a": 3, "b": 3})),
        ("text", "texts", lambda folder: made_data.texts(folder, 3)),
        ("audio", "audio", lambda folder: made_data.recordings(folder, 3)),
        ("table", "table", lambda folder: made_data.flowers(folder / "flowers.csv").parent),
    ],
)
def test_the_kind_of_a_folder_is_found(tmp_path, task, source, make):
    found = place.find(str(make(tmp_path / "some")))
    assert (found.task, found.source) == (task, source)


def test_folders_that_are_split_already_are_told(tmp_path):
    for split, count in (("train", 8), ("eval", 3), ("test", 2)):
        made_data.images(tmp_path / "pets" / split, {"cat": count, "dog": count}, (8, 8 + count))
    found = look(str(tmp_path / "pets"))
    assert found.splits == {"train": 16, "eval": 6, "test": 4}
    assert found.classes == {"cat": 13, "dog": 13}


def test_tables_named_for_splits_are_one_table(tmp_path):
    for split, rows in (("train", 60), ("eval", 30), ("test", 30)):
        made_data.flowers(tmp_path / "flowers" / f"{split}.csv", rows)
    found = look(str(tmp_path / "flowers"))
    assert found.splits == {"train": 60, "eval": 30, "test": 30}
    assert found.rows == 120


def test_a_readme_among_pictures_makes_no_mixture(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 12, "dog": 12})
    (folder / "README.md").write_text("pets")
    (folder / "cat" / "notes.txt").write_text("cats")
    found = look(str(folder))
    assert (found.task, found.rows) == ("image", 24)
    assert "not-read" in {one.what for one in found.findings}


def nothing(tmp_path):
    return tmp_path / "pest"


def empty(tmp_path):
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def empty_classes(tmp_path):
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    return tmp_path / "pets"


def mixed(tmp_path):
    made_data.images(tmp_path / "both", {"a": 4, "b": 4})
    return made_data.texts(tmp_path / "both", 3)


def too_deep(tmp_path):
    made_data.images(tmp_path / "outer" / "pets", {"cat": 3, "dog": 3})
    return tmp_path / "outer"


def one_class(tmp_path):
    return made_data.images(tmp_path / "pets", {"cat": 3})


def flat(tmp_path):
    return made_data.images(tmp_path / "pets", {"cat": 3}) / "cat"


def archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as opened:
        opened.writestr("cat/1.png", b"")
    return tmp_path / "pets.zip"


def only_archives(tmp_path):
    return archive(tmp_path).parent


def sheet(tmp_path):
    (tmp_path / "book.xlsx").write_bytes(b"PK")
    return tmp_path / "book.xlsx"


def webp(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.webp").write_bytes(b"RIFF")
    return tmp_path / "pets"


def no_header(tmp_path):
    path = tmp_path / "iris.csv"
    path.write_text("5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n5.1,3.6,setosa\n")
    return path


def several_tables(tmp_path):
    for name in ("a", "b"):
        made_data.flowers(tmp_path / "tables" / f"{name}.csv", 20)
    return tmp_path / "tables"


def no_eval(tmp_path):
    for split in ("train", "test"):
        made_data.images(tmp_path / "pets" / split, {"cat": 3, "dog": 3})
    return tmp_path / "pets"


def empty_table(tmp_path):
    (tmp_path / "none.csv").touch()
    return tmp_path / "none.csv"


def ragged(tmp_path):
    (tmp_path / "ragged.csv").write_text("a,b\n1,2,3\n4,5,6\n")
    return tmp_path / "ragged.csv"


@pytest.mark.parametrize(
    ("make", "kind", "sentence", "hint"),
    [
        (nothing, UsageError, "does not exist", "did you mean pets?"),
        (empty, DataError, "is empty", "class folders"),
        (empty_classes, DataError, "its folders hold no file", "class folders"),
        (mixed, DataError, "several kinds: 8 images and 6 texts", "a folder of its own"),
        (too_deep, DataError, "holds one folder, pets, and the class folders lie in it (cat, dog)", "outer/pets"),
        (one_class, DataError, "one class only (cat)", "two or more class folders"),
        (flat, DataError, "holds 3 images and no class folder", "a folder a class"),
        (archive, DataError, "is an archive", "unpack it first"),
        (only_archives, DataError, "holds archives", "unpack them first"),
        (sheet, DataError, "no table that can be read", "save the sheet as CSV"),
        (webp, DataError, "2 × .webp", "convert them to PNG"),
        (no_header, DataError, "is a row and no header: 5.1, 3.5, setosa", "the names of the columns"),
        (several_tables, DataError, "holds 2 tables: a.csv, b.csv", "tables/a.csv"),
        (no_eval, DataError, "train and test and has no eval", "rename test/ to eval/"),
        (empty_table, DataError, "is empty (0 bytes)", "names the columns"),
        (ragged, DataError, "fits its first line: line 2 has 3 cells and the header 2", "names the columns"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_a_hint(tmp_path, make, kind, sentence, hint):
    if make is nothing:
        (tmp_path / "pets").mkdir()
    with pytest.raises(kind) as caught:
        look(str(make(tmp_path)))
    assert sentence in str(caught.value)
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_said(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 3, "dog": 3})
    (folder / "cat").chmod(0)
    try:
        with pytest.raises(DataError, match="permission denied"):
            look(str(folder))
    finally:
        (folder / "cat").chmod(0o700)


def test_a_label_is_for_tables_alone(tmp_path):
    with pytest.raises(UsageError, match="--label names a column of a table"):
        look(str(made_data.images(tmp_path / "pets", {"cat": 3, "dog": 3})), ["cat"])
