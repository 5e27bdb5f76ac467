"""URLs of stores: their forms, and passwords, which are nowhere but in the environment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graduate.errors import UsageError
from graduate.pipeline.lineage.stores import address, open_store

SECRET = "hunter2"


def taken_apart(url, options=("unix_socket",)):
    return address.taken_apart(url, port=3306, form="FORM", options=options, passwords=(address.PASSWORD, "MYSQL_PWD"))


def test_a_url_is_taken_apart():
    place = taken_apart("mysql://me%40here@[::1]:33/ml%20md?unix_socket=/run/a%20b")
    assert (place.user, place.host, place.port, place.database) == ("me@here", "::1", 33, "ml md")
    assert place.options == {"unix_socket": "/run/a b"}
    assert taken_apart("mysql://db.example/mlmd").where == "mysql://db.example:3306/mlmd"


def test_the_password_is_the_environments_and_nobody_sees_it(monkeypatch):
    monkeypatch.setenv("MYSQL_PWD", SECRET)
    place = taken_apart("mysql://me@host/db")
    assert place.password == SECRET
    assert SECRET not in repr(place) + place.where
    monkeypatch.setenv("GRADUATE_STORE_PASSWORD", "another")
    assert taken_apart("mysql://me@host/db").password == "another"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@host:3306/db",
        f"mariadb://me:{SECRET}@host/db",
        f"postgresql://me:{SECRET}@host/db",
        f"postgres://:{SECRET}@host/db",
        f"grpc://me:{SECRET}@host:8080",
        f"mysql://me:{SECRET}#x@host/db",
        f"mysql://me:x#{SECRET}@host/db",
        f"mysql://me:{SECRET}/x@host/db",
        f"mysql://me:x@{SECRET}@host/db",
        f"mysql://me:x/{SECRET}:1@host:99999999/db",
        f"mysql://me:[{SECRET}@host/db",
        f"mysql://host/db?password={SECRET}",
        f"nosql://me:{SECRET}@host/db",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert SECRET not in caught.value.render()
    assert caught.value.hint
    with pytest.raises(UsageError):
        open_store(url.replace("mysql", "MySQL"))


def test_what_is_no_kind_of_store_is_said_with_the_kinds():
    with pytest.raises(UsageError) as caught:
        open_store("oracle://host/db")
    assert "oracle:// is no kind of store" in caught.value.render()
    assert "postgresql://USER@HOST:PORT/DATABASE" in caught.value.render()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://me@host", "names no database"),
        ("postgresql://me@host/", "names no database"),
        ("grpc://", "names no host"),
        ("mysql://me@host/db?charset=x", "unknown option charset"),
        ("mysql://me@host:abc/db", "cannot be taken apart"),
        ("grpc://host:8080?x=1", "unknown option x"),
    ],
)
def test_what_a_url_lacks_is_said_before_anything_is_tried(url, said):
    with pytest.raises(UsageError, match=said):
        open_store(url)


def test_a_store_in_a_file_needs_no_library_and_no_engine(sqlite_history):
    """Nothing but the standard library is loaded; each server's client alone for each server."""
    code = f"""import sys
from graduate.pipeline.lineage.stores import open_store
store = open_store({str(sqlite_history[0])!r})
store.executions(only=()), store.events(), store.artifacts(only=())
heavy = {{"ml_metadata", "google.protobuf", "grpc", "pymysql", "psycopg", "numpy", "tensorflow", "tfx"}}
print(sorted(heavy & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
