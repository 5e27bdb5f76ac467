"""Values that ML Metadata keeps as protocol buffers: its structs, decoded only where one is met."""

from __future__ import annotations

import base64
from typing import Any

# How ML Metadata 1.x writes a struct into a text column (metadata_source's EncodeStructValue).
PREFIX = "mlmd-struct::"


def decoded(text: str) -> Any:
    """The dict, or the list where it holds nothing else, of a struct that was written as text.

    Returns:
        The text itself where it cannot be decoded: it is shown rather than lost.
    """
    from google.protobuf import json_format, struct_pb2
    from google.protobuf.message import DecodeError

    found = struct_pb2.Struct()
    try:
        found.ParseFromString(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except (ValueError, DecodeError):
        return text
    return plain(json_format.MessageToDict(found))


def plain(value: dict[str, Any]) -> Any:
    """TFX keeps a list, or any other JSON value, under one key of a struct."""
    if set(value) == {"__value__"}:
        return value["__value__"]
    return value
