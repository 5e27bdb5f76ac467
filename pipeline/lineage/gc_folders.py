"""What lies in a work folder: sizes, folders that nobody names. Links are never followed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SYSTEM = ".system"  # TFX's own folder below each node: temporary files of executors
AnyPath = str | Path
ASIDE = ".deleting-"  # what a gc has taken out of sight and not deleted yet


class Paths:
    """Paths that are needed: whether another one is among them, inside one, or above one.

    What is asked about is normalised, as `Area` gives it.
    """

    def __init__(self, paths: Iterable[AnyPath]) -> None:
        self._paths = {os.path.normpath(path) for path in paths}
        self._above: set[str] = set()
        self._within: dict[str, bool] = {}  # folders of what was asked about: neighbours have them in common
        for path in self._paths:
            for parent in _parents(path):
                if parent in self._above:
                    break  # with all that is above it
                self._above.add(parent)

    def touch(self, path: str) -> bool:
        """Whether deleting `path` would take something of them."""
        return path in self._above or self.hold(path)

    def hold(self, path: str) -> bool:
        """Whether `path` is one of them or lies inside one."""
        if path in self._paths:
            return True
        folder = _folder(path)
        if folder == path:
            return False
        if folder not in self._within:
            self._within[folder] = self.hold(folder)
        return self._within[folder]

    def above(self, path: str) -> bool:
        """Whether one of them lies below `path`."""
        return path in self._above


class Area:
    """A work folder.

    Args:
        root: its path; may be a link itself.
        remember: ask once of each path whether it is a link: to look, not to delete.
    """

    def __init__(self, root: Path, *, remember: bool = False) -> None:
        self.root = Path(os.path.realpath(root))
        self._given = Path(os.path.abspath(root))
        self._starts = tuple(dict.fromkeys(os.path.join(start, "") for start in (self._given, self.root)))
        self._remember, self._seen = remember, dict[str, bool]()

    def holds(self, path: AnyPath) -> bool:
        """Whether a path is said to lie in the work folder, whatever is there."""
        return os.path.normpath(path).startswith(self._starts)

    def inside(self, path: AnyPath, part: str) -> Path | None:
        """The path below `root`, if it lies strictly inside `root/part` and no link leads there or out of there."""
        place = self.place(path, part)
        return None if place is None else Path(place)

    def place(self, path: AnyPath, part: str) -> str | None:
        """The same as a text."""
        text = os.path.normpath(path)
        for start in self._starts:
            relative = text.removeprefix(start)
            if relative != text and relative.startswith(f"{part}{os.sep}") and self._lies_plainly(relative):
                return f"{self.root}{os.sep}{relative}"
        return None

    def _plain(self, relative: str) -> bool:
        """Whether no part of a path below `root` is a link, and none leads up."""
        folder, _, name = relative.rpartition(os.sep)
        if name == ".." or (folder and not self._lies_plainly(folder)):
            return False
        return not os.path.islink(f"{self.root}{os.sep}{relative}")

    def _lies_plainly(self, relative: str) -> bool:
        if not self._remember:
            return self._plain(relative)
        if relative not in self._seen:
            self._seen[relative] = self._plain(relative)
        return self._seen[relative]

    def named(self, folders: Iterable[str]) -> Iterator[str]:
        """Folders of artifacts as they lie here: also those of a work folder that was moved, or copied here."""
        for folder in folders:
            yield folder
            place = self.place(folder, "artifacts")
            if place is not None:
                if place != folder:
                    yield place
                continue
            head, separator, tail = os.path.normpath(folder).rpartition("/artifacts/")
            if separator and head:
                yield f"{self.root}/artifacts/{tail}"

    def orphans(self, named: Paths) -> Iterator[tuple[Path, bool]]:
        """What lies below `artifacts/` and is nobody's; whether it is what TFX's executors left of their own."""
        top = self.root / "artifacts"
        waiting = [str(top)] if top.is_dir() and not top.is_symlink() else []
        while waiting:
            for entry in _entries(waiting.pop()):
                path = entry.path
                if entry.is_symlink() or named.hold(path):
                    continue
                if entry.name == SYSTEM:
                    yield from ((left, True) for left in _left_by_executors(path))
                elif not entry.is_dir(follow_symlinks=False):
                    continue  # a file between the folders is nobody's that we know
                elif named.above(path):
                    waiting.append(path)
                elif entry.name.startswith(ASIDE) or _holds_files(path):
                    yield Path(path), False

    def files(self, part: str, pattern: str) -> list[Path]:
        """Files below `root/part`, in order."""
        return [path for path in self._found(part, pattern) if path.is_file()]

    def folders(self, part: str, pattern: str) -> list[Path]:
        """Folders below `root/part`, in order."""
        return [path for path in self._found(part, pattern) if path.is_dir()]

    def _found(self, part: str, pattern: str) -> list[Path]:
        found = sorted((self.root / part).glob(pattern)) if (self.root / part).is_dir() else []
        return [path for path in found if self._plain(str(path.relative_to(self.root)))]


def size(path: AnyPath) -> int:
    """Bytes that would be freed: files with another name elsewhere free nothing; links are not followed."""
    total = 0
    names: dict[tuple[int, int], int] = {}
    for file in _walk(path):
        try:
            status = file.stat(follow_symlinks=False)
        except OSError:
            continue
        if status.st_nlink > 1:
            this = (status.st_dev, status.st_ino)
            names[this] = names.get(this, 0) + 1
            if names[this] < status.st_nlink:
                continue
        total += status.st_size
    return total


def hash_caches(sources: Iterable[str]) -> set[str]:
    """Names of the files in `cache/hashes` that these sources, or folders above them, have (`data/hashes.py`)."""
    roots = {one for source in sources for one in (source, *_parents(os.path.normpath(source)))}
    return {hashlib.sha256(root.encode()).hexdigest()[:16] for root in roots}


def _parents(path: str) -> Iterator[str]:
    """The folders above a normalised path, the nearest first."""
    while (above := _folder(path)) != path:
        yield above
        path = above


def _folder(path: str) -> str:
    """The folder above a normalised path; of the topmost that itself."""
    above = path.rpartition(os.sep)[0]
    return above or (os.sep if path.startswith(os.sep) else "")


def _entries(folder: AnyPath) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _left_by_executors(system: str) -> Iterator[Path]:
    """Of `.system/executor_execution/N` and `.system/stateful_working_dir/N` those with files in them."""
    for kind in _entries(system):
        if kind.is_dir(follow_symlinks=False):
            for entry in _entries(kind.path):
                if entry.is_dir(follow_symlinks=False) and _holds_files(entry.path):
                    yield Path(entry.path)


def _holds_files(path: AnyPath) -> bool:
    return next(_walk(path), None) is not None


def _walk(path: AnyPath) -> Iterator[os.DirEntry[str] | Path]:
    """All below a folder that is none itself, links among them; of anything else that itself."""
    waiting = [os.fspath(path)]
    if os.path.islink(path) or not os.path.isdir(path):
        yield Path(path)
        return
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry
        except OSError:
            continue  # a folder that may not be looked into
