"""Opens the store that a command names: `sqlite:` or a path, `mysql:`, `postgresql:`, `grpc:`."""

from __future__ import annotations

from pathlib import Path

from graduate.errors import UsageError
from graduate.pipeline.lineage.rows import Store

FORMS = "sqlite:///PATH or a path, mysql://USER@HOST:PORT/DATABASE, postgresql://USER@HOST:PORT/DATABASE, grpc://HOST:PORT"


def open_store(url: str) -> Store:
    """Open a store for reading.

    Raises:
        UsageError: the URL is none of those forms; there is no such store; its schema is of another version.
        UserError: it cannot be read.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "sqlite":
        from graduate.pipeline.lineage.stores import sqlite

        return sqlite.open_file(Path(rest if separator else url).expanduser().absolute())
    raise UsageError(f"{scheme}:// is no kind of store", hint=f"a store is {FORMS}")
