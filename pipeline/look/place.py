"""What kind of data lies at a path; and, where none does that a pipeline can use, what to do about it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from graduate.errors import DataError, UsageError
from graduate.pipeline.data import kinds, table_files
from graduate.pipeline.data.listing import SPLITS, shown

_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst")
# Endings that people have and that pipelines do not read, with what to do.
_OTHERS = {
    ".xlsx": "save the sheet as CSV", ".xls": "save the sheet as CSV", ".ods": "save the sheet as CSV",
    ".json": "write it as JSON lines, an object a line, and name it .jsonl",
    ".webp": "convert them to PNG or JPEG", ".tif": "convert them to PNG", ".tiff": "convert them to PNG",
    ".heic": "convert them to JPEG", ".mp3": "convert them to WAV, FLAC or OGG",
    ".m4a": "convert them to WAV, FLAC or OGG", ".aac": "convert them to WAV, FLAC or OGG",
    ".pdf": "take the text out of them, a .txt each", ".docx": "save them as text, a .txt each",
    ".npy": "write its rows as image files in class folders, or as a table",
    ".npz": "write its rows as image files in class folders, or as a table",
    ".h5": "write its rows as image files in class folders, or as a table",
}  # fmt: skip
_MIXED = 0.1  # share of files of another kind above which nobody can say what the folder is meant to be
_MOST = 5_000_000  # files that are listed


@dataclass(frozen=True)
class Place:
    """Where the data lies.

    Attributes:
        task: what a row is.
        source: the key of the `data` group.
        path: absolute: what that key is to name.
        note: what the user should know of how it was found.
        others: files below it that are of no use, by their ending.
    """

    task: str
    source: str
    path: str
    note: str | None = None
    others: Counter[str] = field(default_factory=Counter)


@dataclass
class _Tree:
    """What a folder holds. `inside` counts files below sub-folders; `top` those that lie in it."""

    inside: Counter[str] = field(default_factory=Counter)
    top: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def find(path: str) -> Place:
    """Tell what lies at a path.

    Raises:
        UsageError: there is nothing.
        DataError: it is nothing that a pipeline can use; the hint says what to do.
    """
    root = os.path.abspath(os.path.expanduser(path))
    if not os.path.lexists(root):
        raise UsageError(f"{shown(path)} does not exist", hint=_near(root))
    if not os.path.exists(root):
        raise DataError(f"the link {shown(path)} leads nowhere", hint="name the folder or file itself")
    try:
        return _folder(root, path) if os.path.isdir(root) else _file(root, path)
    except PermissionError as error:
        raise DataError(
            f"{shown(os.path.relpath(error.filename or root))} cannot be read: permission denied",
            hint="let yourself read it: chmod -R u+rX",
        ) from None


def _near(root: str) -> str:
    import difflib

    folder, name = os.path.split(root)
    try:
        close = difflib.get_close_matches(name, os.listdir(folder), 1, cutoff=0.7)
    except OSError:
        return f"the folder {shown(folder)} does not exist either"
    return f"did you mean {shown(close[0])}?" if close else "name a folder of class folders, or a table"


def _file(root: str, path: str) -> Place:
    name = os.path.basename(root).lower()
    ending = os.path.splitext(name)[1]
    with open(root, "rb"):
        pass  # what may not be read is said by `find`
    if ending in table_files.ENDINGS:
        if not os.path.getsize(root):
            raise DataError(f"{shown(path)} is empty (0 bytes)", hint="the first line names the columns")
        return Place("table", "table", root)
    if name.endswith(_ARCHIVES):
        raise DataError(f"{shown(path)} is an archive", hint="unpack it first, and name the folder that comes out")
    for kind in kinds.FOLDERS.values():
        if ending in kind.endings:
            raise DataError(f"{shown(path)} is one {kind.noun}", hint=kind.shape)
    hint = _OTHERS.get(
        ending, "a folder of class folders is needed, or a table: CSV, TSV, JSON lines (.jsonl), Parquet"
    )
    raise DataError(f"{shown(path)} is no table that can be read", hint=hint)


def _folder(root: str, path: str) -> Place:
    tree = _tree(root)
    tables = [name for name in tree.top if os.path.splitext(name)[1].lower() in table_files.ENDINGS]
    by_kind = {key: sum(tree.inside[ending] for ending in kind.endings) for key, kind in kinds.FOLDERS.items()}
    if not tree.inside and not tree.top:
        raise DataError(
            f"{shown(path)} is empty" + (": its folders hold no file" if tree.folders else ""),
            hint="a folder of class folders is needed (cat/01.png, dog/02.png), or a table",
        )
    if not any(by_kind.values()):
        if tables:
            return _tables(root, path, tables, tree)
        raise _nothing(root, path, tree)
    key = max(by_kind, key=lambda name: by_kind[name])
    several = {name: count for name, count in by_kind.items() if count}
    if sum(several.values()) - by_kind[key] > _MIXED * sum(several.values()):
        *before, last = (f"{count:,} {_noun(name, count)}" for name, count in several.items())
        said = f"{', '.join(before)} and {last}"
        raise DataError(
            f"{shown(path)} holds files of several kinds: {said}",
            hint="a pipeline reads one kind: put each into a folder of its own",
        )
    _check_depth(root, path, tree)
    kind = kinds.FOLDERS[key]
    others = Counter({ending: count for ending, count in tree.inside.items() if ending not in kind.endings})
    note = f"the table {some_tables(tables)} beside the class folders is not read" if tables else None
    return Place(kind.task, key, root, note, others)


def some_tables(names: list[str]) -> str:
    """Names of tables for a sentence."""
    from graduate.pipeline.look.found import some

    return some(sorted(names))


def _noun(key: str, count: int) -> str:
    kind = kinds.FOLDERS[key]
    return kind.noun if count == 1 else kind.nouns


def _tree(root: str) -> _Tree:
    """Files by ending; hidden ones are passed over, links not followed out of it are counted as files."""
    tree = _Tree()
    with os.scandir(root) as found:
        for entry in found:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                tree.folders.append(entry.name)
            else:
                tree.top.append(entry.name)
    for name in tree.folders:
        for file in _below(os.path.join(root, name)):
            tree.inside[os.path.splitext(file)[1].lower()] += 1
            if tree.inside.total() > _MOST:
                return tree
    return tree


def _below(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise error

    for _, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (name for name in files if not name.startswith("."))


def _tables(root: str, path: str, tables: list[str], tree: _Tree) -> Place:
    stems = {name.rpartition(".")[0]: name for name in tables}
    if "train" in stems:
        return Place("table", "table", root)
    if len(tables) == 1:
        return Place("table", "table", os.path.join(root, tables[0]), f"{shown(tables[0])} is the one table in it")
    raise DataError(
        f"{shown(path)} holds {len(tables)} tables: {some_tables(tables)}",
        hint=f"name the one that is meant, such as {shown(os.path.join(path, sorted(tables)[0]))}; or name them "
        "train.csv, eval.csv and test.csv",
    )


def _nothing(root: str, path: str, tree: _Tree) -> DataError:
    """Why nothing in the folder is of use."""
    endings = Counter(os.path.splitext(name)[1].lower() for name in tree.top)
    for kind in kinds.FOLDERS.values():
        flat = sum(endings[ending] for ending in kind.endings)
        if flat and not tree.inside:
            noun = kind.noun if flat == 1 else kind.nouns
            return DataError(
                f"{shown(path)} holds {flat:,} {noun} and no class folder, so that nothing says what each shows",
                hint=f"put them into a folder a class: {kind.shape}",
            )
    all_endings = endings + tree.inside
    ending, count = all_endings.most_common(1)[0]
    if any(name.lower().endswith(_ARCHIVES) for name in tree.top) and not tree.inside:
        return DataError(f"{shown(path)} holds archives", hint="unpack them first")
    named = f"{count:,} × {ending}" if ending else f"{count:,} files without an ending"
    hint = _OTHERS.get(ending) or (
        "read are PNG, JPEG, BMP, GIF, TXT, MD, WAV, FLAC and OGG in class folders; tables as CSV, TSV, JSONL, Parquet"
    )
    return DataError(f"{shown(path)} holds nothing that a pipeline reads ({named})", hint=hint)


def _check_depth(root: str, path: str, tree: _Tree) -> None:
    """One folder that holds the class folders: what unpacking an archive often makes."""
    if len(tree.folders) != 1:
        return
    below = os.path.join(root, tree.folders[0])
    with os.scandir(below) as found:
        entries = [entry for entry in found if not entry.name.startswith(".")]
    folders = sorted(entry.name for entry in entries if entry.is_dir())
    if len(folders) < 2 and not set(folders) & set(SPLITS):
        return
    from graduate.pipeline.look.found import some

    inner = os.path.join(path, tree.folders[0])
    raise DataError(
        f"{shown(path)} holds one folder, {shown(tree.folders[0])}, and the class folders lie in it ({some(folders)})",
        hint=f"name {shown(inner)}",
    )
