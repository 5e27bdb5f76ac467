"""tf.Examples of a table's rows, column by column: the same bytes as `rows.serialised`, whose cost is a message a row.

An example is `Features`, a map from name to a list of one kind. Its encoding is the names' entries one after the other
in the order of the names, each with the lengths of what it holds before it; of a column of floats all of that is the
same in every row but for four bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_INSIDE = b"\x0a"  # field 1, a length before it: of Example the features, of an entry the name, of a list its values
_VALUE = b"\x12"  # field 2 of an entry
_BYTES, _FLOAT, _INT64 = b"\x0a", b"\x12", b"\x1a"  # which list a Feature is


def examples_of(columns: Mapping[str, Any]) -> list[bytes]:
    """A serialised tf.Example a row.

    Args:
        columns: name → a value a row: bytes, int, or of floats an array (N,), of several floats a row (N, number).
    """
    pieces = []
    for floats, names in itertools.groupby(sorted(columns), lambda name: hasattr(columns[name], "dtype")):
        if floats:
            pieces.append(_of_floats({name: columns[name] for name in names}))
        else:
            pieces += [_pieces(name, columns[name]) for name in names]
    bodies = list(map(b"".join, zip(*pieces, strict=True)))
    before = {length: _INSIDE + _varint(length) for length in set(map(len, bodies))}
    return [before[len(body)] + body for body in bodies]


def _pieces(name: str, values: Sequence[Any]) -> list[bytes]:
    """The entry of one name, of every row."""
    if not isinstance(values[0], bytes):
        made = {value: _entry(name, _INT64, _varint(value % 2**64)) for value in set(values)}
        return [made[value] for value in values]
    before = {length: _entry(name, _BYTES, bytes(length))[: -length or None] for length in set(map(len, values))}
    return [before[len(value)] + value for value in values]


def _of_floats(columns: Mapping[str, np.ndarray]) -> list[bytes]:
    """The entries of names that follow each other, of every row."""
    import numpy as np

    parts = []
    for name, values in columns.items():
        content = np.ascontiguousarray(values.reshape(len(values), -1), "<f4").view(np.uint8)
        before = np.frombuffer(_entry(name, _FLOAT, bytes(content.shape[1]))[: -content.shape[1]], np.uint8)
        parts += [np.broadcast_to(before, (len(values), len(before))), content]
    together = np.concatenate(parts, axis=1)
    whole, width = together.tobytes(), together.shape[1]
    return [whole[start : start + width] for start in range(0, len(whole), width)]


def _entry(name: str, kind: bytes, content: bytes) -> bytes:
    """Name and value, the value in a list of its own; of numbers `content` is packed."""
    feature = _sized(_VALUE, _sized(kind, _sized(_INSIDE, content)))
    return _sized(_INSIDE, _sized(_INSIDE, name.encode()) + feature)


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have their highest bit set."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))
