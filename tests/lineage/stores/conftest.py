"""The same history in every kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline.lineage.rows import Store
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.stores import history, metadata_server, servers
from tests.lineage.writing import opened

KINDS = ("sqlite", "mariadb", "postgresql", "grpc")


@dataclass
class Written:
    """A store that holds the history, and what should be read from it."""

    url: str
    history: history.History


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[servers.Server]:
    """MariaDB, for all tests."""
    with servers.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.Server]:
    """PostgreSQL, for all tests."""
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, history.History]:
    """The history in an SQLite file; nobody may change it."""
    path = tmp_path_factory.mktemp("stores") / "metadata.sqlite"
    return path, history.write(opened(path))


@pytest.fixture(scope="session")
def mariadb_history(mariadb_server: servers.Server) -> Written:
    """The history in MariaDB."""
    config = mlmd.ConnectionConfig()
    given = {"host": "127.0.0.1", "port": mariadb_server.port, "database": "mlmd"}
    config.mysql.MergeFrom(mlmd.MySQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given))
    url = f"mysql://{servers.USER}@127.0.0.1:{mariadb_server.port}/mlmd"
    return Written(url, history.write(ml_metadata.MetadataStore(config)))


@pytest.fixture(scope="session")
def postgresql_history(postgresql_server: servers.Server) -> Written:
    """The history in PostgreSQL."""
    with postgresql_server.connect() as connection:
        connection.execute("CREATE DATABASE mlmd")
    config = mlmd.ConnectionConfig()
    given = {"host": "127.0.0.1", "port": str(postgresql_server.port), "dbname": "mlmd"}
    config.postgresql.MergeFrom(mlmd.PostgreSQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given))
    url = f"postgresql://{servers.USER}@127.0.0.1:{postgresql_server.port}/mlmd"
    return Written(url, history.write(ml_metadata.MetadataStore(config)))


@pytest.fixture(scope="session")
def server(sqlite_history: tuple[Path, history.History]) -> Iterator[metadata_server.Double]:
    """ML Metadata's gRPC server, or rather its double, over the history in SQLite."""
    with metadata_server.double(sqlite_history[0]) as running:
        yield running


@pytest.fixture(scope="session", params=KINDS)
def written(request: pytest.FixtureRequest) -> Written:
    """The history in each kind of store in turn."""
    if request.param in ("mariadb", "postgresql"):
        return request.getfixturevalue(f"{request.param}_history")
    path, told = request.getfixturevalue("sqlite_history")
    if request.param == "sqlite":
        return Written(str(path), told)
    return Written(request.getfixturevalue("server").url, told)


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """The servers' password, in the environment."""
    monkeypatch.setenv("GRADUATE_STORE_PASSWORD", servers.PASSWORD)
    return servers.PASSWORD


@pytest.fixture
def store(written: Written, password: str) -> Iterator[Store]:
    """Each kind of store in turn, open for reading."""
    opened_store = open_store(written.url)
    yield opened_store
    opened_store.close()
