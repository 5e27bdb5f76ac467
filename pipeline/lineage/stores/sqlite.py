"""A store in an SQLite file, opened read-only: a run may write to it meanwhile, and nothing here can change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graduate.pipeline.lineage.stores import problems
from graduate.pipeline.lineage.stores.sql import Rows, SqlStore

_PATIENCE = 5.0  # seconds to wait for a writer; a run holds the file for milliseconds at a time


def open_file(path: Path) -> SqlStore:
    """Open a store.

    Raises:
        UsageError: there is no such file, or its schema is of another version than the one that is read here.
        UserError: it is no ML Metadata store, it is damaged, or somebody keeps it locked.
    """
    if not path.is_file():
        raise problems.missing(path)
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )

    def ask(statement: str, values: Sequence[Any]) -> Rows:
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise problems.of_sqlite(path, error) from error

    problems.check_version(str(path), lambda: ask("SELECT schema_version FROM MLMDEnv", ()))
    return SqlStore(ask, str(path), connection.close)
