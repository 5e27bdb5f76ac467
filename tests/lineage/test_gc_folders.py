"""What lies in a work folder, and what is asked of the disk once."""

from __future__ import annotations

import os

import pytest

from graduate.pipeline.lineage import gc_folders
from graduate.pipeline.lineage.gc_folders import Area, Paths


def test_paths_touch_what_is_above_and_hold_what_is_below():
    paths = Paths(["/w/a/b", "/w/c/", "/w/d/../e"])
    for path in ("/w/a/b", "/w/a/b/c/d", "/w/c", "/w/c/x", "/w/e/f"):
        assert paths.hold(path), path
    for path in ("/w/a", "/w", "/", "/w/a/bc", "/w/d", "/x", "w/c"):
        assert not paths.hold(path), path
    assert [path for path in ("/w/a", "/w", "/", "/w/a/b", "/w/a/b/c", "/w/a/x", "/x") if paths.touch(path)] == [
        "/w/a", "/w", "/", "/w/a/b", "/w/a/b/c"
    ]  # fmt: skip


@pytest.mark.parametrize("remember", [True, False])
def test_a_place_lies_plainly_inside(tmp_path, remember):
    root = tmp_path / "work"
    (root / "artifacts" / "p" / "Trainer").mkdir(parents=True)
    os.symlink(tmp_path, root / "artifacts" / "p" / "out")
    os.symlink(root, tmp_path / "link")
    area = Area(tmp_path / "link", remember=remember)
    for _ in range(2):
        assert area.place(root / "artifacts" / "p" / "Trainer" / "7", "artifacts") == f"{root}/artifacts/p/Trainer/7"
        assert area.place(tmp_path / "link" / "artifacts" / "p", "artifacts") == f"{root}/artifacts/p"
        for path in ("artifacts", "artifacts/p/out", "artifacts/p/out/x", "artifacts/../../x", "models/p/1", "logs"):
            assert area.place(f"{root}/{path}", "artifacts") is None, path


def test_only_an_area_that_remembers_takes_a_folder_for_what_it_was(tmp_path):
    (tmp_path / "artifacts" / "p" / "n").mkdir(parents=True)
    remembering, looking = Area(tmp_path, remember=True), Area(tmp_path)
    path = str(tmp_path / "artifacts" / "p" / "n" / "1")
    assert remembering.place(path, "artifacts") == looking.place(path, "artifacts") == path
    (tmp_path / "artifacts" / "p").rename(tmp_path / "aside")
    os.symlink(tmp_path / "aside", tmp_path / "artifacts" / "p")
    assert remembering.place(path, "artifacts") == path
    assert looking.place(path, "artifacts") is None  # who deletes looks again


def test_the_size_of_a_tree_counts_files_at_any_depth_and_links_as_themselves(tmp_path):
    deep = tmp_path / "tree" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"12345")
    (tmp_path / "tree" / "other").write_bytes(b"123")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "large").write_bytes(b"x" * 1000)
    os.symlink(tmp_path / "outside", tmp_path / "tree" / "link")
    link = os.lstat(tmp_path / "tree" / "link").st_size
    assert gc_folders.size(tmp_path / "tree") == gc_folders.size(str(tmp_path / "tree")) == 8 + link
    assert gc_folders.size(tmp_path / "tree" / "link") == link
    assert gc_folders.size(tmp_path / "tree" / "other") == 3
    assert gc_folders.size(tmp_path / "nothing") == 0
