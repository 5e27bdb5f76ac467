"""Tables on the disk: one file, or `train`, `eval` and `test` files in a folder; CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import os

from graduate.errors import DataError
from graduate.pipeline.data.listing import SPLITS, File, Listing, shown, stamp

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
_NAMED = "CSV, TSV, JSON lines (.jsonl) or Parquet"
_EXCEL = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")


def scan(root: str, *, missing_hint: str | None = None) -> Listing:
    """List a table's files.

    Raises:
        DataError: it is missing, of another kind, or a folder without train and eval files.
    """
    if not os.path.exists(root):
        raise DataError(f"the table {shown(root)} does not exist", hint=missing_hint)
    if os.path.isdir(root):
        return _folder(root)
    folder, name = os.path.split(root)
    if _ending(name) not in ENDINGS:
        raise DataError(f"{shown(root)} is no table that can be read", hint=_how_to_read(_ending(name)))
    with os.scandir(folder) as found:
        [entry] = [one for one in found if one.name == name]
    return Listing(folder, (File(name, None, None, stamp(entry)),))


def _folder(root: str) -> Listing:
    with os.scandir(root) as found:
        entries = sorted((one for one in found if not one.name.startswith(".")), key=lambda one: one.name)
    named = {split: [one for one in entries if one.name.rpartition(".")[0] == split] for split in SPLITS}
    files: list[File] = []
    for split, several in named.items():
        tables = [one for one in several if _ending(one.name) in ENDINGS]
        if len(tables) > 1:
            raise DataError(f"{shown(root)} has two files for {split}: {', '.join(one.name for one in tables)}")
        files += [File(one.name, split, None, stamp(one)) for one in tables]
    splits = tuple(str(file.split) for file in files)
    if "train" not in splits:
        raise DataError(
            f"{shown(root)} holds no train file", hint=f"a file train.csv beside eval.csv and test.csv ({_NAMED})"
        )
    return Listing(root, tuple(sorted(files, key=lambda file: file.path)), splits)


def _how_to_read(ending: str) -> str:
    if ending in _EXCEL:
        return "save the sheet as CSV (of Excel's kinds: CSV UTF-8)"
    return f"unpack it: {_NAMED} is needed" if ending in _PACKED else f"{_NAMED} is needed"


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()
