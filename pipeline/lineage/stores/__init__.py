"""Opens the store that a command names: `sqlite:` or a path, `mysql:`, `postgresql:`, `grpc:`."""

from __future__ import annotations

from pathlib import Path

from graduate.errors import UsageError
from graduate.pipeline.lineage.rows import Store

FORMS = (
    "sqlite:///PATH or a path, mysql://USER@HOST:PORT/DATABASE, postgresql://USER@HOST:PORT/DATABASE, grpc://HOST:PORT"
)


def open_store(url: str) -> Store:
    """Open a store for reading.

    Raises:
        UsageError: the URL is none of those forms; there is no such store; its schema is of another version.
        UserError: it cannot be read.
    """
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme == "sqlite":
        from graduate.pipeline.lineage.stores import sqlite

        path = rest if separator else url
        if not path:
            raise UsageError("the store's name is empty", hint=f"a store is {FORMS}")
        return sqlite.open_file(Path(path).expanduser().absolute())
    if scheme in ("mysql", "mariadb"):
        from graduate.pipeline.lineage.stores import mysql

        return mysql.open_url(url)
    if scheme in ("postgresql", "postgres"):
        from graduate.pipeline.lineage.stores import postgresql

        return postgresql.open_url(url)
    if scheme == "grpc":
        from graduate.pipeline.lineage.stores import metadata_service

        return metadata_service.open_url(url)
    raise UsageError(f"{scheme}:// is no kind of store", hint=f"a store is {FORMS}")
