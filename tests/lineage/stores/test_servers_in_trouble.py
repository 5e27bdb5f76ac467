"""What goes wrong with a store on a server, each said in one sentence within seconds."""

from __future__ import annotations

import socket
import time
from contextlib import closing, contextmanager

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.stores import servers

SCHEMES = ("mysql", "postgresql", "grpc")


def error(url, kind=UserError):
    """What is said of a store, and how many seconds it took."""
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        open_store(url)
    assert caught.value.render().startswith(f"error: {url}: ")
    assert servers.PASSWORD not in caught.value.render()
    return caught.value.render(), time.monotonic() - began


@contextmanager
def silent():
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def url_of(scheme, port):
    return f"{scheme}://127.0.0.1:{port}" if scheme == "grpc" else f"{scheme}://reader@127.0.0.1:{port}/mlmd"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_server_that_is_not_there_is_said(scheme, password):
    said, seconds = error(url_of(scheme, servers.free_port()))
    assert "does not answer" in said
    assert seconds < 3.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_server_that_is_silent_is_said(scheme, password):
    with silent() as port:
        said, seconds = error(url_of(scheme, port))
    assert "does not answer" in said
    assert 1.5 < seconds < 5


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_a_wrong_password_user_or_database_is_said(request, kind, monkeypatch):
    url = request.getfixturevalue(f"{kind}_history").url
    variable = {"mariadb": "MYSQL_PWD", "postgresql": "PGPASSWORD"}[kind]
    said, _ = error(url, UsageError)
    assert "refuses this user without a password" in said
    assert variable in said
    assert "GRADUATE_STORE_PASSWORD" in said
    monkeypatch.setenv("GRADUATE_STORE_PASSWORD", "wrong")
    said, _ = error(url, UsageError)
    assert "with the password from the environment" in said
    monkeypatch.delenv("GRADUATE_STORE_PASSWORD")
    monkeypatch.setenv(variable, servers.PASSWORD)
    assert "refuses this user" in error(url.replace("reader@", "nobody@"), UsageError)[0]
    assert "there is no database 'nowhere'" in error(url.replace("/mlmd", "/nowhere"), UsageError)[0]
    open_store(url).close()


def test_a_database_that_is_no_store_is_said(mariadb_server, postgresql_server, password):
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE other")
    url = f"mysql://{servers.USER}@127.0.0.1:{mariadb_server.port}/other"
    assert "is not an ML Metadata store" in error(url)[0]
    url = f"postgresql://{servers.USER}@127.0.0.1:{postgresql_server.port}/postgres"
    assert "is not an ML Metadata store" in error(url)[0]


def older(kind, server, version):
    """A store of an older schema on a server."""
    config, name = mlmd.ConnectionConfig(), f"older_{version}"
    if kind == "mysql":
        given = {"host": "127.0.0.1", "port": server.port, "database": name}
        config.mysql.MergeFrom(mlmd.MySQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given))
    else:
        given = {"host": "127.0.0.1", "port": str(server.port), "dbname": name}
        config.postgresql.MergeFrom(
            mlmd.PostgreSQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given)
        )
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
    ml_metadata.MetadataStore(config)
    return f"{kind}://{servers.USER}@127.0.0.1:{server.port}/{name}"


def test_another_schema_is_said_and_left_alone(mariadb_server, postgresql_server, password):
    for kind, server in (("mysql", mariadb_server), ("postgresql", postgresql_server)):
        for version, words in ((8, "schema 8, older than 10"), (12, "schema 12, this graduate reads 10")):
            url = older(kind, server, version)
            name = f"older_{version}"
            given = {"database": name} if kind == "mysql" else {"dbname": name}
            with server.connect(**given) as connection, connection.cursor() as cursor:
                cursor.execute(f"UPDATE MLMDEnv SET schema_version = {version}")
                said, _ = error(url, UsageError)
                cursor.execute("SELECT schema_version FROM MLMDEnv")
                assert cursor.fetchall()[0][0] == version
            assert words in said
            assert ("graduate doctor --upgrade-store" in said) == (version == 8)


def test_sessions_cannot_write(mariadb_history, postgresql_history, password):
    with closing(open_store(mariadb_history.url)) as store, pytest.raises(UserError, match="READ ONLY"):
        store._ask("DELETE FROM Event", ())
    with closing(open_store(postgresql_history.url)) as store, pytest.raises(UserError, match="read-only"):
        store._ask("DELETE FROM Event", ())


def test_a_connection_that_the_server_closed_is_made_again(
    mariadb_server, mariadb_history, postgresql_server, postgresql_history, password
):
    with closing(open_store(mariadb_history.url)) as store:
        expected = store.count("executions")
        with mariadb_server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE user = %s", (servers.USER,))
            for (number,) in cursor.fetchall():
                cursor.execute(f"KILL {number}")
        assert store.count("executions") == expected
        with pytest.raises(UserError, match="READ ONLY"):
            store._ask("DELETE FROM Event", ())
    with closing(open_store(postgresql_history.url)) as store:
        with postgresql_server.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mlmd'")
        assert store.count("executions") == expected
        with pytest.raises(UserError, match="read-only"):
            store._ask("DELETE FROM Event", ())


def test_a_user_who_may_only_read_is_enough(
    mariadb_server, mariadb_history, postgresql_server, postgresql_history, monkeypatch
):
    monkeypatch.setenv("GRADUATE_STORE_PASSWORD", "look")
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER looker@'%' IDENTIFIED BY 'look'")
        cursor.execute("GRANT SELECT ON mlmd.* TO looker@'%'")
    with postgresql_server.connect(dbname="mlmd") as connection:
        connection.execute("CREATE USER looker PASSWORD 'look'")
        url = postgresql_history.url.replace("reader@", "looker@")
        assert "refuses this user" in error(url, UsageError)[0]
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")
    for history in (mariadb_history, postgresql_history):
        with closing(open_store(history.url.replace("reader@", "looker@"))) as store:
            assert store.executions() == history.history.executions


def test_mariadb_by_its_socket_and_by_its_other_name(mariadb_server, mariadb_history, password):
    url = f"mariadb://{servers.USER}@/mlmd?unix_socket={mariadb_server.folder}/socket"
    with closing(open_store(url)) as store:
        assert store.contexts() == mariadb_history.history.contexts


def test_postgresql_by_its_other_names(postgresql_history, password):
    with closing(open_store(postgresql_history.url.replace("postgresql:", "postgres:"))) as store:
        assert store.contexts() == postgresql_history.history.contexts
    with closing(open_store(f"{postgresql_history.url}?sslmode=disable")) as store:
        assert store.count("contexts") == len(postgresql_history.history.contexts)
    assert "does not support SSL" in error(f"{postgresql_history.url}?sslmode=require")[0]


def test_texts_of_a_database_made_for_utf8_are_what_ml_metadata_wrote(mariadb_server, password):
    """ML Metadata sends UTF-8 and calls it Latin-1; tables made for either give it back."""
    for charset in ("latin1", "utf8mb4"):
        with mariadb_server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE texts_{charset} CHARACTER SET {charset}")
        config = mlmd.ConnectionConfig()
        given = {"host": "127.0.0.1", "port": mariadb_server.port, "database": f"texts_{charset}"}
        config.mysql.MergeFrom(mlmd.MySQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given))
        store = ml_metadata.MetadataStore(config)
        kind = store.put_context_type(mlmd.ContextType(name="pipeline"))
        store.put_contexts([mlmd.Context(type_id=kind, name="Größe à 日本")])
        with closing(open_store(f"mysql://{servers.USER}@127.0.0.1:{mariadb_server.port}/texts_{charset}")) as reader:
            assert [row.name for row in reader.contexts()] == ["Größe à 日本"]
            assert reader.contexts(names=["Größe à 日本"])
