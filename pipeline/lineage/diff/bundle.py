"""Reads the variables of a SavedModel without TensorFlow: its checkpoint format, a sorted table beside raw bytes.

`variables.index` is LevelDB's table (github.com/google/leveldb, doc/table_format.md), which TensorFlow writes
uncompressed; its values are `BundleEntryProto`s (tensorflow/core/protobuf/tensor_bundle.proto): type, shape, shard,
offset and size of a tensor in `variables.data-?????-of-?????`. Names of variables are in the tensor
`_CHECKPOINTABLE_OBJECT_GRAPH` (trackable_object_graph.proto).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48  # bytes: two block handles, padded, and the magic number
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
# tensorflow/core/framework/types.proto, by number; strings and quantised types are left out
_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 17: "<u2", 19: "<f2",
          22: "<u4", 23: "<u8"}  # fmt: skip
_BFLOAT16 = 14


class Unreadable(ValueError):
    """The files are not such a checkpoint, or of a kind that is not read here."""


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


class Bundle:
    """The variables in a folder `variables/`.

    Raises:
        Unreadable: it holds no checkpoint of this format.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            table = (folder / "variables.index").read_bytes()
            found = {key.decode(): value for key, value in _table(table)}
            header = dict(_fields(found.pop("")))
            self._entries = {key: _entry(value) for key, value in found.items()}
            self._shards = int(header.get(1, 1))
            if header.get(2, 0):
                raise Unreadable("its bytes are big-endian")
            self._names = self._named()
        except (OSError, LookupError, struct.error, UnicodeDecodeError) as error:
            raise Unreadable("variables/ holds no checkpoint that can be read") from error

    def variables(self) -> dict[str, Entry]:
        """Entries by the variable's name, where the graph tells it; by the checkpoint's key otherwise."""
        return {
            self._names.get(key, key): entry
            for key, entry in self._entries.items()
            if entry.dtype in _TYPES or entry.dtype == _BFLOAT16
        }

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return sum(entry.size for entry in self._entries.values())

    def digest(self) -> str:
        """SHA-256 over key, type, shape and bytes of every variable, hexadecimal; not over the graph of objects.

        Raises:
            Unreadable: the data file is too short.
        """
        total = hashlib.sha256()
        for key, entry in sorted(self._entries.items()):
            if key != _GRAPH:
                content = hashlib.sha256(self._bytes(entry)).hexdigest()
                total.update(f"{key}\0{entry.dtype}\0{entry.shape}\0{content}\n".encode())
        return total.hexdigest()

    def read(self, entry: Entry) -> np.ndarray[Any, Any]:
        """A tensor's values; bfloat16 as float32.

        Raises:
            Unreadable: the data file is too short.
        """
        import numpy as np

        raw = self._bytes(entry)
        if entry.dtype == _BFLOAT16:
            return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4").reshape(entry.shape)
        return np.frombuffer(raw, _TYPES[entry.dtype]).reshape(entry.shape)

    def _bytes(self, entry: Entry) -> bytes:
        with open(self._folder / f"variables.data-{entry.shard:05}-of-{self._shards:05}", "rb") as opened:
            opened.seek(entry.offset)
            found = opened.read(entry.size)
        if len(found) != entry.size:
            raise Unreadable("variables/ is cut off")
        return found

    def _named(self) -> dict[str, str]:
        entry = self._entries.get(_GRAPH)
        if entry is None:
            return {}
        raw = self._bytes(entry)
        length, at = _varint(raw, 0)  # a string tensor: lengths, their checksum (4 bytes), then the strings
        graph = raw[at + 4 : at + 4 + length]
        names = {}
        for number, node in _fields(graph):
            for inner, attribute in _fields(node) if number == 1 else ():
                if inner == 2:
                    told = dict(_fields(attribute))
                    if told.get(2) and told.get(3):
                        names[told[3].decode()] = told[2].decode()
        return names if len(set(names.values())) == len(names) else {}


def _table(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = content[-_FOOTER:]
    if len(footer) < _FOOTER or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise Unreadable("variables.index is not a table")
    at = 0
    for _ in range(2):  # the handle of the meta index comes first
        offset, at = _varint(footer, at)
        size, at = _varint(footer, at)
    for _, handle in _block(content, offset, size):
        offset, at = _varint(handle, 0)
        size, _ = _varint(handle, at)
        yield from _block(content, offset, size)


def _block(content: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if content[offset + size] != 0:
        raise Unreadable("variables.index is compressed")
    block = content[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]  # restart points, and how many
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        rest, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + rest]
        at += rest
        yield key, block[at : at + length]
        at += length


def _entry(message: bytes) -> Entry:
    told: dict[int, Any] = {}
    shape: tuple[int, ...] = ()
    for number, value in _fields(message):
        if number == 2:
            shape = tuple(int(dict(_fields(dim)).get(1, 0)) for inner, dim in _fields(value) if inner == 2)
        elif number == 7:
            raise Unreadable("a variable is stored in slices")
        else:
            told[number] = value
    return Entry(int(told.get(1, 0)), shape, int(told.get(3, 0)), int(told.get(4, 0)), int(told.get(5, 0)))


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protocol buffer: numbers as integers, all else as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Unreadable("not a protocol buffer")
        yield number, message[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
