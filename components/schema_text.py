"""What a schema file says, whatever its comments: imported by the Schema node and by the light process alike."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from graduate.errors import UsageError

FILE = "schema.pbtxt"
INFERRED = "inferred.sha256"  # beside a kept schema: its digest when it was inferred


def digest(text: str) -> str:
    """SHA-256 of a schema's text without comment lines, empty lines and trailing blanks, hexadecimal."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_text(path: str | os.PathLike[str]) -> str:
    """A schema file's text, checked.

    Raises:
        UsageError: it is not a schema, or lacks a feature that every later node reads.
    """
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    try:
        text = Path(path).read_text(encoding="utf-8")
        schema = text_format.Parse(text, schema_pb2.Schema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise UsageError(f"it is not a schema: {error}", where=os.fspath(path)) from None
    missing = {"label", "hash"} - {feature.name for feature in schema.feature}
    if missing:
        raise UsageError(
            f"the schema lacks the feature {' and '.join(sorted(missing))}",
            where=os.fspath(path),
            hint="every row has label, path, hash and the features of its task: see schemas/data/digits.pbtxt",
        )
    return text
