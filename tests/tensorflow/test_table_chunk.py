"""A part of a table file becomes the examples and the lines that its rows become one by one."""

from __future__ import annotations

import collections
import datetime
import json

import pandas
import pytest

from graduate.pipeline.data import splits, table_cells, table_columns, table_rows
from graduate.pipeline.data.accounts import collect, line_of
from graduate.pipeline.data.listing import File
from graduate.pipeline.data.rows import serialised, sha256_of
from graduate.pipeline.data.table_executor import Given, TableChunk

SHARES = {"train": 0.6, "eval": 0.2, "test": 0.2}
HEADER = "n,when,città,truth,y,who\n"
ROWS = [
    '1.5,2024-01-31,"Köln, Rhein",True,yes,a\n',
    ' 2e3 ,2024-01-31T12:30:00,"two\nlines",False,no,b\n',
    ",,,,yes,a\n",
    "NA,null,-,?,no,c\n",
    '"1,234.5",2024-02-29,日本,true,yes,d\n',
    "inf,2024-01-31,x,True,yes,a\n",
    "many,2024-01-31,x,True,yes,a\n",
    "3,2024-02-31,x,True,yes,a\n",
    "4,2024-01-31,x\n",
    "5,2024-01-31,x,True,,a\n",
    '6,2024-01-31,"say ""x""",False,yes,\u2028\n',
    "\n",
]
RECORDS = [
    {"n": 1.5, "when": datetime.datetime(2024, 1, 31), "città": "Köln", "truth": True, "y": "yes", "who": "a"},
    {"n": None, "when": None, "città": None, "truth": None, "y": "no", "who": "b"},
    {"n": -3.0, "when": datetime.datetime(1969, 7, 20, 20, 17), "città": "日本", "truth": False, "y": "no", "who": "c"},
]


def written(folder, kind):
    if kind == "parquet":
        pandas.DataFrame(RECORDS * 20).to_parquet(folder / "t.parquet")
    elif kind == "jsonl":
        lines = [{**one, "when": str(one["when"]) if one["when"] else None} for one in RECORDS * 20]
        lines[7]["n"] = "word"
        del lines[8]["truth"]
        (folder / "t.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + "\n\n[1, 2]\n")
    else:
        text = HEADER + "".join(ROWS[at % len(ROWS)] if at < 60 else ROWS[at % 5] for at in range(200)) + "\n\n"
        before = b"\xef\xbb\xbf" if kind == "bom.csv" else b""
        (folder / f"t.{kind}").write_bytes(before + text.encode())
    return f"t.{kind}"


def one_by_one(folder, part, given):
    """Examples by split, and lines of good and bad rows, of rows that are looked at by themselves."""
    examples, good, bad = collections.defaultdict(list), [], []
    some = table_rows.again(str(folder / part.file.path), part.begun, part.rows)
    for position, row in enumerate(some.rows, part.begun.position):
        path = f"{part.file.path}#{position:06d}"
        cells = {} if isinstance(row, table_rows.Bad) else dict(zip(some.names, row, strict=True))
        features, reason = {}, row if isinstance(row, table_rows.Bad) else ""
        for name, kind in given.kinds.items() if cells else ():
            try:
                features[name] = table_cells.feature(cells[name], kind)
            except ValueError as error:
                reason = reason or f"{name}: {error}"
        if cells and not reason and table_cells.is_missing(cells["y"]):
            reason = "the label y is missing"
        if reason:
            bad.append(line_of({"path": path, "reason": reason}))
            continue
        sha256 = sha256_of(json.dumps({name: str(one) for name, one in features.items()}, sort_keys=True).encode())
        group, label = str(cells["who"]), str(cells["y"]).strip()
        split = splits.of_key(group or sha256, SHARES)
        raw = {"label": label.encode(), "path": path.encode(), "hash": sha256[:16].encode(), **features}
        examples[split].append(serialised(raw))
        entry = {"path": path, "hash": sha256, "split": split, "class": label, "group": group}
        good.append(line_of({key: value for key, value in entry.items() if value}))
    return dict(examples), good, bad


@pytest.mark.parametrize("kind", ["csv", "bom.csv", "jsonl", "parquet"])
def test_examples_and_lines_are_those_of_the_rows_one_by_one(tmp_path, kind):
    file = File(written(tmp_path, kind), None, None, (0, 0, 0, 0))
    data = {"label": "y", "target": "class", "group_by": "who"}
    told = {"n": "number", "when": "date", "truth": "category", "città": "category", "who": "ignore"}
    table = table_columns.look(str(tmp_path), [file], {**data, "columns": told})
    given = Given(data, SHARES, str(tmp_path), table.kinds, 0.0)
    [part] = table.parts
    examples, good, bad = one_by_one(tmp_path, part, given)
    chunk = TableChunk("t", part=part, given=given)
    assert chunk.examples() == examples
    assert [line for _, line in chunk.account.good] == good
    assert [line for _, line in sorted(chunk.account.bad)] == bad
    assert chunk.account.counts == {split: len(rows) for split, rows in examples.items()}
    assert good
    assert bool(bad) == (kind != "parquet")


def test_a_chunk_that_is_written_once_more_writes_the_same(tmp_path):
    file = File(written(tmp_path, "csv"), None, None, (0, 0, 0, 0))
    data = {"label": "y", "target": "class", "group_by": None, "columns": {"n": "number", "when": "date"}}
    table = table_columns.look(str(tmp_path), [file], data)
    chunk = TableChunk("t", part=table.parts[0], given=Given(data, SHARES, str(tmp_path), table.kinds, 1.0))
    folders = {split: str(tmp_path / split) for split in SHARES}
    contents = []
    for _ in range(2):
        chunk.write(folders, str(tmp_path / "accounts"))
        found = collect(str(tmp_path / "accounts"))
        shards = {str(path): path.read_bytes() for path in tmp_path.rglob("*.gz")}
        contents.append((list(found.good()), list(found.bad()), shards))
        assert chunk.made == {}
    assert contents[0] == contents[1]
    assert contents[0][0]
