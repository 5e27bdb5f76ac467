"""Raw rows on their way in: chunks of examples, the manifest of what became of every row, and what was bad."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graduate import files
from graduate.errors import DataError
from graduate.pipeline.data import accounts, kinds
from graduate.pipeline.data.accounts import Account, Accounts
from graduate.pipeline.data.kinds import Seen
from graduate.pipeline.data.listing import shown

HASH_CHARACTERS = 16  # of the content's SHA-256 in hexadecimal: enough to name a row
_DECODED_TOGETHER = 256  # where one is bad, so many are decoded once more, one by one


class Row(NamedTuple):
    """One row as it was found; `sha256` of `raw`, hexadecimal; `group`, or "" where rows have none."""

    raw: bytes
    path: str
    label: str
    split: str
    sha256: str
    group: str = ""


@dataclass
class Chunk:
    """Rows that are read and written together. `name` is the same in every run over the same input."""

    name: str
    task: str = "image"
    rows: list[Row] = field(default_factory=list)
    rate: int | None = None  # see `kinds.seen_of`
    target: str = "class"  # of `labels` a row's label is zeros and ones, with a space between
    account: Account = field(default_factory=Account)

    def skip(self, path: str, reason: str) -> None:
        """Count one row as bad."""
        self.account.skip(path, reason)

    def examples(self) -> dict[str, list[bytes]]:
        """Decode the rows: the good ones as serialised examples by split; all of them into the account."""
        by_split: dict[str, list[bytes]] = {}
        for start in range(0, len(self.rows), _DECODED_TOGETHER):
            some = self.rows[start : start + _DECODED_TOGETHER]
            looked_at = kinds.seen_of(self.task, [row.raw for row in some], self.rate)
            for row, seen in zip(some, looked_at, strict=True):
                if isinstance(seen, str):
                    self.skip(row.path, seen)
                    continue
                by_split.setdefault(row.split, []).append(self._example(row, seen))
                self.account.add(_entry(row, seen))
        return by_split

    def _example(self, row: Row, seen: Seen) -> bytes:
        return _example(row, seen, kinds.BY_TASK[self.task].raw_feature, _label(row.label, self.target))

    def write(self, splits: Mapping[str, str], noted: str) -> None:
        """Decode, and write a shard of each split and the account; a retry writes the same again.

        Args:
            splits: the folder of each split.
            noted: the folder of accounts, which `accounts.collect` reads.
        """
        for split, examples in self.examples().items():
            _write_shard(os.path.join(splits[split], f"data_tfrecord-{self.name}.gz"), examples)
        self.account.write(noted, self.name)


@dataclass
class PartChunk(Chunk):
    """A chunk whose rows are read in `examples`, where they are written: until then it is empty, and afterwards."""

    def write(self, splits: Mapping[str, str], noted: str) -> None:
        """The same; Beam may keep the chunk until all are written, or write it once more."""
        try:
            super().write(splits, noted)
        finally:
            self.forget()

    def forget(self) -> None:
        """Let go of what was made of the rows."""
        self.rows, self.account = [], Account()


def _label(label: str, target: str) -> bytes | list[float]:
    return [float(one) for one in label.split()] if target == "labels" else label.encode()


def _entry(row: Row, seen: Seen) -> dict[str, Any]:
    entry = {"path": row.path, "hash": row.sha256, "split": row.split, "class": row.label, **seen.entry}
    return entry | ({"group": row.group} if row.group else {})


def _example(row: Row, seen: Seen, raw_feature: str, label: bytes | list[float]) -> bytes:
    return serialised(
        {
            raw_feature: row.raw if seen.raw is None else seen.raw,
            "label": label,
            "path": row.path.encode(),
            "hash": row.sha256[:HASH_CHARACTERS].encode(),
            **seen.features,
        }
    )


def serialised(features: Mapping[str, bytes | int | float | list[float]]) -> bytes:
    """A tf.Example, the same bytes for the same features."""
    import tensorflow as tf

    example = tf.train.Example()
    for name, value in features.items():
        feature = example.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif isinstance(value, list):
            feature.float_list.value.extend(value)
        elif isinstance(value, float):
            feature.float_list.value.append(value)
        else:
            feature.int64_list.value.append(value)
    return example.SerializeToString(deterministic=True)


def _write_shard(path: str, examples: Iterable[bytes]) -> None:
    import tensorflow as tf

    options = tf.io.TFRecordOptions("GZIP", compression_level=1)  # images are compressed already
    with files.atomic_path(path) as aside, tf.io.TFRecordWriter(os.fspath(aside), options) as writer:
        for example in examples:
            writer.write(example)


def sha256_of(content: bytes) -> str:
    """SHA-256 of a content, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def check_bad(account: Accounts, data: Mapping[str, Any], *, root: str, listed_in: str) -> None:
    """Refuse bad rows where the config says so, or where there are too many.

    Args:
        account: of all rows.
        data: the `data` group.
        root: the folder the paths are relative to.
        listed_in: a file that is written with all of them: path, reason.

    Raises:
        DataError: up to five of them with their reasons, and the remedy.
    """
    skip, most, skipped = data["bad_rows"] == "skip", data["max_bad_rows"], account.skipped
    if not skipped or (skip and skipped <= most):
        return
    accounts.write(listed_in, account.bad())
    first = map(json.loads, itertools.islice(account.bad(), 5))
    some = "; ".join(f"{shown(row['path'])}: {row['reason']}" for row in first)
    more = f"; and {skipped - 5} more" if skipped > 5 else ""
    number = f"{skipped} bad row{'' if skipped == 1 else 's'} in {shown(root)}"
    limit = f", more than data.max_bad_rows: {most}" if skip else ""
    remedy = "raise data.max_bad_rows" if skip else "set data.bad_rows: skip"
    raise DataError(
        f"{number}{limit}: {some}{more}",
        where="ExampleGen",
        hint=f"mend or remove them (all are listed in {shown(listed_in)}), or {remedy}",
    )
