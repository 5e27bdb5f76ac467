"""Accounts of chunks become one manifest, by path, without being read whole."""

from __future__ import annotations

import json
import random

import pytest

from graduate.pipeline.data import accounts
from graduate.pipeline.data.accounts import Account


def entry(path, split="train"):
    return {"path": path, "hash": "0" * 64, "split": split, "class": 'a "b"'}


def collected(folder, chunks):
    for number, paths in enumerate(chunks):
        account = Account()
        for path in paths:
            account.add(entry(path, "eval" if path.endswith("7") else "train"))
            account.skip(f"{path} bad", "it is é")
        account.write(str(folder), f"{number:05d}")
    return accounts.collect(str(folder))


ROWS = [f"t.csv#{number:06d}" for number in (*range(99_990, 100_030), *range(999_990, 1_000_300))]


@pytest.mark.parametrize("size", [1, 7, 10, 1000])
@pytest.mark.parametrize("shuffled", [False, True])
def test_lines_of_all_chunks_are_in_the_order_of_their_paths(tmp_path, size, shuffled):
    rows = list(ROWS)
    if shuffled:
        random.Random(0).shuffle(rows)
    found = collected(tmp_path, [rows[at : at + size] for at in range(0, len(rows), size)])
    assert [json.loads(line)["path"] for line in found.good()] == sorted(ROWS)
    assert [json.loads(line)["path"] for line in found.bad()] == sorted(f"{path} bad" for path in ROWS)
    assert found.counts == {"train": 315, "eval": 35}
    assert found.skipped == 350


def test_chunks_whose_paths_touch_lie_in_between_are_merged(tmp_path):
    found = collected(tmp_path, [["a", "c", "e"], ["b", "d"], ["f"], ["x", "z"], ["y"]])
    assert [json.loads(line)["path"] for line in found.good()] == list("abcdefxyz")


def test_a_chunk_without_rows_and_one_that_could_not_be_read(tmp_path):
    Account(errors=["b.png cannot be read"]).write(str(tmp_path), "b")
    Account().write(str(tmp_path), "a")
    found = accounts.collect(str(tmp_path))
    assert (list(found.good()), list(found.bad()), found.errors) == ([], [], ["b.png cannot be read"])


def test_what_is_written_are_the_lines(tmp_path):
    found = collected(tmp_path / "accounts", [["b"], ["a"]])
    accounts.write(str(tmp_path / "manifest.jsonl"), found.good())
    assert (tmp_path / "manifest.jsonl").read_text() == "".join(
        json.dumps(entry(path), ensure_ascii=False, sort_keys=True) + "\n" for path in "ab"
    )
