"""ExampleGen for TFRecords of tf.Example."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam

from graduate.pipeline.data import splits
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.listing import File, shown
from graduate.pipeline.data.rows import Chunk, Row, sha256_of

BYTES = 64 * 2**20  # of rows in a chunk: what one worker holds in memory at a time


class TFRecordExecutor(Executor):
    """Reads one file at a time; the split of a row is known when it is read."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        given = Given(self._source.data, self._source.shares, self._contents.listing.root)
        return ReadRecords(self._contents.files, given)


class Given(NamedTuple):
    """What a worker needs to read a file."""

    data: Mapping[str, Any]
    shares: Mapping[str, float]
    root: str


class ReadRecords(beam.PTransform):
    """Files to chunks of rows."""

    def __init__(self, files: Sequence[File], given: Given) -> None:
        super().__init__()
        self._files, self._given = files, given

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return (
            pipeline
            | "Tasks" >> beam.Create(self._files, reshuffle=len(self._files) > 16)
            | "Files" >> beam.ParDo(_Read(self._given)).with_output_types(Chunk)
        )


class _Read(beam.DoFn):
    def __init__(self, given: Given) -> None:
        self._given = given

    def process(self, file: File) -> Iterator[Chunk]:
        name = sha256_of(file.path.encode())[:16]
        chunk, number, size = Chunk(f"{name}-00000"), 0, 0
        for position, record in enumerate(_records(self._given.root, file, chunk.account.errors)):
            _add(chunk, record, f"{file.path}#{position:06d}", file.split, self._given)
            size += len(record)
            if size > BYTES:
                yield chunk
                number, size = number + 1, 0
                chunk = Chunk(f"{name}-{number:05d}")
        yield chunk


def _records(root: str, file: File, errors: list[str]) -> Iterable[bytes]:
    import tensorflow as tf

    path = os.path.join(root, file.path)
    with open(path, "rb") as opened:
        compressed = opened.read(2) == b"\x1f\x8b"
    try:
        with tf.device("CPU:0"):
            yield from tf.data.TFRecordDataset(path, "GZIP" if compressed else "").as_numpy_iterator()
    except tf.errors.OpError as error:
        errors.append(f"{shown(path)} is not a whole TFRecord file ({_why(error.message)})")


def _why(message: str) -> str:
    """TensorFlow's first line without the names of its own operations."""
    return re.sub(r"\{\{.*?\}\} ?|\[Op:.*", "", message.splitlines()[0]).strip()


def _add(chunk: Chunk, record: bytes, path: str, split: str | None, given: Given) -> None:
    try:
        features = _features(record)
        raw = _only(features, given.data["image_feature"])
        label = _text(_only(features, given.data["label_feature"]), given.data["label_feature"])
        group_by = given.data.get("group_by")
        group = _text(_only(features, group_by), group_by) if group_by else None
        if not isinstance(raw, bytes):
            raise ValueError(f"feature {given.data['image_feature']} is a number, not bytes")
    except ValueError as error:
        chunk.skip(path, str(error))
        return
    sha256 = sha256_of(raw)
    chunk.rows.append(Row(raw, path, label, split or splits.of_key(group or sha256, given.shares), sha256, group or ""))


def _features(record: bytes) -> Mapping[str, Any]:
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        return tf.train.Example.FromString(record).features.feature
    except DecodeError:
        raise ValueError("it is not a tf.Example") from None


def _only(features: Mapping[str, Any], name: str) -> bytes | int:
    if name not in features:
        raise ValueError(f"it has no feature {name} (it has: {', '.join(sorted(features)) or 'none'})")
    kind = features[name].WhichOneof("kind")
    values: Sequence[bytes | int] = getattr(features[name], kind).value if kind in ("bytes_list", "int64_list") else ()
    if len(values) != 1:
        raise ValueError(f"feature {name} holds {len(values)} values of bytes or int64, not one")
    return values[0]


def _text(value: bytes | int, name: str) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError(f"feature {name} is not UTF-8") from None
