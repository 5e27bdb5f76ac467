"""Upgrades a store of an older ML Metadata schema: a file beside a copy of it; for a server it says how."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline.lineage.stores import open_store, problems
from graduate.pipeline.lineage.stores.sql import SCHEMA_VERSION
from graduate.pipeline.workspace import Workspace

_TABLES = ("Artifact", "Execution", "Context", "Event")


@dataclass(frozen=True)
class Upgraded:
    """What was done.

    Attributes:
        store: its path or URL.
        before: the schema's version before.
        after: and after; the same where nothing was to do, or where it is a server's.
        copy: where the copy of the file lies.
        rows: how many artifacts, executions, contexts and events it holds.
        advice: what to do, where it is a server's.
    """

    store: str
    before: int
    after: int
    copy: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    advice: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    def text(self) -> str:
        """As people read it."""
        if self.advice:
            return self.advice
        if self.before == self.after:
            return f"{self.store}: has schema {self.after}, there is nothing to upgrade"
        rows = ", ".join(f"{count} {name.lower()}s" for name, count in self.rows.items())
        return f"{self.store}: upgraded from schema {self.before} to {self.after}; {rows}, as before\ncopy: {self.copy}"


def upgrade(url: str, say: Callable[[str], None]) -> Upgraded:
    """Upgrade a store in a file, or say how that is done for one on a server.

    Args:
        url: as `--store` takes it.
        say: gets a sentence where another run has to be waited for.

    Raises:
        UsageError: there is no such store, or it is a newer one.
        UserError: it cannot be read, copied or upgraded; it is then as it was.
    """
    try:
        with closing(open_store(url)) as store:
            return Upgraded(store.where, SCHEMA_VERSION, SCHEMA_VERSION)
    except problems.OlderSchemaError as error:
        where, version = error.where or url, error.version
    scheme, separator, _ = where.partition("://")
    if separator:
        return Upgraded(where, version, version, advice=_advice(scheme, where, version))
    path = Path(where)
    with _alone(path, say):
        return _upgraded(path, version)


@contextlib.contextmanager
def _alone(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """No run in the work folder that the store belongs to, if it belongs to one."""
    from graduate.pipeline.supervise import lock

    workspace = Workspace(path.parent)
    if workspace.store != path or not lock.path(workspace).exists():
        yield
        return
    with lock.hold(workspace, "graduate doctor --upgrade-store", on_wait=say):
        yield


def _upgraded(path: Path, version: int) -> Upgraded:
    try:
        copy = _copied(path, version)
    except (sqlite3.Error, OSError) as error:
        raise UserError(
            f"cannot be copied ({error}); nothing was changed", where=str(path), hint="is there room beside it?"
        ) from error
    before = _rows(path)
    try:
        _migrate(path)
        with closing(open_store(str(path))):
            after = _rows(path)
        if after != before:
            raise ValueError(f"{before} became {after}")
    except Exception as error:
        _put_back(copy, path)
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UserError(
            f"could not be upgraded ({why}); it is as it was", where=str(path), hint=f"its copy is {copy}"
        ) from error
    return Upgraded(str(path), version, SCHEMA_VERSION, str(copy), after)


def _migrate(path: Path) -> None:
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE
    ml_metadata.MetadataStore(config, enable_upgrade_migration=True)


def _copied(path: Path, version: int) -> Path:
    """A whole copy beside the file, whoever else reads or writes it; it has its name only when it is whole."""
    wanted = Path(f"{path}.schema-{version}")
    copy = next(name for name in _names(wanted) if not name.exists())
    partial = Path(f"{copy}.partial")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
            found = target.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            target.execute("PRAGMA journal_mode = delete")
        shutil.copymode(path, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, copy)
    finally:
        partial.unlink(missing_ok=True)
    return copy


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    number = 2
    while True:
        yield Path(f"{wanted}-{number}")
        number += 1


def _put_back(copy: Path, path: Path) -> None:
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def _rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] if name in there else 0
            for name in _TABLES
        }


_COPY = {
    "mysql": "mysqldump --single-transaction -h {host} -P {port} -u {user} -p {database} > {file}",
    "postgresql": "pg_dump -h {host} -p {port} -U {user} {database} > {file}",
}
_CONFIG = {
    "mysql": "config.mysql.MergeFrom(proto.MySQLDatabaseConfig(host={host!r}, port={port}, user={user!r}, "
    "database={database!r}, password=password))",
    "postgresql": "config.postgresql.MergeFrom(proto.PostgreSQLDatabaseConfig(host={host!r}, port='{port}', "
    "user={user!r}, dbname={database!r}, password=password))",
}
_ADVICE = """\
{where}: has schema {version}; nothing was upgraded: every program that uses the server has to be of the new version too
1. End what writes to it, and keep a copy:
{copy}
2. Upgrade it (the password is read from {variable}):
python - <<'END'
import os, ml_metadata
from ml_metadata.proto import metadata_store_pb2 as proto
config, password = proto.ConnectionConfig(), os.environ.get("{variable}", "")
{config}
ml_metadata.MetadataStore(config, enable_upgrade_migration=True)
END
Back again, for programs of the old version: ml_metadata.downgrade_schema(config, {version})
A metadata server, such as Kubeflow's, upgrades its database when it starts with --enable_database_upgrade=true"""


def _advice(scheme: str, where: str, version: int) -> str:
    from graduate.pipeline.lineage.stores import address

    kind = {"mariadb": "mysql", "postgres": "postgresql"}.get(scheme, scheme)
    port = {"mysql": 3306, "postgresql": 5432}[kind]
    place = address.taken_apart(where, port=port, form="", options=address.OPTIONS[kind], passwords=())
    names = {"host": place.host or "localhost", "port": place.port, "user": place.user, "database": place.database}
    quoted = {name: shlex.quote(str(value)) for name, value in names.items()}
    return _ADVICE.format(
        where=where,
        version=version,
        variable=address.PASSWORD,
        copy=_COPY[kind].format(file=shlex.quote(f"{place.database}.schema-{version}.sql"), **quoted),
        config=_CONFIG[kind].format(**names),
    )
