"""TFRecords of tf.Example on disk: a file, a folder of files (or of `train/ eval/ test/`), or a glob."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator

from graduate.errors import DataError
from graduate.pipeline.data.listing import SPLITS, File, Listing, entries, shown, stamp


def scan(path: str) -> Listing:
    """List the files that `path` names.

    Raises:
        DataError: nothing is there.
    """
    if os.path.isdir(path):
        listing = _folder(path)
    elif os.path.isfile(path):
        listing = _files(os.path.dirname(path), [path])
    else:
        matched = sorted(name for name in glob.glob(path, recursive=True) if os.path.isfile(name))
        listing = _files(_fixed_part(path), matched)
    if not listing.files:
        raise DataError(
            f"no TFRecord file is found at {shown(path)}",
            hint="data.tfrecords is a file, a folder or a glob, relative to the config file",
        )
    return listing


def _folder(root: str) -> Listing:
    ready_made = {entry.name for entry in entries(root, root) if entry.is_dir()}
    split = "train" in ready_made and ready_made <= set(SPLITS)
    files = []
    for entry, path in _walk(root, root, ""):
        first = path.split("/", 1)[0]
        files.append(File(path, first if split and first in SPLITS else None, None, stamp(entry)))
    if split:
        files = [file for file in files if file.split]
    names = {file.split for file in files}
    return Listing(root, tuple(files), tuple(name for name in SPLITS if name in names))


def _walk(folder: str, root: str, prefix: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    for entry in entries(folder, root):
        if entry.is_dir():
            yield from _walk(entry.path, root, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield entry, f"{prefix}{entry.name}"


def _files(root: str, paths: list[str]) -> Listing:
    files = []
    for path in paths:
        status = os.stat(path)
        stamped = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        files.append(File(os.path.relpath(path, root), None, None, stamped))
    return Listing(root, tuple(files))


def _fixed_part(pattern: str) -> str:
    """The folder above the first part of a glob that has a wildcard in it."""
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return folder
