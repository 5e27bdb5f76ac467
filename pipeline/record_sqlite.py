"""The run record read from ML Metadata's SQLite file by SQL: for the command that has nothing to do.

Importing ml_metadata and opening a store takes 0.2 s, half of such a command's time. Tables are read of the schema
version that ml-metadata 1.16 writes, and only of that one; whatever is odd is left to ml_metadata itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

SCHEMA_VERSION = 10

_CONTEXTS = """
    SELECT Context.id, Context.name, ContextProperty.name, ContextProperty.string_value
    FROM Context
    JOIN Type ON Type.id = Context.type_id
    JOIN ContextProperty ON ContextProperty.context_id = Context.id
    WHERE Type.name = ? AND Type.type_kind = 2
      AND ContextProperty.is_custom_property = 1 AND ContextProperty.string_value IS NOT NULL
    ORDER BY Context.id
"""


def contexts(store: Path, kind: str) -> list[tuple[int, str, dict[str, str]]] | None:
    """(id, name, text properties) of every context of a type; None where ml_metadata has to be asked."""
    if Path(f"{store}-journal").exists() or Path(f"{store}-wal").exists():
        return None  # somebody is writing, or was killed while writing
    try:
        with closing(sqlite3.connect(f"file:{quote(str(store))}?mode=ro", uri=True, timeout=1)) as connection:
            if connection.execute("SELECT schema_version FROM MLMDEnv").fetchall() != [(SCHEMA_VERSION,)]:
                return None
            return list(_grouped(connection.execute(_CONTEXTS, (kind,))))
    except sqlite3.Error:
        return None


def _grouped(rows: sqlite3.Cursor) -> Iterator[tuple[int, str, dict[str, str]]]:
    identity: int | None = None
    name, properties = "", dict[str, str]()
    for context_id, context_name, key, value in rows:
        if context_id != identity:
            if identity is not None:
                yield identity, name, properties
            identity, name, properties = context_id, context_name, {}
        properties[key] = value
    if identity is not None:
        yield identity, name, properties
