"""What is found, refused and fingerprinted before anything heavy is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graduate.errors import DataError, UsageError
from graduate.pipeline.config import load
from graduate.pipeline.data import demo, hashes, source
from graduate.pipeline.workspace import Workspace

CONFIG = """\
name: pets
data: {{images: {images}}}
training: {{steps: 1}}
evaluation: {{bounds: {{accuracy: {{at_least: 0.5}}}}}}
"""


@pytest.fixture
def pets(tmp_path):
    """A folder of two classes with 40 files each; content differs from file to file."""
    root = tmp_path / "pets"
    for label in ("cat", "dog"):
        for number in range(40):
            write(root / label / f"{number:02d}.png", f"{label} {number}")
    return root


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def find(root: Path, **data) -> source.Source:
    """The source that a config beside `root` names."""
    config = root.parent / "pets.yaml"
    config.write_text(CONFIG.format(images=root.name))
    overrides = [f"data.{key}={value}" for key, value in data.items()]
    return source.resolve(load(config, overrides), Workspace.at(root.parent / "work"))


def refused(root: Path, kind=DataError, **data) -> str:
    with pytest.raises(kind) as caught:
        source.read(find(root, **data), None)
    return caught.value.render()


def split_of(root: Path, **data) -> dict[str, str]:
    contents = source.read(find(root, **data), None)
    return {file.path: split for file, split in zip(contents.files, contents.splits, strict=True)}


def test_classes_are_folders_and_files_are_sorted_by_path(pets):
    write(pets / "cat" / "kittens" / "0.JPG")
    files = source.scan(find(pets)).files
    assert [file.path for file in files] == sorted(file.path for file in files)
    assert {file.path: file.label for file in files}["cat/kittens/0.JPG"] == "cat"
    assert len(files) == 81


def test_a_missing_folder_is_named_with_its_key_and_what_could_be_meant(pets):
    text = refused(pets.with_name("cats"))
    assert "data.images" in text
    assert str(pets.with_name("cats")) in text
    assert "relative to the config file" in text
    assert "digits" in text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "is empty"),
        (["a.png"], "no class folder"),
        (["cat/a.png"], "one class only (cat)"),
        (["cat/a.txt", "dog/a.txt"], "holds no images"),
        (["train/cat/a.png", "validation/cat/b.png"], "rename validation to eval"),
        (["train/cat/a.png", "train/dog/b.png"], "a split named eval"),
    ],
)
def test_a_folder_that_is_no_data_set_is_refused_with_the_reason(tmp_path, files, words):
    root = tmp_path / "pets"
    root.mkdir()
    for name in files:
        write(root / name)
    assert words in refused(root)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    assert "is a file, not a folder" in refused(write(tmp_path / "pets"))


def test_a_class_that_training_never_sees_is_named_with_a_file(tmp_path):
    root = tmp_path / "pets"
    for name in ("train/cat/a.png", "train/dog/b.png", "eval/cat/c.png", "eval/cow/d.png", "test/dog/e.png"):
        write(root / name)
    text = refused(root)
    assert "class cow is in eval (eval/cow/d.png)" in text


def test_ready_made_splits_are_kept_and_allow_no_shares(tmp_path):
    root = tmp_path / "pets"
    for split in ("train", "eval", "test"):
        for label in ("cat", "dog"):
            write(root / split / label / "a.png")
    assert split_of(root)["eval/cat/a.png"] == "eval"
    shares = "{train: 0.5, eval: 0.25, test: 0.25}"
    assert "data.split is given" in refused(root, UsageError, split=shares)


def test_links_that_leave_the_folder_are_refused_and_links_inside_it_followed(pets, tmp_path):
    os.symlink("../dog/00.png", pets / "cat" / "inside.png")
    assert "cat/inside.png" in {file.path for file in source.scan(find(pets)).files}
    os.symlink(write(tmp_path / "secret.png"), pets / "cat" / "outside.png")
    text = refused(pets)
    assert "cat/outside.png leaves the data folder" in text
    assert "secret.png" in text


@pytest.mark.parametrize(("target", "words"), [("..", "leads in a circle"), ("gone.png", "leads nowhere")])
def test_links_in_a_circle_or_to_nothing_are_refused(pets, target, words):
    os.symlink(target, pets / "cat" / "link.png")
    assert words in refused(pets)


def test_spaces_quotes_newlines_and_other_letters_in_names_are_fine(pets):
    names = ["a b.png", "'a' \"b\".png", "a\nb.png", "ä-日本.png"]
    for name in names:
        write(pets / 'm"x\ny' / name)
    found = {file.path for file in source.scan(find(pets)).files}
    assert {f'm"x\ny/{name}' for name in names} <= found


def test_a_name_that_is_not_utf8_is_refused(pets):
    Path(os.fsdecode(os.fsencode(pets) + b"/cat/\xff.png")).write_text("x")
    assert "is not UTF-8" in refused(pets)


def test_what_is_not_read_is_told(pets):
    write(pets / "cat" / "notes.txt")
    write(pets / "stray.png")
    write(pets / "cat" / ".hidden.png")
    (pets / "cow").mkdir()
    ignored, empty = source.scan(find(pets)).notes
    assert ignored.startswith("2 files")
    assert "cat/notes.txt" in ignored
    assert "cow" in empty


def test_splits_follow_the_content_whatever_the_name_and_place(pets):
    before = split_of(pets)
    (pets / "cat" / "00.png").rename(pets / "dog" / "moved.png")
    after = split_of(pets)
    assert after.pop("dog/moved.png") == before.pop("cat/00.png")
    assert after == before
    assert {"train", "eval", "test"} == set(after.values())


def test_rows_of_a_group_stay_together(pets):
    found = split_of(pets, group_by="'/([0-9]+)'", split="{train: 0.6, eval: 0.2, test: 0.2}")
    assert {found[f"cat/{number:02d}.png"] == found[f"dog/{number:02d}.png"] for number in range(40)} == {True}


def test_a_group_expression_that_matches_not_every_file_is_refused_with_the_file(pets):
    text = refused(pets, group_by="'cat/([0-9]+)'")
    assert "dog/00.png" in text


def test_too_few_rows_are_said_with_the_split_that_stays_empty(tmp_path):
    root = tmp_path / "pets"
    for name in ("cat/a.png", "cat/b.png", "dog/c.png"):
        write(root / name, name)
    text = refused(root)
    assert "split is empty: none of 3 rows falls into it" in text


def test_the_digest_sees_a_moved_a_changed_and_a_deleted_file(pets, tmp_path):
    found, cache = find(pets), tmp_path / "cache"
    digests = [source.digest(found, cache)]
    (pets / "cat" / "00.png").rename(pets / "dog" / "cat00.png")
    digests.append(source.digest(found, cache))
    write(pets / "cat" / "01.png", "other")
    digests.append(source.digest(found, cache))
    (pets / "cat" / "02.png").unlink()
    digests.append(source.digest(found, cache))
    assert len(set(digests)) == 4
    write(pets / "cat" / "02.png", "cat 2")
    write(pets / "cat" / "01.png", "cat 1")
    (pets / "dog" / "cat00.png").rename(pets / "cat" / "00.png")
    assert source.digest(found, cache) == digests[0]


def test_a_change_that_keeps_size_and_modification_time_is_seen(pets, tmp_path):
    path, cache = pets / "cat" / "00.png", tmp_path / "cache"
    for file in pets.glob("*/*"):
        os.utime(file, (1e9, 1e9))
    found = find(pets)
    before = source.digest(found, cache)
    path.write_text("CAT 0")
    os.utime(path, (1e9, 1e9))
    assert source.digest(found, cache) != before


@pytest.fixture
def _written_long_ago(monkeypatch):
    monkeypatch.setattr(hashes, "_SETTLED_NS", -(2**62))


@pytest.mark.usefixtures("_written_long_ago")
def test_unchanged_files_are_not_read_again(pets, tmp_path, monkeypatch):
    found, cache = find(pets), tmp_path / "cache"
    before = source.digest(found, cache)
    monkeypatch.setattr(hashes, "of_file", lambda root, file: pytest.fail(f"{file.path} was read"))
    assert source.digest(found, cache) == before


@pytest.mark.usefixtures("_written_long_ago")
@pytest.mark.parametrize("damaged", ["{", "[]", '{"cat/00.png": 1}'])
def test_a_damaged_cache_of_hashes_costs_only_time(pets, tmp_path, damaged):
    found, cache = find(pets), tmp_path / "cache"
    before = source.digest(found, cache)
    [kept] = (cache / "hashes").iterdir()
    kept.write_text(damaged)
    assert source.digest(found, cache) == before


def test_digits_are_1797_files_in_ten_classes_and_appear_whole_or_not_at_all(tmp_path, monkeypatch):
    workspace = Workspace.at(tmp_path)
    folder = demo.materialise("digits", workspace)
    assert len(list(folder.glob("*/*.png"))) == 1797
    assert sorted(path.name for path in folder.iterdir()) == [str(digit) for digit in range(10)]
    monkeypatch.setattr(demo, "png", lambda *args, **kwargs: 1 / 0)
    demo.materialise("digits", workspace)  # is there already
    with pytest.raises(ZeroDivisionError):
        demo.materialise("digits", Workspace.at(tmp_path / "other"))
    assert list((tmp_path / "other" / "data").iterdir()) == []


def test_finding_the_data_imports_nothing_heavy():
    program = "import sys; from graduate.pipeline.data import source, schema_files; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "tensorflow", "tfx", "apache_beam", "sklearn", "PIL", "google.protobuf"}
    assert not heavy & set(loaded)
