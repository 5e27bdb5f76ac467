"""Raw rows on their way in: what a chunk of input becomes, and the manifest of what became of every row."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graduate import files
from graduate.errors import DataError
from graduate.pipeline.data.listing import shown
from graduate.pipeline.data.readable import Unreadable, shape_of

HASH_CHARACTERS = 16  # of the content's SHA-256 in hexadecimal: enough to name a row


@dataclass
class Chunk:
    """Rows of one piece of the input: serialised examples by split, manifest entries, and what was bad."""

    examples: dict[str, list[bytes]] = field(default_factory=dict)
    manifest: list[dict[str, str]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)

    def add(self, raw: bytes, path: str, label: str, split: str, sha256: str | None = None) -> None:
        """Check and add one row."""
        try:
            shape = shape_of(raw)
        except Unreadable as error:
            self.skipped.append({"path": path, "reason": str(error)})
            return
        sha256 = sha256 or hashlib.sha256(raw).hexdigest()
        example = _example(
            image=raw,
            label=label.encode(),
            path=path.encode(),
            hash=sha256[:HASH_CHARACTERS].encode(),
            height=shape.height,
            width=shape.width,
            channels=shape.channels,
        )
        self.examples.setdefault(split, []).append(example)
        self.manifest.append({"path": path, "hash": sha256, "split": split, "class": label})

    def write(self, folder: str, name: str) -> None:
        """Keep manifest entries and bad rows as one file, which `collect` reads; written again, it is the same."""
        files.write_text(os.path.join(folder, name), json.dumps([self.manifest, self.skipped]))


def _example(**features: bytes | int) -> bytes:
    import tensorflow as tf

    example = tf.train.Example()
    for name, value in features.items():
        if isinstance(value, bytes):
            example.features.feature[name].bytes_list.value.append(value)
        else:
            example.features.feature[name].int64_list.value.append(value)
    return example.SerializeToString(deterministic=True)


def collect(folder: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Manifest entries and bad rows of all chunks, each sorted by path."""
    manifest: list[dict[str, str]] = []
    skipped: list[dict[str, str]] = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as opened:
            rows, bad = json.load(opened)
        manifest += rows
        skipped += bad
    return sorted(manifest, key=_path), sorted(skipped, key=_path)


def _path(row: Mapping[str, str]) -> str:
    return row["path"]


def write_lines(path: str, values: Iterable[Mapping[str, str]]) -> None:
    """Write JSON lines, atomically."""
    files.write_text(path, "".join(json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n" for value in values))


def check_bad(skipped: list[dict[str, str]], data: Mapping[str, Any], *, root: str, listed_in: str) -> None:
    """Refuse bad rows where the config says so, or where there are too many.

    Args:
        skipped: what is bad: path, reason.
        data: the `data` group.
        root: the folder the paths are relative to.
        listed_in: a file that is written with all of them.

    Raises:
        DataError: up to five of them with their reasons, and the remedy.
    """
    most = data["max_bad_rows"]
    if not skipped or (data["bad_rows"] == "skip" and len(skipped) <= most):
        return
    write_lines(listed_in, skipped)
    some = "; ".join(f"{shown(row['path'])}: {row['reason']}" for row in skipped[:5])
    more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
    number = f"{len(skipped)} bad row{'' if len(skipped) == 1 else 's'}"
    if data["bad_rows"] == "skip":
        message = f"{number} in {shown(root)}, more than data.max_bad_rows: {most}: {some}{more}"
        hint = f"mend or remove them (all are listed in {shown(listed_in)}), or raise data.max_bad_rows"
    else:
        message = f"{number} in {shown(root)}: {some}{more}"
        hint = f"mend or remove them (all are listed in {shown(listed_in)}), or set data.bad_rows: skip"
    raise DataError(message, where="ExampleGen", hint=hint)
