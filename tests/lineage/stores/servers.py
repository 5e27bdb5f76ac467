"""Database servers of a test's own: in a new folder, on a free port of loopback, and ended with the test."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "reader", "s3cret-pässword"
_ENDS_WITH_US = ("--pdeathsig", "KILL")  # also where the tests are killed
_PATIENCE = 60.0  # seconds for a server to come up on a busy machine


@dataclass(frozen=True)
class Server:
    """A running server; `connect` gives a connection that may do everything."""

    port: int
    folder: Path
    connect: Callable[..., object]
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def mariadb() -> Iterator[Server]:
    """MariaDB, with the user `USER` that may do everything.

    ML Metadata's client knows `mysql_native_password` alone.
    """
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
    install = shutil.which("mariadb-install-db")
    if program is None or install is None:
        pytest.skip("needs mariadbd: apt-get install mariadb-server")
    import pymysql

    with _folder() as folder:
        user = [f"--user={pwd.getpwuid(os.getuid()).pw_name}"]
        made = [install, "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=normal"]
        subprocess.run([*made, "--skip-test-db", *user], check=True, capture_output=True)
        port, door = free_port(), f"{folder}/socket"
        command = [
            "setpriv",
            *_ENDS_WITH_US,
            program,
            "--no-defaults",
            *user,
            f"--datadir={folder}/data",
            f"--socket={door}",
            f"--port={port}",
        ]
        command += ["--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--skip-name-resolve"]
        command += ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0"]

        def connect(**given: object) -> pymysql.Connection:
            return pymysql.connect(unix_socket=door, user="root", autocommit=True, **given)

        with _running(command, folder, signal.SIGTERM) as process:
            _wait(connect, pymysql.Error, process, folder)
            with connect() as connection, connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE USER {USER}@'%%' IDENTIFIED VIA mysql_native_password USING PASSWORD(%s)", (PASSWORD,)
                )
                cursor.execute(f"GRANT ALL ON *.* TO {USER}@'%'")
            yield Server(port, folder, connect, process)


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """PostgreSQL, with the superuser `USER`; it refuses to run as root, and runs as `postgres` or `nobody` then."""
    home = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))
    programs = [str(home / name) if (home / name).exists() else shutil.which(name) for name in ("initdb", "postgres")]
    if None in programs:
        pytest.skip("needs PostgreSQL's server: apt-get install postgresql")
    import psycopg

    initdb, postgres = programs
    with _folder() as folder:
        as_user = _as_another_user(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        made = [str(initdb), "-D", f"{folder}/data", "-A", "scram-sha-256", "-U", USER, f"--pwfile={secret}"]
        subprocess.run([*as_user, *made, "--no-sync", "-E", "UTF8", "--locale=C"], check=True, capture_output=True)
        port = free_port()
        command = [*as_user, str(postgres), "-D", f"{folder}/data", "-p", str(port), "-k", "", "-c", "fsync=off"]
        command += ["-c", "listen_addresses=127.0.0.1"]

        def connect(**given: object) -> psycopg.Connection:
            given = {"dbname": "postgres", **given}
            return psycopg.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, autocommit=True, **given)

        with _running(command, folder, signal.SIGINT) as process:  # whoever is connected
            _wait(connect, psycopg.Error, process, folder)
            yield Server(port, folder, connect, process)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that every user can reach, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="graduate-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _as_another_user(folder: Path) -> list[str]:
    if os.getuid() != 0:
        return ["setpriv", *_ENDS_WITH_US]
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *_ENDS_WITH_US]


@contextlib.contextmanager
def _running(command: list[str], folder: Path, end: int) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd="/") as process:
        try:
            yield process
        finally:
            process.send_signal(end)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(connect: Callable[..., object], error: type[Exception], process: object, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connect().close()  # type: ignore[attr-defined]
            return
        except error:
            ended = isinstance(process, subprocess.Popen) and process.poll() is not None
            if ended or time.monotonic() > end:
                pytest.fail(f"the server did not come up: {(folder / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
