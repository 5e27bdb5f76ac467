"""A store in MySQL or MariaDB, in a session that cannot write."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from graduate.pipeline.lineage.stores import address, problems
from graduate.pipeline.lineage.stores.address import Address
from graduate.pipeline.lineage.stores.sql import Rows, SqlStore

FORM = "mysql://USER@HOST:PORT/DATABASE"
_CONNECT, _ANSWER = 3, 60  # seconds: for a server that is not there, and for one that is busy
_LOST = frozenset({2006, 2013, 2055, 1927, 1053, 0})  # the server went away; the connection was closed
_NO_DATABASE, _NO_TABLE = frozenset({1049}), frozenset({1146})
_REFUSED = frozenset({1044, 1045, 1142, 1143, 1698})  # wrong user or password, or no right to read


def open_url(url: str) -> SqlStore:
    """Open a store.

    Raises:
        UsageError: the URL, the user, the password or the database is wrong, or its schema is of another version.
        UserError: the server cannot be reached.
    """
    place = address.taken_apart(
        url,
        port=3306,
        form=FORM,
        options=address.OPTIONS["mysql"],
        passwords=(address.PASSWORD, "MYSQL_PWD"),
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
        import pymysql

        statement = statement.replace("%", "%%").replace("?", "%s") if values else statement
        with self._lock:
            try:
                return self._asked(statement, values)
            except (pymysql.OperationalError, pymysql.InterfaceError) as error:
                if _number(error) not in _LOST:
                    raise _problem(self._place, error) from error
            except pymysql.Error as error:
                raise _problem(self._place, error) from error
            self._connection = self._connected()
            try:
                return self._asked(statement, values)
            except pymysql.Error as error:
                raise _problem(self._place, error) from error

    def close(self) -> None:
        with self._lock:
            if self._connection.open:
                self._connection.close()

    def _asked(self, statement: str, values: Sequence[Any]) -> Rows:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return [tuple(map(_text, row)) for row in cursor.fetchall()]

    def _connected(self) -> Any:
        import pymysql

        given: dict[str, Any] = {"unix_socket": self._place.options.get("unix_socket")}
        if "ssl_ca" in self._place.options:
            given |= {"ssl_ca": self._place.options["ssl_ca"], "ssl_verify_identity": True}
        try:
            connection = _as_ml_metadata()(
                host=self._place.host or "localhost",
                port=self._place.port,
                user=self._place.user or None,
                password=(self._place.password or "").encode(),
                database=self._place.database,
                connect_timeout=_CONNECT,
                read_timeout=_CONNECT,  # while it connects: a port may be open and nobody answer
                charset="latin1",
                use_unicode=False,
                autocommit=True,
                init_command="SET SESSION TRANSACTION READ ONLY",
                defer_connect=True,
                **given,
            )
            connection.encoding = "utf-8"  # of statements
            connection.connect()
            return connection
        except (pymysql.Error, OSError, RuntimeError) as error:
            raise _problem(self._place, error) from error


def _as_ml_metadata() -> Any:
    """A connection that treats text as ML Metadata's does.

    Its client never names a character set, so that MySQL takes the UTF-8 that it sends for Latin-1, whatever the
    tables are made for. Only a client that does the same gets back what was written: hence no SET NAMES, and bytes.
    """
    from pymysql.connections import Connection

    class AsMLMetadata(Connection):  # type: ignore[type-arg]
        def set_character_set(self, charset: str, collation: str | None = None) -> None:
            self._read_timeout = _ANSWER  # it is connected

    return AsMLMetadata


def _text(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:  # written by another client, as Latin-1
        return value.decode("latin-1")


def _number(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else -1


def _problem(place: Address, error: Exception) -> Exception:
    number = _number(error)
    if number in _NO_TABLE:
        return problems.not_a_store(place.where)
    if number in _NO_DATABASE:
        return problems.no_such_database(place)
    if number in _REFUSED:
        return problems.refused(place, "MYSQL_PWD")
    if number in _LOST or number in (2002, 2003, 2005) or isinstance(error, OSError):
        return problems.unreachable(place.where, _CONNECT)
    return problems.of_server(place.where, str(error.args[-1] if error.args else error))
