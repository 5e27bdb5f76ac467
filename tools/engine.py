"""A local Flink or Spark for `beam.runner`, from released parts: `make flink`, `make spark`.

    tools/engine.py flink jar      fetches Beam's job server with Maven; `graduate run` finds it and starts it by itself
    tools/engine.py flink start    besides, a Flink cluster of two processes and a job server, until Ctrl-C
    tools/engine.py spark start    a job server with Spark inside, until Ctrl-C

It needs Maven and Java 11 or 17, and about 160 MB (Flink) or 310 MB (Spark) below ~/.cache/graduate/engines, or below
GRADUATE_ENGINES. Further arguments go to Maven: `-Dbeam.version=…`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

MAINS = {
    "flink": "org.apache.beam.runners.flink.FlinkJobServerDriver",
    "spark": "org.apache.beam.runners.spark.SparkJobServerDriver",
}
_CLUSTER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_WORKER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_JOB_PORT, _FLINK_PORT = 8099, 8081
_MASTERS = {"flink": ["--flink-master", f"localhost:{_FLINK_PORT}"], "spark": ["--spark-master-url", "local[*]"]}
# Spark on Java 17 reads what that keeps closed
_OPENS = "java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent " \
         "java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar"  # fmt: skip


def main() -> int:
    """Do what the arguments say."""
    if len(sys.argv) < 3 or sys.argv[1] not in MAINS or sys.argv[2] not in ("jar", "start"):
        print(__doc__, file=sys.stderr)
        return 2
    name, deed, *maven = sys.argv[1:]
    place = _folder() / name
    if deed == "jar" or not (place / "job-server.jar").is_file():
        _fetch(name, place, maven)
    print(f"{place / 'job-server.jar'}")
    return _start(name, place) if deed == "start" else 0


def _folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("GRADUATE_ENGINES") or Path(cache, "graduate", "engines"))


def _fetch(name: str, place: Path, arguments: list[str]) -> None:
    """Resolve the parts, and make a jar that names them."""
    if shutil.which("mvn") is None:
        _fail("Maven was not found", "install it (Debian: apt install maven), or name a job server of your own by "
              f"beam.options.{name}_job_server_jar")  # fmt: skip
    pom = Path(__file__).resolve().parent / "engines" / f"{name}.xml"
    aside = place.with_name(f"{name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    print(f"engine: fetching the job server of {name} into {place} (once)", file=sys.stderr)
    done = subprocess.run(
        ["mvn", "-B", "-q", "-Dstyle.color=never", "-f", str(pom), "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={aside / 'lib'}", *arguments],
        stdout=sys.stderr, check=False)  # fmt: skip
    if done.returncode:
        shutil.rmtree(aside, ignore_errors=True)
        _fail("Maven could not get the parts of the job server", "its words are above")
    _write_jar(aside, MAINS[name])
    shutil.rmtree(place, ignore_errors=True)
    aside.rename(place)


def _write_jar(folder: Path, main_class: str) -> None:
    """`job-server.jar`: a manifest that names the jars beside it, which `java -jar` follows."""
    names = " ".join(f"lib/{jar.name}" for jar in sorted((folder / "lib").glob("*.jar")))
    opens = " ".join(f"java.base/{package}" for package in _OPENS.split())
    lines = ["Manifest-Version: 1.0", f"Main-Class: {main_class}", f"Add-Opens: {opens}", f"Class-Path: {names}"]
    manifest = "\r\n".join(_wrapped(line) for line in lines) + "\r\n\r\n"
    with zipfile.ZipFile(folder / "job-server.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)


def _wrapped(line: str) -> str:
    """A manifest's line has 72 bytes at most; what goes on begins with a space."""
    first, rest = line[:70], line[70:]
    return "\r\n".join([first, *(f" {rest[at : at + 69]}" for at in range(0, len(rest), 69))])


def _start(name: str, place: Path) -> int:
    """Run it until Ctrl-C, and leave nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    for port in (_FLINK_PORT, _JOB_PORT) if name == "flink" else (_JOB_PORT,):
        _free(port)
    folder = Path(tempfile.mkdtemp(prefix=f"graduate-{name}-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        if name == "flink":
            started += _flink_cluster(place, folder)
        ports = ["--job-port", str(_JOB_PORT), "--artifact-port", "0", "--expansion-port", "0"]
        command = ["java", "-jar", str(place / "job-server.jar"), *_MASTERS[name], *ports]
        started.append(_process([*command, "--artifacts-dir", str(folder / "staging")], folder / "job-server.log"))
        _wait(_JOB_PORT, started)
        print(f"{name} is ready (logs: {folder}); Ctrl-C ends it. In another terminal:\n"
              f"  graduate run examples/digits.yaml --set beam.runner={name} "
              f"--set beam.options.job_endpoint=localhost:{_JOB_PORT}", file=sys.stderr)  # fmt: skip
        while all(one.poll() is None for one in started):
            time.sleep(0.5)
        _fail("a process of it ended by itself", f"its log is in {folder}")
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)
    finally:
        for one in reversed(started):
            one.terminate()
        for one in started:
            try:
                one.wait(timeout=5)
            except subprocess.TimeoutExpired:
                one.kill()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _flink_cluster(place: Path, folder: Path) -> list[subprocess.Popen[bytes]]:
    """A JobManager and a TaskManager with a slot for each core."""
    (folder / "flink-conf.yaml").write_text(
        "jobmanager.rpc.address: localhost\njobmanager.bind-host: localhost\njobmanager.memory.process.size: 1g\n"
        f"rest.address: localhost\nrest.port: {_FLINK_PORT}\nrest.bind-address: localhost\n"
        "taskmanager.host: localhost\ntaskmanager.bind-host: localhost\n"
        f"taskmanager.numberOfTaskSlots: {os.cpu_count()}\nparallelism.default: {os.cpu_count()}\n"
        "taskmanager.memory.task.heap.size: 512m\ntaskmanager.memory.managed.size: 512m\n"
        "taskmanager.memory.framework.heap.size: 128m\ntaskmanager.memory.framework.off-heap.size: 128m\n"
        "taskmanager.memory.jvm-metaspace.size: 256m\ntaskmanager.memory.jvm-overhead.min: 192m\n"
        "taskmanager.memory.jvm-overhead.max: 192m\n"
        "taskmanager.cpu.cores: 1\ntaskmanager.memory.network.min: 512m\ntaskmanager.memory.network.max: 512m\n"
        "taskmanager.memory.task.off-heap.size: 0m\n",
        encoding="utf-8",
    )
    jar, configured = str(place / "job-server.jar"), ["--configDir", str(folder)]
    cluster = _process(["java", "-Xmx768m", "-cp", jar, _CLUSTER, *configured], folder / "jobmanager.log")
    _wait(_FLINK_PORT, [cluster])
    worker = _process(["java", "-Xmx1g", "-cp", jar, _WORKER, *configured], folder / "taskmanager.log")
    _wait_for_slots([cluster, worker])
    return [cluster, worker]


def _wait_for_slots(processes: list[subprocess.Popen[bytes]]) -> None:
    """Until the TaskManager has told the JobManager what it has: jobs would wait for that in silence."""
    for _ in range(1800):
        if any(one.poll() is not None for one in processes):
            _fail("Flink ended at once", "its logs lie below the temporary folder, graduate-flink-…")
        try:
            with urllib.request.urlopen(f"http://localhost:{_FLINK_PORT}/overview", timeout=5) as answer:
                if json.load(answer)["slots-total"]:
                    return
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    _fail("no TaskManager came", "its logs lie below the temporary folder, graduate-flink-…")


def _process(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS.split()]
    with log.open("wb") as opened:
        return subprocess.Popen(
            [command[0], *opens, *command[1:]], stdin=subprocess.DEVNULL, stdout=opened, stderr=opened
        )


def _free(port: int) -> None:
    """Say so where another program listens there already: it would be taken for ours."""
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return
    _fail(f"something listens at port {port} already", "is another make flink or make spark running? End it first")


def _wait(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    """Until something listens at the port."""
    for _ in range(1800):
        if any(one.poll() is not None for one in processes):
            _fail("it ended at once", "is something else on its port? Its log lies below the temporary folder")
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    _fail(f"nothing answers at port {port}", "see its log")


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _fail(sentence: str, remedy: str) -> None:
    print(f"error: {sentence}\n\nhint: {remedy}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
