"""A folder of files, each with several labels, which a CSV beside them tells: files of no label and of many alike."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence

from graduate.errors import DataError
from graduate.pipeline.data.kinds import Kind
from graduate.pipeline.data.listing import SPLITS, File, Listing, entries, shown, stamp

FILE, LIST = "file", "labels"  # columns
_TRUE, _FALSE = frozenset(("1", "1.0", "true", "yes")), frozenset(("0", "0.0", "false", "no"))
_HINT = "a column `file`, and one of 0 and 1 for each of data.label, or one column `labels` of names, split by ;"


def scan(root: str, table: str, labels: Sequence[str], kind: Kind, *, missing_hint: str | None = None) -> Listing:
    """List the files that the table names; a file's `label` is its zeros and ones, in the order of `labels`.

    Args:
        root: the folder; files lie in it at any depth, below `train/`, `eval/` and `test/` where it is split already.
        table: a CSV with a header (UTF-8).
        labels: their names.
        kind: of the files.
        missing_hint: where the folder is missing.

    Raises:
        DataError: a file that is not there, is named twice or has another ending, a cell that is neither 0 nor 1, a
            label that is not known, a folder or table that cannot be read, nothing to train on.
    """
    there = dict(_walk(root, root, missing_hint))
    folders = {path.partition("/")[0] for path in there if "/" in path}
    ready_made = "train" in folders and folders <= set(SPLITS)
    files = []
    for line, path, label in _rows(table, labels):
        where = f"{shown(table)}:{line}"
        if path not in there:
            raise DataError(
                f"{shown(path)} is not in {shown(root)}", where=where, hint="paths are relative to data.images"
            )
        if os.path.splitext(path)[1].lower() not in kind.endings:
            raise DataError(
                f"{shown(path)} is no {kind.noun} that is read", where=where, hint=f"{kind.named} is needed"
            )
        split = path.partition("/")[0] if ready_made else None
        files.append(File(path, split, label, stamp(there[path])))
    if not files:
        raise DataError(f"{shown(table)} has a header and no rows", hint=_HINT)
    files.sort(key=lambda file: file.path)
    used = tuple(name for name in SPLITS if any(file.split == name for file in files))
    return Listing(root, tuple(files), used, _notes(table, labels, files, there, kind))


def _walk(folder: str, root: str, hint: str | None) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in entries(folder, root, hint):
        if entry.is_dir():
            yield from _walk(entry.path, root, hint)
        else:
            yield os.path.relpath(entry.path, root).replace(os.sep, "/"), entry


def _rows(table: str, labels: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(line, path, `1 0 1`) of each row."""
    met: dict[str, int] = {}
    try:
        with open(table, encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, skipinitialspace=True)
            _check_header([str(name).strip() for name in reader.fieldnames or ()], table, labels)
            for row in reader:
                where = f"{shown(table)}:{reader.line_num}"
                if None in row:
                    raise DataError("a row has more cells than the header", where=where, hint=_HINT)
                cells = {str(name).strip(): (cell or "").strip() for name, cell in row.items()}
                path = os.path.normpath(cells[FILE]).replace(os.sep, "/") if cells.get(FILE) else ""
                if not path:
                    raise DataError("a row names no file", where=where, hint=_HINT)
                if path in met:
                    raise DataError(
                        f"{shown(path)} is in line {met[path]} already", where=where, hint="keep one row a file"
                    )
                met[path] = reader.line_num
                yield reader.line_num, path, " ".join(_listed(cells, labels, where))
    except FileNotFoundError:
        raise DataError(f"there is no file {shown(table)}", where="data.labels", hint=_HINT) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{shown(table)} cannot be read: {error}", hint="a CSV in UTF-8 is needed") from None


def _check_header(names: Sequence[str], table: str, labels: Sequence[str]) -> None:
    where = f"{shown(table)}:1"
    if FILE not in names:
        raise DataError(f"there is no column {FILE}, but {', '.join(names[:8]) or 'none'}", where=where, hint=_HINT)
    missing = [name for name in labels if name not in names]
    if LIST not in names and missing:
        raise DataError(f"there is no column {missing[0]}, which data.label names", where=where, hint=_HINT)


def _listed(cells: Mapping[str, str], labels: Sequence[str], where: str) -> Iterator[str]:
    """`1` or `0` for each label."""
    if all(name in cells for name in labels):
        for name in labels:
            word = cells[name].lower()
            if word not in _TRUE | _FALSE:
                raise DataError(f"{name} is {cells[name][:40]!r}, not 0 or 1", where=where, hint=_HINT)
            yield "1" if word in _TRUE else "0"
        return
    given = {name.strip() for name in cells.get(LIST, "").split(";")} - {""}
    if unknown := sorted(given - set(labels)):
        raise DataError(f"data.label does not name {unknown[0]}", where=where, hint=f"known: {', '.join(labels[:12])}")
    yield from ("1" if name in given else "0" for name in labels)


def _notes(
    table: str, labels: Sequence[str], files: Sequence[File], there: Mapping[str, object], kind: Kind
) -> tuple[str, ...]:
    notes = []
    left = set(there) - {file.path for file in files}
    left = {path for path in left if os.path.splitext(path)[1].lower() in kind.endings}
    if left:
        some = f"1 {kind.noun}" if len(left) == 1 else f"{len(left)} {kind.nouns}"
        are = "is" if len(left) == 1 else "are"
        notes.append(f"{some} without a row in {shown(table)} {are} left out (the first is {min(left)})")
    seen = [str(file.label).split() for file in files if file.split in (None, "train")]
    for name, column in zip(labels, zip(*seen, strict=True), strict=True):
        if len(set(column)) == 1:
            notes.append(f"the label {name} is {column[0]} in every row of training: there is nothing to learn of it")
    return tuple(notes)
