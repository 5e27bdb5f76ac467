"""Folders of one file a row: `CLASS/name.png`, or `train/CLASS/name.png` beside `eval/` and `test/`.

Read is what has an ending of the kind, at any depth below the class folder. Hidden files are passed over in silence;
other endings, files outside a class folder and empty class folders are passed over with a note.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from graduate.errors import DataError
from graduate.pipeline.data.kinds import Kind
from graduate.pipeline.data.listing import MOST_CLASSES, SPLITS, File, Listing, entries, shown, stamp

_OTHER_NAMES = {
    "training": "train",
    "val": "eval",
    "valid": "eval",
    "validation": "eval",
    "dev": "eval",
    "testing": "test",
}


@dataclass
class _Found:
    """What is gathered on the way; `ignored` are paths of what is not read."""

    root: str
    kind: Kind
    files: list[File] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def scan(root: str, kind: Kind, *, missing_hint: str | None = None) -> Listing:
    """List a folder of classes.

    Raises:
        DataError: it is missing, is not a folder, holds no such files, one class only, files outside class folders, a
            link that leaves it, splits under other names, or a class in eval or test that training never sees.
    """
    found = _Found(root, kind)
    folders = _folders(root, found, missing_hint)
    ready_made = _ready_made(root, [folder.name for folder in folders])
    for folder in folders:
        if ready_made:
            _scan_classes(_folders(folder.path, found), folder.name, f"{folder.name}/", found)
    if not ready_made:
        _scan_classes(folders, None, "", found)
    found.files.sort(key=lambda file: file.path)
    _check_classes(found)
    return Listing(root, tuple(found.files), tuple(name for name in SPLITS if name in ready_made), _notes(found))


def _folders(folder: str, found: _Found, hint: str | None = None) -> list[os.DirEntry[str]]:
    """The sub-folders; files beside them are ignored, but rows with no class beside them are an error."""
    listed = list(entries(folder, found.root, hint))
    folders = [entry for entry in listed if entry.is_dir()]
    strays = [entry for entry in listed if not entry.is_dir()]
    if not folders:
        nouns = found.kind.nouns
        number = sum(_is_wanted(entry.name, found.kind) for entry in strays)
        lies = (
            f"holds {number} {nouns} and no class folder" if number else f"holds no {nouns}" if strays else "is empty"
        )
        raise DataError(f"{shown(folder)} {lies}", hint=found.kind.shape)
    found.ignored.extend(os.path.relpath(entry.path, found.root) for entry in strays)
    return folders


def _ready_made(root: str, names: list[str]) -> frozenset[str]:
    """The splits that the folders of a data folder are, if that is what they are."""
    meant = {name: _OTHER_NAMES.get(name.lower(), name.lower()) for name in names}
    if "train" not in meant.values() or not set(meant.values()) <= set(SPLITS):
        return frozenset()
    for name, right in meant.items():
        if name != right:
            raise DataError(
                f"{shown(root)} looks split already ({', '.join(names)}), but splits are named train, eval and test",
                hint=f"rename {shown(name)} to {right}",
            )
    return frozenset(names)


def _scan_classes(folders: list[os.DirEntry[str]], split: str | None, prefix: str, found: _Found) -> None:
    for folder in folders:
        before = len(found.files)
        for entry, path in _walk(folder.path, f"{prefix}{folder.name}", found):
            found.files.append(File(path, split, folder.name, stamp(entry)))
        if len(found.files) == before:
            found.empty.append(f"{prefix}{folder.name}")


def _walk(folder: str, path: str, found: _Found) -> Iterator[tuple[os.DirEntry[str], str]]:
    for entry in entries(folder, found.root):
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry.path, below, found)
        elif _is_wanted(entry.name, found.kind) and entry.is_file():
            yield entry, below
        else:
            found.ignored.append(below)


def _is_wanted(name: str, kind: Kind) -> bool:
    return os.path.splitext(name)[1].lower() in kind.endings


def _check_classes(found: _Found) -> None:
    if not found.files:
        raise DataError(f"{shown(found.root)} holds no {found.kind.nouns}", hint=found.kind.shape)
    trained = {file.label for file in found.files if file.split in (None, "train")}
    for file in found.files:
        if file.label not in trained:
            raise DataError(
                f"class {shown(str(file.label))} is in {file.split} ({shown(file.path)}) and training never sees it",
                hint=f"put {found.kind.nouns} of it into train/{file.label}/, or take it out of {file.split}",
            )
    if len(trained) < 2:
        raise DataError(
            f"{shown(found.root)} holds one class only ({shown(str(trained.pop()))})",
            hint=f"a classifier needs two or more class folders with {found.kind.nouns}",
        )
    if len(trained) > MOST_CLASSES:
        raise DataError(
            f"{shown(found.root)} holds {len(trained)} classes, and at most {MOST_CLASSES} can be told apart",
            hint=f"put rare classes together; is each folder one of the {found.kind.nouns}, and the class elsewhere?",
        )


def _notes(found: _Found) -> tuple[str, ...]:
    notes = []
    if found.ignored:
        endings = Counter(os.path.splitext(path)[1].lower() or "no ending" for path in found.ignored)
        some = ", ".join(f"{count} × {ending}" for ending, count in endings.most_common(3))
        notes.append(
            f"{len(found.ignored)} files in {shown(found.root)} are not read ({some}; the first is "
            f"{shown(min(found.ignored))}): only {found.kind.named.replace(' or ', ' and ')} in class folders are"
        )
    if found.empty:
        notes.append(f"class folders without {found.kind.nouns} are left out: {', '.join(map(shown, found.empty))}")
    return tuple(notes)
