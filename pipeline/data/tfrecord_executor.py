"""ExampleGen for TFRecords of tf.Example."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam

from graduate.errors import DataError
from graduate.pipeline.data import splits
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.hashes import of_bytes
from graduate.pipeline.data.listing import File, shown
from graduate.pipeline.data.rows import Chunk


class TFRecordExecutor(Executor):
    """Reads one file at a time; the split of a row is known when it is read, so one transform gives all splits."""

    def GenerateExamplesByBeam(
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        names = tuple(self._split_names())
        reading = Reading(self._source.data, self._source.shares, self._contents.listing.root, self._parts)
        found = (
            pipeline
            | "Files" >> beam.Create(list(self._contents.files), reshuffle=len(self._contents.files) > 16)
            | "Read" >> beam.ParDo(_Read(reading)).with_outputs(*names)
        )
        return {name: found[name] for name in names}

    def GetInputSourceToExamplePTransform(self) -> beam.PTransform:
        raise NotImplementedError("the splits are told apart row by row: see GenerateExamplesByBeam")


class Reading(NamedTuple):
    """What a worker needs to read a file."""

    data: Mapping[str, Any]
    shares: Mapping[str, float]
    root: str
    parts: str


class _Read(beam.DoFn):
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def process(self, file: File) -> Iterable[beam.pvalue.TaggedOutput]:
        chunk = Chunk()
        for number, record in enumerate(_records(self._reading.root, file)):
            _add(chunk, record, f"{file.path}#{number:06d}", file.split, self._reading)
        chunk.write(self._reading.parts, f"{of_bytes(file.path.encode())[:32]}.json")
        for split, examples in chunk.examples.items():
            for example in examples:
                yield beam.pvalue.TaggedOutput(split, example)


def _records(root: str, file: File) -> Iterable[bytes]:
    import tensorflow as tf

    path = os.path.join(root, file.path)
    with open(path, "rb") as opened:
        compressed = opened.read(2) == b"\x1f\x8b"
    try:
        with tf.device("CPU:0"):
            for record in tf.data.TFRecordDataset(path, "GZIP" if compressed else ""):
                yield record.numpy()
    except tf.errors.OpError as error:
        raise DataError(
            f"{shown(path)} is not a whole TFRecord file ({error.message.splitlines()[0]})",
            where="ExampleGen",
            hint="write it again, or move it away",
        ) from None


def _add(chunk: Chunk, record: bytes, path: str, split: str | None, reading: Reading) -> None:
    try:
        features = _features(record)
        raw = _only(features, reading.data["image_feature"])
        label = _text(_only(features, reading.data["label_feature"]))
        group_by = reading.data.get("group_by")
        group = _text(_only(features, group_by)) if group_by else None
    except ValueError as error:
        chunk.skipped.append({"path": path, "reason": str(error)})
        return
    if not isinstance(raw, bytes):
        chunk.skipped.append({"path": path, "reason": f"feature {reading.data['image_feature']} is not bytes"})
        return
    sha256 = of_bytes(raw)
    chunk.add(raw, path, label, split or splits.of_key(group or sha256, reading.shares), sha256)


def _features(record: bytes) -> Mapping[str, Any]:
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        return tf.train.Example.FromString(record).features.feature
    except DecodeError:
        raise ValueError("it is not a tf.Example") from None


def _only(features: Mapping[str, Any], name: str) -> bytes | int:
    if name not in features:
        there: Sequence[str] = sorted(features)
        raise ValueError(f"it has no feature {name} (it has: {', '.join(there) or 'none'})")
    kind = features[name].WhichOneof("kind")
    values = getattr(features[name], kind).value if kind in ("bytes_list", "int64_list") else ()
    if len(values) != 1:
        raise ValueError(f"feature {name} holds {len(values)} values of bytes or int64, not one")
    return values[0]


def _text(value: bytes | int) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError("its class is not UTF-8") from None
