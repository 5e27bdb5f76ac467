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
    """Paths that are needed: whether another one is among them, inside one, or above one."""

    def __init__(self, paths: Iterable[AnyPath]) -> None:
        self._paths = {os.path.normpath(path) for path in paths}
        self._above: set[str] = set()
        for path in self._paths:
            for parent in _parents(path):
                if parent in self._above:
                    break  # with all that is above it
                self._above.add(parent)

    def touch(self, path: Path) -> bool:
        """Whether deleting `path` would take something of them."""
        text = os.path.normpath(path)
        return self.hold(path) or text in self._above

    def hold(self, path: Path) -> bool:
        """Whether `path` is one of them or lies inside one."""
        text = os.path.normpath(path)
        return text in self._paths or not self._paths.isdisjoint(_parents(text))

    def above(self, path: Path) -> bool:
        """Whether one of them lies below `path`."""
        return os.path.normpath(path) in self._above


class Area:
    """A work folder.

    Args:
        root: its path; may be a link itself.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self._given = Path(os.path.abspath(root))
        self._starts = tuple(dict.fromkeys(os.path.join(start, "") for start in (self._given, self.root)))

    def holds(self, path: AnyPath) -> bool:
        """Whether a path is said to lie in the work folder, whatever is there."""
        return os.path.normpath(path).startswith(self._starts)

    def inside(self, path: AnyPath, part: str) -> Path | None:
        """The path below `root`, if it lies strictly inside `root/part` and no link leads there or out of there."""
        text = os.path.normpath(path)
        for start in self._starts:
            relative = text.removeprefix(start)
            if relative != text and relative.startswith(f"{part}{os.sep}") and _plain(str(self.root), relative):
                return self.root / relative
        return None

    def named(self, folders: Iterable[AnyPath]) -> Iterator[AnyPath]:
        """Folders of artifacts as they lie here: also those of a work folder that was moved, or copied here."""
        for folder in folders:
            yield folder
            place = self.inside(folder, "artifacts")
            if place is not None:
                yield place
                continue
            head, separator, tail = os.path.normpath(folder).rpartition("/artifacts/")
            if separator and head:
                yield f"{self.root}/artifacts/{tail}"

    def orphans(self, named: Paths) -> Iterator[tuple[Path, bool]]:
        """What lies below `artifacts/` and is nobody's; whether it is what TFX's executors left of their own."""
        top = self.root / "artifacts"
        waiting = [top] if top.is_dir() and not top.is_symlink() else []
        while waiting:
            for entry in _entries(waiting.pop()):
                path = Path(entry.path)
                if entry.is_symlink() or named.hold(path):
                    continue
                if entry.name == SYSTEM:
                    yield from ((left, True) for left in _left_by_executors(path))
                elif not entry.is_dir(follow_symlinks=False):
                    continue  # a file between the folders is nobody's that we know
                elif named.above(path):
                    waiting.append(path)
                elif entry.name.startswith(ASIDE) or _holds_files(path):
                    yield path, False

    def files(self, part: str, pattern: str) -> list[Path]:
        """Files below `root/part`, in order."""
        return [path for path in self._found(part, pattern) if path.is_file()]

    def folders(self, part: str, pattern: str) -> list[Path]:
        """Folders below `root/part`, in order."""
        return [path for path in self._found(part, pattern) if path.is_dir()]

    def _found(self, part: str, pattern: str) -> list[Path]:
        found = sorted((self.root / part).glob(pattern)) if (self.root / part).is_dir() else []
        return [path for path in found if _plain(str(self.root), str(path.relative_to(self.root)))]


def size(path: Path) -> int:
    """Bytes that would be freed: files with another name elsewhere free nothing; links are not followed."""
    total = 0
    names: dict[tuple[int, int], list[int]] = {}
    for file in _walk(path):
        try:
            status = os.lstat(file)
        except OSError:
            continue
        if status.st_nlink == 1:
            total += status.st_size
        else:
            names.setdefault((status.st_dev, status.st_ino), []).append(status.st_size)
            if len(names[status.st_dev, status.st_ino]) == status.st_nlink:
                total += status.st_size
    return total


def hash_caches(sources: Iterable[str]) -> set[str]:
    """Names of the files in `cache/hashes` that these sources, or folders above them, have (`data/hashes.py`)."""
    roots = {one for source in sources for one in (source, *_parents(os.path.normpath(source)))}
    return {hashlib.sha256(root.encode()).hexdigest()[:16] for root in roots}


def _parents(path: str) -> Iterator[str]:
    """The folders above a normalised path, the nearest first."""
    while (above := os.path.dirname(path)) != path:
        yield above
        path = above


def _plain(root: str, relative: str) -> bool:
    """Whether no part of a path below `root` is a link, and none leads up."""
    at = root
    for part in relative.split(os.sep):
        at = f"{at}{os.sep}{part}"
        if part == ".." or os.path.islink(at):
            return False
    return True


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _left_by_executors(system: Path) -> Iterator[Path]:
    """Of `.system/executor_execution/N` and `.system/stateful_working_dir/N` those with files in them."""
    for kind in _entries(system):
        if kind.is_dir(follow_symlinks=False):
            for entry in _entries(Path(kind.path)):
                if entry.is_dir(follow_symlinks=False) and _holds_files(Path(entry.path)):
                    yield Path(entry.path)


def _holds_files(path: Path) -> bool:
    return next(_walk(path), None) is not None


def _walk(path: Path) -> Iterator[str]:
    if not path.is_dir() or path.is_symlink():
        yield str(path)
        return
    for above, folders, files in os.walk(path, followlinks=False):
        yield from (os.path.join(above, name) for name in files)
        yield from (os.path.join(above, name) for name in folders if os.path.islink(os.path.join(above, name)))
