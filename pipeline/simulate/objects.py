"""An object store as a folder, and what the launcher does with it: files come and go, folders do not exist there.

`minio://bucket/key` lies at `objects/minio/bucket/key` of the work folder. A pipeline root that is a folder of this
machine is used in place, without a copy.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from graduate.errors import UsageError, UserError
from graduate.pipeline.kubeflow import places


class Objects:
    """All stores of a work folder.

    Args:
        folder: that has a folder for each scheme.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def at(self, uri: str) -> Path:
        """Where an object or a prefix of the store lies on this machine."""
        scheme, _, key = uri.partition("://")
        return self._folder / scheme / key.strip("/")

    def put(self, uri: str, source: Path) -> None:
        """Fill a prefix with the files of a folder, or an object with a file; what was there goes.

        Raises:
            UsageError: the URI is of no object store, or there is nothing to put.
        """
        if not places.in_object_store(uri):
            raise UsageError(
                f"{uri} is no URI of an object store", hint="such as minio://bucket/folder, s3:// or gs://"
            )
        if not source.exists():
            raise UsageError("there is no such file or folder", where=str(source))
        target = self.at(uri)
        _clear(target)
        _copy(source, target)

    def download(self, uri: str, target: Path) -> None:
        """Bring an object, or all below a prefix, to a path of a container; nothing where there is no such object."""
        source = self.at(uri)
        if source.exists():
            _copy(source, target)

    def upload(self, source: Path, uri: str) -> None:
        """Take a container's file, or all files of a folder, away; a path that is not there is allowed."""
        if source.exists():
            _copy(source, self.at(uri), moved=True)

    def has(self, uri: str) -> bool:
        """Whether there is anything at a URI."""
        there = self.at(uri)
        return there.is_file() or any(files for _, _, files in os.walk(there))


def _copy(source: Path, target: Path, *, moved: bool = False) -> None:
    """The files of a folder with their folders; a folder without a file in it is not in a bucket."""
    bring = shutil.move if moved else shutil.copy2
    try:
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            bring(str(source), str(target))
            return
        for folder, _, names in os.walk(source, followlinks=True):
            into = target / os.path.relpath(folder, source)
            for name in names:
                into.mkdir(parents=True, exist_ok=True)
                one = os.path.join(folder, name)
                (shutil.copy2 if os.path.islink(one) else bring)(one, os.path.join(into, name))
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise UserError(f"an object and a folder of objects have the same name: {error.filename}") from error


def _clear(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
