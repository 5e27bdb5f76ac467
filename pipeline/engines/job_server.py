"""Beam's job server of Flink or Spark: a Java process that takes pipelines and hands them to a cluster.

Without an address of a cluster the cluster is inside it. It is this project's own process: it ends with the block that
needed it, and with the worker that started it, which is in a session whose every process is killed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from graduate.errors import UserError

FOLDER = "GRADUATE_ENGINES"  # the environment variable that names where `make flink` puts its jars
_SECONDS = 180  # until a job server has to answer; a JVM on a busy machine takes half a minute
# what Spark and Flink look into on a Java that keeps it closed: of their own scripts' lists
_OPENED = (
    "java.io java.lang java.lang.invoke java.lang.reflect java.net java.nio java.text java.time java.util "
    "java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch sun.nio.cs "
    "sun.security.action sun.util.calendar"
)


@dataclass(frozen=True)
class Kind:
    """What differs between the job servers."""

    name: str
    title: str
    jar_option: str
    master_option: str
    master_flag: str
    master: str
    target: str  # of Beam's build, from which its Python derives the jar's address
    java: tuple[int, int]  # the oldest and the newest major version that is known to run it


KINDS = {
    "FlinkRunner": Kind(
        "flink",
        "Flink",
        "flink_job_server_jar",
        "flink_master",
        "--flink-master",
        "[local]",
        ":runners:flink:{flink_version}:job-server:shadowJar",
        (11, 21),
    ),
    "SparkRunner": Kind(
        "spark",
        "Spark",
        "spark_job_server_jar",
        "spark_master_url",
        "--spark-master-url",
        "local[*]",
        ":runners:spark:3:job-server:shadowJar",
        (11, 17),
    ),
}


def engines_folder() -> Path:
    """Where `make flink` and `make spark` put their jars."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get(FOLDER) or Path(cache, "graduate", "engines"))


class JobServer:
    """A running job server; `close` ends it."""

    def __init__(self, kind: Kind, options: Mapping[str, Any]) -> None:
        """Start it, and wait until it answers.

        Raises:
            UserError: no Java, a Java that it does not run on, no jar, or it ends before it answers.
        """
        self._kind = kind
        java = _java(kind, str(options.get("job_server_java_launcher") or "java"))
        jar = _jar(kind, options)
        self._folder = tempfile.mkdtemp(prefix="graduate-engine-")
        port = int(options.get("job_port") or 0) or _free_port()
        self.endpoint = f"localhost:{port}"
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED.split()]
        places = ["--artifacts-dir", str(options.get("artifacts_dir") or self._folder), "--job-port", str(port)]
        ports = [f for name in ("artifact_port", "expansion_port") for f in (_flag(name), str(options.get(name) or 0))]
        master = master_of(kind, options)
        properties = list(options.get("job_server_jvm_properties") or [])
        command = [java, *opened, *properties, "-jar", jar, kind.master_flag, master, *places, *ports]
        self._said: deque[str] = deque(maxlen=50)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self._process.stdout is not None
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        try:
            self._wait(port)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it: politely, then at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=3)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def died(self) -> str | None:
        """What it said last, if it ended by itself."""
        return None if self._process.poll() is None else _last(self._said)

    def _listen(self, output: IO[bytes]) -> None:
        for line in output:
            text = line.decode(errors="replace").rstrip()
            self._said.append(text)
            print(text, file=sys.stderr)  # the run's log

    def _wait(self, port: int) -> None:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                time.sleep(0.1)  # until the last line is read
                raise UserError(
                    f"Beam's job server of {self._kind.title} ended at once: {_last(self._said)}",
                    where=f"beam.runner: {self._kind.name}",
                    hint="the run's log has all that it said",
                )
            with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
                return
            time.sleep(0.1)
        raise UserError(
            f"Beam's job server of {self._kind.title} did not answer within {_SECONDS} s",
            where=f"beam.runner: {self._kind.name}",
        )


def master_of(kind: Kind, options: Mapping[str, Any]) -> str:
    """The cluster's address; Beam's own default is one inside the job server."""
    named = str(options.get(kind.master_option) or "[auto]")
    return kind.master if named == "[auto]" else named


def _java(kind: Kind, launcher: str) -> str:
    """The Java that runs it."""
    home = os.environ.get("JAVA_HOME")
    if launcher == "java" and home and Path(home, "bin", "java").is_file():
        launcher = str(Path(home, "bin", "java"))
    found = shutil.which(launcher)
    where = f"beam.runner: {kind.name}"
    low, high = kind.java
    wanted = f"{kind.title}'s job server needs Java {low} to {high}"
    if found is None:
        raise UserError(
            f"{wanted}, and there is none ({launcher} is not found)",
            where=where,
            hint="install one, or set JAVA_HOME or beam.options.job_server_java_launcher; or name a job server that "
            "runs elsewhere by beam.options.job_endpoint",
        )
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    matched = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if matched is None:
        raise UserError(f"{found} does not tell its version", where=where, hint=_first(said.stderr or said.stdout))
    if not low <= int(matched[1]) <= high:
        raise UserError(
            f"{wanted}; {found} is Java {matched[1]}",
            where=where,
            hint="set JAVA_HOME or beam.options.job_server_java_launcher to another one",
        )
    return found


def _jar(kind: Kind, options: Mapping[str, Any]) -> str:
    """The jar that the options name, that `make` has made, or Beam's own, which Beam's Python downloads once."""
    from apache_beam.utils.subprocess_server import JavaJarServer

    named = options.get(kind.jar_option)
    where = f"beam.options.{kind.jar_option}"
    if named and "://" not in str(named):
        if not Path(named).is_file():
            raise UserError(f"{named} is not there", where=where, hint=f"`make {kind.name}` makes one")
        return str(named)
    made = engines_folder() / kind.name / "job-server.jar"
    if not named and made.is_file():
        return str(made)
    address = named or JavaJarServer.path_to_beam_jar(kind.target.format(**{"flink_version": "1.20", **options}))
    try:
        return str(JavaJarServer.local_jar(address))
    except Exception as error:  # a network has many ways to fail
        raise UserError(
            f"the job server of {kind.title} cannot be had from {address} ({_first(str(error))})",
            where=where,
            hint=f"`make {kind.name}` makes one from the released parts; or name a jar that you have",
        ) from error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        return int(taken.getsockname()[1])


def _first(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[0][:200]


def _last(said: deque[str]) -> str:
    """The most telling of its last lines: the innermost cause, an exception, or simply the last."""
    lines = [line.strip() for line in said if line.strip()]
    for wanted in ("Caused by: ", "Exception", "Error"):
        found = [line for line in lines if wanted in line and not line.startswith("at ")]
        if found:
            return found[-1].removeprefix("Caused by: ")[:300]
    return lines[-1][:300] if lines else "it said nothing"
