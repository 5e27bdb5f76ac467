"""What a schema file says, whatever its comments: imported by the Schema node and by the light process alike."""

from __future__ import annotations

import hashlib

FILE = "schema.pbtxt"
INFERRED = "inferred.sha256"  # beside a kept schema: its digest when it was inferred


def digest(text: str) -> str:
    """SHA-256 of a schema's text without comment lines, empty lines and trailing blanks, hexadecimal."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
