"""What an object store does not keep: the empty files and folders of an artifact."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

EMPTY = ".graduate-empty.json"


def restore(folder: str) -> None:
    """Make again what the object store did not keep of an artifact."""
    listed = Path(folder) / EMPTY
    if not listed.is_file():
        return
    told = json.loads(listed.read_text(encoding="utf-8"))
    for name in told["folders"]:
        (Path(folder) / name).mkdir(parents=True, exist_ok=True)
    for name in told["files"]:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def remember(folder: str) -> None:
    """Write down the empty files and folders of an artifact that is about to go into an object store."""
    found: dict[str, list[str]] = {"files": [], "folders": []}
    for kind, name in _empty(folder):
        found[kind].append(name)
    if any(found.values()) or not os.listdir(folder):  # without any file there would be nothing at the URI
        text = json.dumps({kind: sorted(names) for kind, names in found.items()})
        (Path(folder) / EMPTY).write_text(text, encoding="utf-8")


def _empty(folder: str) -> Iterator[tuple[str, str]]:
    for place, folders, names in os.walk(folder):
        if not folders and not names and place != folder:
            yield "folders", os.path.relpath(place, folder)
        for name in names:
            path = os.path.join(place, name)
            if os.path.getsize(path) == 0:
                yield "files", os.path.relpath(path, folder)


__all__ = ["EMPTY", "remember", "restore"]
