"""SHA-256 of every file of a source, and a digest of them all. Unchanged files are not read twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from graduate import files
from graduate.errors import DataError
from graduate.pipeline.data.listing import File, Listing, shown

# A file that was written within this time before it was hashed may change once more without its times changing (clocks
# of file systems tick coarsely, some in whole seconds), so its hash is not kept.
_SETTLED_NS = 2_000_000_000
_Kept = dict[str, list]  # path -> [inode, size, mtime, ctime, sha256]


def of_files(listing: Listing, cache: str | os.PathLike[str] | None) -> dict[str, str]:
    """SHA-256 of each file, hexadecimal, by path; taken from the cache where inode, size and times are as they were.

    Raises:
        DataError: a file cannot be read.
    """
    kept_at = Path(cache, "hashes", f"{_short(listing.root)}.json") if cache else None
    known = _load(kept_at)
    hashed: dict[str, str] = {}
    fresh: _Kept = {}
    for file in listing.files:
        kept = known.get(file.path)
        if kept is not None and tuple(kept[:4]) == file.stamp:
            hashed[file.path] = kept[4]
            fresh[file.path] = kept
            continue
        started = time.time_ns()
        hashed[file.path] = of_file(listing.root, file)
        if max(file.stamp[2:]) + _SETTLED_NS < started:
            fresh[file.path] = [*file.stamp, hashed[file.path]]
    if kept_at is not None and fresh != known:
        with contextlib.suppress(OSError):  # a cache that cannot be written costs time only
            files.write_text(kept_at, json.dumps(fresh, separators=(",", ":")))
    return hashed


def of_file(root: str, file: File) -> str:
    """SHA-256 of one file, hexadecimal."""
    try:
        with open(os.path.join(root, file.path), "rb", buffering=0) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{shown(os.path.join(root, file.path))} cannot be read: {error.strerror}") from None


def digest(by_path: Mapping[str, str]) -> str:
    """SHA-256 over the sorted pairs (path, hash), hexadecimal."""
    lines = json.dumps(sorted(by_path.items()), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(lines.encode()).hexdigest()


def _load(kept_at: Path | None) -> _Kept:
    if kept_at is None:
        return {}
    try:
        value = json.loads(kept_at.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {path: kept for path, kept in value.items() if isinstance(kept, list) and len(kept) == 5}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
