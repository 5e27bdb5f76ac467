"""`graduate doctor --upgrade-store`: a file is upgraded beside a copy, or stays as it was; for a server it says how."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline import store_upgrade
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace
from tests.lineage.stores import servers


def config_of(path: Path) -> mlmd.ConnectionConfig:
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    return config


@pytest.fixture
def older(sqlite_history, tmp_path):
    """The history with schema 8, in a work folder."""
    path = Path(shutil.copy(sqlite_history[0], tmp_path / "metadata.sqlite"))
    ml_metadata.downgrade_schema(config_of(path), 8)
    return path


def rows(path: Path):
    """All rows, without the properties that schema 8 could not hold: booleans and messages."""
    with closing(open_store(str(path))) as store:
        found = [*store.contexts(), *store.executions(), *store.artifacts()]
        for row in found:
            for name in {"b", "yes", "m"} & set(row.properties):
                del row.properties[name]
        return found, store.events()


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT schema_version FROM MLMDEnv").fetchone()[0]


def test_a_file_is_upgraded_and_a_copy_is_kept(older, sqlite_history, capsys):
    content = older.read_bytes()
    assert main(["doctor", "--workdir", str(older.parent)]) == 1
    assert f"graduate doctor --upgrade-store {older}" in capsys.readouterr().out
    assert main(["doctor", "--upgrade-store", "--workdir", str(older.parent)]) == 0
    said = capsys.readouterr().out
    told = sqlite_history[1]
    assert f"{older}: upgraded from schema 8 to 10" in said
    assert f"{len(told.artifacts)} artifacts, {len(told.executions)} executions" in said
    assert f"copy: {older}.schema-8" in said
    assert rows(older) == rows(sqlite_history[0])
    copy = Path(f"{older}.schema-8")
    assert version(copy) == 8
    assert len(content) == copy.stat().st_size
    ml_metadata.MetadataStore(config_of(copy), enable_upgrade_migration=True)
    assert rows(copy) == rows(older)
    assert main(["doctor", "--upgrade-store", str(older)]) == 0
    assert "nothing to upgrade" in capsys.readouterr().out
    assert sorted(file.name for file in older.parent.iterdir()) == [older.name, copy.name]


def test_a_second_copy_does_not_overwrite_the_first(older, capsys):
    first = Path(f"{older}.schema-8")
    first.write_text("of before")
    assert main(["doctor", "--upgrade-store", str(older), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["before"], done["after"], done["copy"]) == (8, 10, f"{first}-2")
    assert first.read_text() == "of before"


def test_what_is_in_the_log_of_wal_mode_is_in_the_copy_too(older, sqlite_history):
    with closing(sqlite3.connect(older, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        writer.execute("UPDATE Context SET name = 'in the log' WHERE id = 1")
        assert main(["doctor", "--upgrade-store", str(older)]) == 0
    with closing(sqlite3.connect(f"{older}.schema-8")) as copy:
        assert copy.execute("SELECT name FROM Context WHERE id = 1").fetchone() == ("in the log",)
    assert rows(older)[0][1:] == rows(sqlite_history[0])[0][1:]


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(older, monkeypatch, capsys):
    before = version(older), store_upgrade._rows(older)

    def half(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE MLMDEnv SET schema_version = 10")
            connection.execute("DELETE FROM Event")
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(store_upgrade, "_migrate", half)
    assert main(["doctor", "--upgrade-store", str(older)]) == 1
    said = capsys.readouterr().err
    assert "could not be upgraded (the disk is full); it is as it was" in said
    assert f"{older}.schema-8" in said
    assert (version(older), store_upgrade._rows(older)) == before


def test_rows_that_got_lost_undo_an_upgrade(older, monkeypatch, capsys):
    upgrade = store_upgrade._migrate

    def losing(path: Path) -> None:
        upgrade(path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM Event WHERE id = 1")

    monkeypatch.setattr(store_upgrade, "_migrate", losing)
    assert main(["doctor", "--upgrade-store", str(older)]) == 1
    assert "became" in capsys.readouterr().err
    assert version(older) == 8


def test_a_damaged_store_is_not_upgraded(older, capsys):
    content = older.read_bytes()
    older.write_bytes(content[:20480] + os.urandom(len(content) - 40960) + content[-20480:])
    damaged = older.read_bytes()
    assert main(["doctor", "--upgrade-store", str(older)]) == 1
    assert str(older) in capsys.readouterr().err
    assert older.read_bytes() == damaged
    assert [file.name for file in older.parent.iterdir()] == [older.name]


def test_a_run_in_the_work_folder_is_waited_for(older, capsys):
    workspace, codes = Workspace(older.parent), []
    thread = threading.Thread(target=lambda: codes.append(main(["doctor", "--upgrade-store", str(older)])))
    with lock.hold(workspace, "graduate run x.yaml"):
        thread.start()
        time.sleep(0.5)
        assert version(older) == 8
    thread.join()
    assert codes == [0]
    assert version(older) == 10
    assert "waiting: " in capsys.readouterr().err


def test_what_is_no_older_store_is_said(tmp_path, capsys):
    assert main(["doctor", "--upgrade-store", str(tmp_path / "nothing")]) == 2
    assert "no metadata store here" in capsys.readouterr().err
    assert main(["doctor", "--upgrade-store", "grpc://user:hunter2@host:1"]) == 2
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_servers_store_is_not_touched_and_what_is_said_upgrades_it(request, kind, password, capsys):
    server = request.getfixturevalue({"mysql": "mariadb_server"}.get(kind, f"{kind}_server"))
    config, port = mlmd.ConnectionConfig(), server.port
    if kind == "mysql":
        given = {"host": "127.0.0.1", "port": port, "database": "upgraded"}
        config.mysql.MergeFrom(mlmd.MySQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given))
    else:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE upgraded")
        given = {"host": "127.0.0.1", "port": str(port), "dbname": "upgraded"}
        config.postgresql.MergeFrom(
            mlmd.PostgreSQLDatabaseConfig(user=servers.USER, password=servers.PASSWORD, **given)
        )
    ml_metadata.MetadataStore(config)
    if kind == "mysql":
        ml_metadata.downgrade_schema(config, 9)
    else:  # its engine knows no older schema: the number is all that can be older
        with server.connect(dbname="upgraded") as connection:
            connection.execute("UPDATE MLMDEnv SET schema_version = 9")
    url = f"{kind}://{servers.USER}@127.0.0.1:{port}/upgraded"
    assert main(["doctor", "--upgrade-store", url]) == 1
    said = capsys.readouterr().out
    assert "has schema 9; nothing was upgraded" in said
    assert servers.PASSWORD not in said
    assert main(["doctor", "--upgrade-store", url]) == 1
    capsys.readouterr()
    script = "python - <<" + said.partition("python - <<")[2].partition("\nEND\n")[0] + "\nEND\n"
    if kind == "mysql":
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert main(["doctor", "--upgrade-store", url]) == 0
        assert "nothing to upgrade" in capsys.readouterr().out
