"""A store in an SQLite file, opened read-only: a run may write to it meanwhile, and nothing here can change it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graduate.pipeline.lineage.stores import problems
from graduate.pipeline.lineage.stores.sql import Rows, SqlStore

PATIENCE = 5.0  # seconds to wait for a writer; a run holds the file for milliseconds at a time


def open_file(path: Path) -> SqlStore:
    """Open a store.

    Raises:
        UsageError: there is no such file, or its schema is of another version than the one that is read here.
        UserError: it is no ML Metadata store, it is damaged, or somebody keeps it locked.
    """
    problems.check_file(path)
    file = _File(path)
    problems.check_version(str(path), file.ask)
    return SqlStore(file.ask, str(path), file.close)


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = self._opened()

    def ask(self, statement: str, values: Sequence[Any]) -> Rows:
        # All rows at once: a statement that is not at its end would keep a writer waiting.
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise problems.of_sqlite(self._path, error) from error

    def close(self) -> None:
        self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        connection = _connected(self._path, "ro")
        try:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
            return connection
        except sqlite3.Error as error:
            connection.close()
            if again := self._other_way(error):
                return again
            raise problems.of_sqlite(self._path, error) from error

    def _other_way(self, error: sqlite3.Error) -> sqlite3.Connection | None:
        name = error.sqlite_errorname
        if name == "SQLITE_READONLY_ROLLBACK":
            # A writer was killed in the middle of a transaction. SQLite reads such a file only after it has taken back
            # what was half written, as whoever opens it next would.
            if os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK):
                with closing(_connected(self._path, "rw")) as mending:
                    mending.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
                return _connected(self._path, "ro")
            raise problems.half_written(self._path)
        # In WAL mode a reader makes two files beside; where it may not, and nobody writes, it needs none.
        if name in ("SQLITE_READONLY_DIRECTORY", "SQLITE_CANTOPEN") and not Path(f"{self._path}-wal").exists():
            return _connected(self._path, "ro&immutable=1")
        return None


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
