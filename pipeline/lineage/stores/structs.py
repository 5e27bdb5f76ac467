"""Values that ML Metadata keeps as protocol buffers: its structs and messages, decoded only where one is met."""

from __future__ import annotations

import base64
import binascii
from typing import Any

# How ML Metadata 1.x writes a struct into a text column (metadata_source's EncodeStructValue).
PREFIX = "mlmd-struct::"


def decoded(text: str) -> Any:
    """The dict, or the list where it holds nothing else, of a struct that was written as text.

    Returns:
        The text itself where it cannot be decoded: it is shown rather than lost.
    """
    from google.protobuf import struct_pb2
    from google.protobuf.message import DecodeError

    found = struct_pb2.Struct()
    try:
        found.ParseFromString(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except (ValueError, DecodeError):
        return text
    return of_struct(found)


def of_struct(found: Any) -> Any:
    """A `google.protobuf.Struct` as Python's own values."""
    from google.protobuf import json_format

    return plain(json_format.MessageToDict(found))


def plain(value: dict[str, Any]) -> Any:
    """TFX keeps a list, or any other JSON value, under one key of a struct."""
    if set(value) == {"__value__"}:
        return value["__value__"]
    return value


def message(raw: bytes | str) -> Any:
    """A message of any type, whose type nobody may have here: its type's URL, and its bytes in base 64.

    Args:
        raw: a serialised `google.protobuf.Any`, which SQLite and MySQL keep in base 64, PostgreSQL as it is.
    """
    from google.protobuf import any_pb2
    from google.protobuf.message import DecodeError

    try:
        raw = base64.b64decode(raw, validate=True)
    except (ValueError, binascii.Error):
        raw = raw if isinstance(raw, bytes) else raw.encode()
    found = any_pb2.Any()
    try:
        found.ParseFromString(raw)
    except DecodeError:
        return base64.b64encode(raw).decode()
    return of_message(found)


def of_message(found: Any) -> dict[str, str]:
    """A `google.protobuf.Any` as JSON can hold it."""
    return {"@type": found.type_url, "value": base64.b64encode(found.value).decode()}
