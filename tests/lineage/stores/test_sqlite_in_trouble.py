"""What goes wrong with a store in a file, each said in one sentence; and what looks odd and is not wrong."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.rows import Wanted
from graduate.pipeline.lineage.stores import open_store, sqlite
from tests.lineage.writing import opened


@pytest.fixture
def copy(sqlite_history, tmp_path):
    """The history in a file of the test's own."""
    return Path(shutil.copy(sqlite_history[0], tmp_path / "metadata.sqlite"))


@contextmanager
def somebody_else():
    """The rights of a user who owns nothing."""
    if os.getuid() != 0:
        pytest.skip("needs to be root, to be somebody else for a while")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public(sqlite_history):
    """The history in a folder that everybody can read and nobody else can write."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        path = Path(shutil.copy(sqlite_history[0], made))
        path.chmod(0o644)
        yield path


def error(url, kind=UserError):
    """What is said of a store."""
    with pytest.raises(kind) as caught:
        everything(open_store(str(url)))
    assert str(url).removeprefix("sqlite://") in caught.value.render()
    return caught.value.render()


def everything(store):
    """Everything that a store can be asked."""
    with closing(store):
        executions, contexts = store.executions(), store.contexts()
        found = [executions, contexts, store.artifacts(), store.events()]
        found += [store.contexts_of_executions([row.id for row in executions])]
        found += [store.executions_of_contexts([row.id for row in contexts])]
        found += [store.parents_of_contexts([row.id for row in contexts])]
        found += [list(store.search("executions", Wanted(text="a"))), store.count("artifacts"), store.kinds("contexts")]
        return found


def test_no_store_is_said_with_what_makes_one(tmp_path):
    assert "no metadata store here yet" in error(tmp_path / "metadata.sqlite", UsageError)
    assert "graduate run" in error(f"sqlite://{tmp_path}/metadata.sqlite", UsageError)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="empty"):
        open_store("")


def test_a_folder_is_said_with_the_store_inside(copy):
    assert f"--store {copy}" in error(copy.parent, UsageError)


def test_a_file_without_a_byte_is_a_store_without_a_run(tmp_path):
    path = tmp_path / "metadata.sqlite"
    path.touch()
    assert "nothing has been recorded" in error(path, UsageError)
    assert path.stat().st_size == 0


def test_a_store_without_a_row_has_no_rows(tmp_path):
    path = tmp_path / "metadata.sqlite"
    opened(path)
    store = open_store(str(path))
    assert (store.contexts(), store.executions(), store.artifacts(), store.events()) == ([], [], [], [])
    assert (store.count("artifacts"), store.search("artifacts", Wanted(text="x"))) == (0, [])


@pytest.mark.parametrize("version", [9, 8, 6, 5, 4, 0])
def test_a_store_of_an_older_schema_is_left_alone(copy, version):
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(copy)
    ml_metadata.downgrade_schema(config, version)
    content = copy.read_bytes()
    said = error(copy, UsageError)
    assert f"schema {version}, older than 10" in said
    assert f"graduate doctor --upgrade-store {copy}" in said
    assert copy.read_bytes() == content


def test_a_store_of_a_newer_schema_is_left_alone(copy):
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE MLMDEnv SET schema_version = 11")
    content = copy.read_bytes()
    said = error(copy, UsageError)
    assert "schema 11, this graduate reads 10" in said
    assert copy.read_bytes() == content


def test_another_database_and_another_file_are_said(tmp_path):
    other, note = tmp_path / "other.sqlite", tmp_path / "note"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE Type (id, name)")
    note.write_bytes(b"not a database, but a note that is longer than a header" * 20)
    assert "is not an ML Metadata store" in error(other)
    assert "is not an SQLite file" in error(note)


def test_a_locked_store_is_waited_for_and_then_said(copy, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE", 0.3)
    with closing(sqlite3.connect(copy, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        assert "is locked by another program" in error(copy)
        assert 0.25 < time.monotonic() - began < 3


def test_a_store_that_is_locked_for_a_moment_is_waited_for(copy):
    command = """import sqlite3, sys, time
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(0.5)
writer.execute("COMMIT")"""
    with subprocess.Popen([sys.executable, "-c", command, str(copy)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "locked\n"
        assert len(everything(open_store(str(copy)))[0]) > 200


def test_a_transaction_under_way_is_not_seen_and_not_held_up(copy):
    with (
        closing(sqlite3.connect(copy, isolation_level=None, timeout=0.2)) as writer,
        closing(open_store(str(copy))) as store,
    ):
        before = store.count("executions")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM Execution")
        assert store.count("executions") == before
        writer.execute("COMMIT")  # the reader holds nothing
        assert store.count("executions") == 0


def killed_while_writing(path: Path, mode: str) -> None:
    """Leave what a process leaves that was killed in a transaction which had reached the file."""
    command = """import os, sqlite3, sys
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("PRAGMA journal_mode=" + sys.argv[2])
writer.execute("PRAGMA cache_size=5")
writer.execute("BEGIN IMMEDIATE")
writer.execute("UPDATE ExecutionProperty SET string_value = 'spoilt'")
writer.execute("DELETE FROM Event")
os.kill(os.getpid(), 9)"""
    subprocess.run([sys.executable, "-c", command, str(path), mode])
    for file in path.parent.glob(f"{path.name}*"):
        file.chmod(0o644)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_a_killed_writer_left_half_done_is_not_seen(copy, sqlite_history, mode):
    expected = everything(open_store(str(sqlite_history[0])))
    killed_while_writing(copy, mode)
    assert {file.name for file in copy.parent.iterdir()} > {copy.name}
    assert everything(open_store(str(copy))) == expected


def test_who_may_not_take_back_what_was_half_done_is_told(public):
    killed_while_writing(public, "delete")
    with somebody_else():
        assert "a program was killed while it wrote here" in error(public)
    assert everything(open_store(str(public)))
    with somebody_else():
        assert everything(open_store(str(public)))


def test_a_store_that_may_only_be_read_is_read_in_both_modes(public, sqlite_history):
    expected = everything(open_store(str(sqlite_history[0])))
    with somebody_else():
        assert everything(open_store(str(public))) == expected
    with closing(sqlite3.connect(public)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
    with somebody_else():
        assert everything(open_store(str(public))) == expected
    assert [file.name for file in public.parent.iterdir()] == [public.name]


def test_a_store_that_may_not_be_read_is_said(public):
    public.chmod(0o600)
    with somebody_else():
        assert "may not be read" in error(public)
    public.parent.chmod(0o700)
    with somebody_else():
        assert "may not be read" in error(public)


def test_a_writer_in_wal_mode_is_read_from_its_last_commit(copy):
    with closing(sqlite3.connect(copy, isolation_level=None, timeout=0.2)) as writer:
        assert writer.execute("PRAGMA journal_mode=wal").fetchone() == ("wal",)
        store = opened(copy)  # ML Metadata writes to such a file
        store.put_contexts([mlmd.Context(type_id=store.get_context_type("pipeline").id, name="in the log")])
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM Execution")
        with closing(open_store(str(copy))) as reader:
            assert reader.contexts(names=["in the log"])
            assert reader.count("executions") > 200
            writer.execute("COMMIT")
            assert reader.count("executions") == 0


@pytest.mark.parametrize("name", ["a b/c?d#e%20f.sqlite", "ü & 'x'/metadata.sqlite"])
def test_a_path_may_have_any_characters(sqlite_history, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir()
    shutil.copy(sqlite_history[0], path)
    expected = everything(open_store(str(sqlite_history[0])))
    assert everything(open_store(str(path))) == expected
    assert everything(open_store(f"sqlite://{path}")) == expected
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name]


def test_a_path_may_be_no_text(sqlite_history, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.sqlite"))
    shutil.copy(sqlite_history[0], path)
    assert everything(open_store(str(path)))


DAMAGED = {
    "cut off": lambda content: content[: len(content) // 3],
    "cut off within a page": lambda content: content[:-5000],
    "overwritten in the middle": lambda content: content[:8192] + b"\xff" * (len(content) - 16384) + content[-8192:],
    "empty pages": lambda content: content[:4096] + bytes(len(content) - 4096),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_store_is_said(copy, damage):
    copy.write_bytes(DAMAGED[damage](copy.read_bytes()))
    assert "is damaged" in error(copy)


def test_damage_anywhere_is_an_answer_or_a_sentence(copy):
    """Never a traceback; most damage SQLite sees, what it cannot see is text that somebody might have written."""
    content, chance, said = copy.read_bytes(), random.Random(7), []
    for _ in range(60):
        at, length = chance.randrange(100, len(content)), chance.choice([1, 8, 200, 4096])
        copy.write_bytes(content[:at] + chance.randbytes(length) + content[at + length :])
        try:
            everything(open_store(str(copy)))
        except UserError as error:
            said.append(error.render())
    assert len(said) > 5
    assert all(str(copy) in sentence for sentence in said)
