"""What can be wrong with a store, each as a sentence with a remedy."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.stores.address import PASSWORD, Address
from graduate.pipeline.lineage.stores.sql import SCHEMA_VERSION, Ask

_OTHER = "name another one with --store"


def missing(path: Path) -> UsageError:
    """No store where one was named."""
    return UsageError(
        "there is no metadata store here yet",
        where=str(path),
        hint="graduate run CONFIG makes one; --workdir DIR names another work folder, --store URL any other store",
    )


def check_file(path: Path) -> None:
    """Refuse what is no file, or may not be read.

    Raises:
        UsageError: there is nothing, or a folder.
        UserError: it may not be read.
    """
    try:
        if path.is_dir():
            inside = path / "metadata.sqlite"
            raise UsageError(
                "is a folder, not a store",
                where=str(path),
                hint=f"--store {inside}" if inside.is_file() else "--workdir DIR names a work folder",
            )
        if not path.is_file():
            raise missing(path)
        with path.open("rb") as file:
            nothing = not file.read(1)
        if nothing and not Path(f"{path}-wal").exists():
            raise empty(str(path))
    except PermissionError as error:
        raise UserError(
            "may not be read", where=str(path), hint="ask its owner for the right to read the file and its folder"
        ) from error


def empty(where: str) -> UsageError:
    """A file without a byte: a run that was killed before it wrote its first record leaves one."""
    return UsageError("is empty: nothing has been recorded yet", where=where, hint="graduate run CONFIG records a run")


class NotAStoreError(UserError):
    """A database without ML Metadata's tables."""


def check_version(where: str, ask: Ask) -> None:
    """Refuse a store whose tables are of another version.

    Raises:
        UsageError: such a store, and what to do.
        NotAStoreError: these are not ML Metadata's tables.
    """
    version = _version(where, ask)
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"has ML Metadata's schema {version}, this graduate reads {SCHEMA_VERSION}",
            where=where,
            hint="update graduate",
        )
    if version < SCHEMA_VERSION:
        raise older(where, version)


def _version(where: str, ask: Ask) -> int:
    try:
        found = [
            int(version) for (version,) in ask("SELECT schema_version FROM MLMDEnv", ()) if str(version).isdecimal()
        ]
    except NotAStoreError:
        ask("SELECT COUNT(*) FROM EventPath", ())  # of the first version, which did not write its number down
        return 0
    if not found:
        raise not_a_store(where)
    return max(found)


class OlderSchemaError(UsageError):
    """A store that an older ML Metadata wrote; nothing upgrades it unasked. `version` is its schema's."""

    version = -1


def older(where: str, version: int) -> OlderSchemaError:
    """A store that an older ML Metadata wrote."""
    error = OlderSchemaError(
        f"has ML Metadata's schema {version}, older than {SCHEMA_VERSION}, which is read here",
        where=where,
        hint=f"graduate doctor --upgrade-store {shlex.quote(where)} "
        + ("says how" if "://" in where else "keeps a copy of it and upgrades it"),
    )
    error.version = version
    return error


def of_sqlite(path: Path, error: sqlite3.Error) -> UserError:
    """What SQLite said of a file."""
    text, where = str(error), str(path)
    if "locked" in text or "busy" in text:
        return UserError("is locked by another program", where=where, hint="wait for it, then ask again")
    if "no such table" in text or "no such column" in text:
        return not_a_store(where)
    if "not a database" in text:
        return UserError("is not an SQLite file", where=where, hint=_OTHER)
    if "malformed" in text or "Could not decode" in text:  # the latter repeats the text
        why = text if "malformed" in text else "a text in it is no UTF-8"
        return UserError(f"is damaged ({why})", where=where, hint="sqlite3's .recover may save what is in it")
    return UserError(f"cannot be read ({text})", where=where, hint="look at the file, its folder and its disk")


def half_written(path: Path) -> UserError:
    """A writer was killed, and whoever asks may not take back what it left."""
    return UserError(
        "a program was killed while it wrote here, and what it left half written can only be taken back by who may "
        "write to the folder",
        where=str(path),
        hint="let its owner ask once, or read a copy of the file and of what lies beside it",
    )


def not_a_store(where: str) -> NotAStoreError:
    """A database without ML Metadata's tables."""
    return NotAStoreError("is not an ML Metadata store: its tables are missing", where=where, hint=_OTHER)


def no_database_named(place: Address, form: str) -> UsageError:
    """A URL without the database's name."""
    return UsageError("names no database", where=place.where, hint=f"a store is {form}")


def no_host(place: Address, form: str) -> UsageError:
    """A URL without a host."""
    return UsageError("names no host", where=place.where, hint=f"a store is {form}")


def not_the_service(where: str) -> UserError:
    """A gRPC server of another kind."""
    return UserError("is not ML Metadata's service: it knows none of its calls", where=where, hint=_OTHER)


def no_such_database(place: Address) -> UsageError:
    """The server does not know the database."""
    return UsageError(f"there is no database {place.database!r} on this server", where=place.where, hint=_OTHER)


def refused(place: Address, variable: str) -> UsageError:
    """The server refused the user or the password; which of the two it does not say."""
    given = "with the password from the environment" if place.password else "without a password"
    return UsageError(
        f"the server refuses this user {given}",
        where=place.where,
        hint=f"the password is read from {PASSWORD} or {variable}; the user needs the right to read the tables",
    )


def unreachable(where: str, seconds: float) -> UserError:
    """Nobody answers."""
    return UserError(
        f"does not answer (tried for {seconds:g} seconds at most)",
        where=where,
        hint="is the server running, and are host and port right?",
    )


def of_server(where: str, text: str) -> UserError:
    """Something else that a server said."""
    said = " ".join(text.split())
    return UserError(f"the server says: {said[:200]}", where=where)
