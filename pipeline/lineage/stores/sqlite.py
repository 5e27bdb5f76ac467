"""A store in an SQLite file, opened read-only: a run may write to it meanwhile, and nothing here can change it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graduate.pipeline.lineage.stores import problems
from graduate.pipeline.lineage.stores.sql import Rows, SqlStore

PATIENCE = 5.0  # seconds to wait for a writer; a run holds the file for milliseconds at a time
_PAUSE = 0.002  # seconds between two tries
_HALF_WRITTEN = "SQLITE_READONLY_ROLLBACK"


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
            return _run(self._connection, statement, values)
        except sqlite3.Error as error:
            if _name(error) != _HALF_WRITTEN:
                raise problems.of_sqlite(self._path, error) from error
        self.close()
        self._connection = self._opened()
        return self.ask(statement, values)

    def close(self) -> None:
        self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        """A connection that has been tried."""
        try:
            return _tried(self._path, "ro")
        except sqlite3.Error as error:
            if _name(error) == _HALF_WRITTEN:
                _take_back(self._path)
                return self._opened()
            # In WAL mode a reader makes two files beside; where it may not, and nobody writes, it needs none.
            if _name(error) == "SQLITE_READONLY_DIRECTORY" and not Path(f"{self._path}-wal").exists():
                return _tried(self._path, "ro&immutable=1")
            raise problems.of_sqlite(self._path, error) from error


def _take_back(path: Path) -> None:
    """Take back what a writer left that was killed in the middle of a transaction, as whoever opens the file next does.

    Raises:
        UserError: we may not write there; SQLite does not read such a file without.
    """
    try:
        _tried(path, "rw").close()
    except sqlite3.Error as error:
        raise problems.half_written(path) from error


def _tried(path: Path, mode: str) -> sqlite3.Connection:
    connection = _connected(path, mode)
    try:
        _run(connection, "SELECT COUNT(*) FROM sqlite_master", ())
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=0, isolation_level=None, check_same_thread=False)


def _run(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> Rows:
    """All rows of a statement, waiting for a writer where there is one.

    SQLite's own waiting sleeps up to a tenth of a second between two tries, in which a busy writer starts again; a run
    holds the file for milliseconds.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.execute(statement, values).fetchall()
        except UnicodeDecodeError as error:  # SQLite's own sentence repeats what is damaged
            raise sqlite3.DatabaseError("its schema is malformed") from error
        except sqlite3.OperationalError as error:
            if not _name(error).startswith("SQLITE_BUSY") or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


def _name(error: sqlite3.Error) -> str:
    """SQLite's name of an error; those of Python's own module have none."""
    return str(getattr(error, "sqlite_errorname", ""))
