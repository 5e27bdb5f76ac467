"""A store in PostgreSQL, in a session that cannot write."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from graduate.pipeline.lineage.stores import address, problems
from graduate.pipeline.lineage.stores.address import Address
from graduate.pipeline.lineage.stores.sql import Rows, SqlStore

FORM = "postgresql://USER@HOST:PORT/DATABASE"
_CONNECT, _ANSWER = 3, 60  # seconds: for a server that is not there, and for one that is busy


def open_url(url: str) -> SqlStore:
    """Open a store.

    Raises:
        UsageError: the URL, the user, the password or the database is wrong, or its schema is of another version.
        UserError: the server cannot be reached.
    """
    place = address.taken_apart(
        url,
        port=5432,
        form=FORM,
        options=address.OPTIONS["postgresql"],
        passwords=(address.PASSWORD, "PGPASSWORD"),
    )
    if not place.database:
        raise problems.no_database_named(place, FORM)
    session = _Session(place)
    problems.check_version(place.where, session.ask)
    return SqlStore(session.ask, place.where, session.close)


class _Session:
    """A connection that is made again once where the server has closed it."""

    def __init__(self, place: Address) -> None:
        self._place, self._lock = place, threading.Lock()
        self._connection = self._connected()

    def ask(self, statement: str, values: Sequence[Any]) -> Rows:
        import psycopg

        with self._lock:
            try:
                return self._asked(statement, values)
            except psycopg.Error as error:
                if not self._connection.closed:
                    raise _problem(self._place, error) from error
            self._connection = self._connected()
            try:
                return self._asked(statement, values)
            except psycopg.Error as error:
                raise _problem(self._place, error) from error

    def close(self) -> None:
        self._connection.close()

    def _asked(self, statement: str, values: Sequence[Any]) -> Rows:
        statement = statement.replace("%", "%%").replace("?", "%s") if values else statement
        return list(self._connection.execute(statement, values or None).fetchall())

    def _connected(self) -> Any:
        import psycopg

        given: dict[str, Any] = {"host": self._place.host or None, **self._place.options}
        if self._place.password is not None:
            given["password"] = self._place.password  # without one libpq looks into ~/.pgpass
        try:
            connection = psycopg.connect(
                port=self._place.port,
                user=self._place.user or None,
                dbname=self._place.database,
                connect_timeout=_CONNECT,
                client_encoding="utf8",
                autocommit=True,
                prepare_threshold=None,  # a pooler in between may give every statement to another session
                **given,
            )
            connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.execute(f"SET statement_timeout = '{_ANSWER}s'")
            return connection
        except psycopg.Error as error:
            raise _problem(self._place, error) from error


def _problem(place: Address, error: Exception) -> Exception:
    state, text = getattr(error, "sqlstate", None), " ".join(str(error).split())
    if state == "42P01":  # undefined_table
        return problems.not_a_store(place.where)
    # An error that ends the connection has no code in psycopg: the server's words are all there is.
    if state == "3D000" or f'database "{place.database}" does not exist' in text:
        return problems.no_such_database(place)
    if state in ("28P01", "28000", "42501") or any(words in text for words in _REFUSALS):
        return problems.refused(place, "PGPASSWORD")
    if state is None and "SSL" not in text and "certificate" not in text:
        return problems.unreachable(place.where, _CONNECT)
    return problems.of_server(place.where, text)


_REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "permission denied")
