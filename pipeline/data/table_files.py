"""Tables on the disk: one file, or `train`, `eval` and `test` files in a folder; CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from graduate.errors import DataError
from graduate.pipeline.data.listing import SPLITS, File, Listing, shown, stamp

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
_NAMED = "CSV, TSV, JSON lines (.jsonl) or Parquet"
_ROWS = 10_000  # read together


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
        raise DataError(f"{shown(root)} is no table that can be read", hint=f"{_NAMED} is needed")
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


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def columns_of(root: str, file: File) -> list[str]:
    """The names of a file's columns.

    Raises:
        DataError: it has none, or two of one name, or cannot be read.
    """
    for names, _ in _read(os.path.join(root, file.path), 1):
        return names
    raise DataError(f"{shown(file.path)} is empty", hint="the first line names the columns")


def rows_of(root: str, file: File) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    """The columns' names and some thousand rows at a time; a cell is text, a number, a bool or None.

    Raises:
        DataError: as `columns_of`; a line has more cells than the first one.
    """
    yield from _read(os.path.join(root, file.path), _ROWS)


def _read(path: str, together: int) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    import pandas

    ending = _ending(path)
    try:
        if ending == ".parquet":
            yield from _parquet(path, together)
            return
        if ending == ".jsonl":
            frames = pandas.read_json(path, lines=True, chunksize=together, dtype=False, convert_dates=False)
        else:
            _check_header(path, "\t" if ending == ".tsv" else ",")
            frames = pandas.read_csv(
                path, sep="\t" if ending == ".tsv" else ",", dtype=str, keep_default_na=False, chunksize=together,
                encoding="utf-8-sig", index_col=False, skipinitialspace=True,
            )  # fmt: skip
        some = False
        with frames:
            for frame in frames:
                some = True
                names = [str(name).strip() for name in frame.columns]
                plain = frame.astype(object).where(frame.notna(), None)
                yield names, list(plain.itertuples(index=False, name=None))
        if not some:
            raise DataError(f"{shown(path)} has a header and no rows", hint="add rows below the first line")
    except UnicodeDecodeError as error:
        raise DataError(f"{shown(path)} is not UTF-8 (byte {error.start})", hint="save it as UTF-8") from None
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{shown(path)} cannot be read: {_sentence(error)}", hint=f"{_NAMED} is needed") from None


def _parquet(path: str, together: int) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as opened:
            for batch in opened.iter_batches(together):
                columns = [column.to_pylist() for column in batch.columns]
                yield [str(name) for name in batch.schema.names], list(zip(*columns, strict=True))
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{shown(path)} is not a whole Parquet file ({_sentence(error)})") from None


def _check_header(path: str, separator: str) -> None:
    """pandas renames a second column of one name, and shifts cells where the header is short: both are refused."""
    import csv

    with open(path, encoding="utf-8-sig", newline="") as opened:
        names = [name.strip() for name in next(csv.reader(opened, delimiter=separator), [])]
    check_names(names, path)


def check_names(names: Sequence[str], path: str) -> None:
    """Refuse columns without a name or with one name.

    Raises:
        DataError: such columns.
    """
    if not names:
        raise DataError(f"{shown(path)} is empty", hint="the first line names the columns")
    for number, name in enumerate(names, 1):
        if not name:
            raise DataError(f"column {number} of {shown(path)} has no name", hint="name it in the first line")
        if names.index(name) != number - 1:
            raise DataError(f"{shown(path)} has two columns named {name}", hint="rename one of them")


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
