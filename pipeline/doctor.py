"""What a run needs of the machine, the environment and the work folder. Reads only; imports none of the libraries."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from graduate.pipeline.workspace import Workspace

OK, NOTE, FAIL = "ok", "note", "FAIL"

OLDEST_GLIBC = (2, 34)  # what the wheels of TFX 1.16's libraries are built for
STORE_VERSION = 10  # of ML Metadata 1.16
LIBRARIES = ("tfx", "tensorflow", "keras", "apache-beam", "ml-metadata", "tensorflow-model-analysis", "numpy")
_GIGABYTE = 1e9
_ONE_RUN = 0.5 * _GIGABYTE  # of disk: the digits example needs a tenth
_PEAK_MEMORY = 1.0 * _GIGABYTE


class Finding(NamedTuple):
    """One line: `ok`, `note` (a run works, but …) or `FAIL` (a run would stop), and what to do about it."""

    name: str
    state: str
    text: str
    remedy: str = ""


def examine(workspace: Workspace) -> Iterator[Finding]:
    """All findings, in the order in which a missing thing would stop a run."""
    yield _platform()
    yield _glibc()
    yield _python()
    yield _uv()
    yield _libraries()
    yield _bytecode()
    yield _encoding()
    yield _processors()
    yield _memory()
    yield _gpu()
    yield _work_folder(workspace)
    yield _disk(workspace)
    yield _store(workspace)


def _platform() -> Finding:
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        remedy = "TFX's libraries exist for x86-64 Linux alone; use such a machine, or a container on one"
        return Finding("platform", FAIL, f"{system} {machine}", remedy)
    return Finding("platform", OK, f"{system} {machine}, kernel {platform.release().split('-')[0]}")


def _glibc() -> Finding:
    try:
        library, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        found = tuple(int(part) for part in version.split(".")[:2])
    except (ValueError, OSError):
        return Finding("libc", FAIL, "not glibc", "use a distribution with glibc, such as Debian or Ubuntu")
    if found < OLDEST_GLIBC:
        return Finding("libc", FAIL, f"{library} {version}", "2.34 or newer is needed: Debian 12, Ubuntu 22.04, RHEL 9")
    return Finding("libc", OK, f"{library} {version}")


def _python() -> Finding:
    text = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] != (3, 11):
        return Finding("python", FAIL, text, "Python 3.11 is needed: make setup brings one")
    return Finding("python", OK, text)


def _uv() -> Finding:
    private = _clone() / ".bootstrap" / "bin" / "uv"
    found = shutil.which("uv") or (str(private) if private.exists() else None)
    if found is None:
        return Finding("uv", NOTE, "not found", "only to change dependencies; make setup brings one")
    return Finding("uv", OK, found)


def _libraries() -> Finding:
    """Versions, against the exact pins of pyproject.toml where there is a clone."""
    pins, found = _pins(), dict[str, str | None]()
    for name in dict.fromkeys([*LIBRARIES, *pins]):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    remedy = "make setup installs the locked versions"
    if missing := [name for name, version in found.items() if version is None]:
        return Finding("libraries", FAIL, f"missing: {', '.join(missing)}", remedy)
    if other := [f"{name} {found[name]}, not {pin}" for name, pin in pins.items() if found[name] != pin]:
        return Finding("libraries", NOTE, "; ".join(other), remedy)
    return Finding("libraries", OK, ", ".join(f"{name} {found[name]}" for name in LIBRARIES))


def _pins() -> dict[str, str]:
    try:
        text = (_clone() / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return {}
    import tomllib

    group = tomllib.loads(text).get("dependency-groups", {}).get("pipeline", [])
    return {name: version for name, equals, version in (pin.partition("==") for pin in group) if equals}


def _clone() -> Path:
    import graduate

    return Path(graduate.__file__).resolve().parents[1]


def _bytecode() -> Finding:
    """Compiled bytecode halves the time that TensorFlow, Beam and TFX take to import."""
    missing: dict[str, Path] = {}
    for name in ("tensorflow", "apache_beam", "tfx"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin and not Path(importlib.util.cache_from_source(spec.origin)).exists():
            missing[name] = Path(spec.origin).parents[1]
    if not missing:
        return Finding("bytecode", OK, "compiled")
    set_off = ", and PYTHONDONTWRITEBYTECODE is set" if sys.dont_write_bytecode else ""
    text = f"none for {', '.join(missing)}{set_off}; every start takes twice as long"
    folders = " ".join(dict.fromkeys(str(folder) for folder in missing.values()))
    return Finding("bytecode", NOTE, text, f"{sys.executable} -m compileall -q {folders}")


def _encoding() -> Finding:
    files, output = sys.getfilesystemencoding(), (sys.stdout.encoding or "?").lower()
    text = f"{files} file names, {output} output, LANG={os.environ.get('LC_ALL') or os.environ.get('LANG') or '-'}"
    if files != "utf-8":
        return Finding("encoding", NOTE, text, "set LANG=C.UTF-8, or names of files that are not ASCII may be refused")
    return Finding("encoding", OK, text)


def _processors() -> Finding:
    usable, quota = len(os.sched_getaffinity(0)), None
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        quota = None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    text = f"{usable} cores" + (f", limited to {quota:g}" if quota is not None and quota < usable else "")
    return Finding("processors", OK, text)


def _memory() -> Finding:
    sizes = dict(re.findall(r"^(\w+): +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE))
    total, available = int(sizes["MemTotal"]) * 1024, int(sizes["MemAvailable"]) * 1024
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        total, available = min(total, limit), min(available, limit - used)
    except (OSError, ValueError):  # no limit
        pass
    text = f"{available / _GIGABYTE:.1f} GB free of {total / _GIGABYTE:.1f}"
    if available < _PEAK_MEMORY:
        return Finding("memory", NOTE, text, "a run takes about 1 GB; end other programs")
    return Finding("memory", OK, text)


def _gpu() -> Finding:
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        return Finding("gpu", OK, "none; training uses the CPU")
    name = _gpu_names() or "NVIDIA, but nvidia-smi does not answer"
    try:
        metadata.version("nvidia-cudnn-cu12")
    except metadata.PackageNotFoundError:
        return Finding("gpu", NOTE, name, "TensorFlow sees it only with its CUDA libraries: tensorflow[and-cuda]")
    return Finding("gpu", OK, name)


def _gpu_names() -> str | None:
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=3, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return "; ".join(line.strip() for line in answer.splitlines() if line.strip()) or None


def _work_folder(workspace: Workspace) -> Finding:
    root = workspace.root
    if root.exists() and not root.is_dir():
        return Finding("work folder", FAIL, f"{root} is a file", "give another --workdir")
    there = _existing(root)
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "work folder", FAIL, f"{there} cannot be written", "give another --workdir, or mend its permissions"
        )
    return Finding("work folder", OK, str(root) + ("" if root.exists() else " (will be made by the first run)"))


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _disk(workspace: Workspace) -> Finding:
    usage = shutil.disk_usage(_existing(workspace.root))
    text = f"{usage.free / _GIGABYTE:.1f} GB free of {usage.total / _GIGABYTE:.1f}"
    if usage.free < _ONE_RUN / 10:
        return Finding("disk", FAIL, text, "free some, or give a --workdir on another disk")
    if usage.free < _ONE_RUN:
        return Finding("disk", NOTE, text, "a run may fill it")
    return Finding("disk", OK, text)


def _store(workspace: Workspace) -> Finding:
    file = workspace.store
    if not file.exists():
        return Finding("store", OK, "none yet; the first run makes it")
    aside = f"move {file} aside; pushed models are not in it and keep serving"
    try:
        version, runs, last = _read_store(file)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return Finding("store", OK, f"{file}: a run is writing to it")
        return Finding("store", FAIL, f"{file} cannot be read ({error})", "mend its permissions, or " + aside)
    except sqlite3.DatabaseError as error:
        return Finding("store", FAIL, f"{file} is damaged ({error})", aside)
    if version is None:
        return Finding("store", OK, "empty; the first run fills it")
    if version > STORE_VERSION:
        return Finding(
            "store", FAIL, f"{file} is of a newer version ({version})", "use the graduate that wrote it, or " + aside
        )
    text = (
        f"{runs} run{'' if runs == 1 else 's'}" + (f", the last {last}" if last else "") + f"; schema version {version}"
    )
    if version < STORE_VERSION:
        remedy = f"older than {STORE_VERSION}: graduate doctor --upgrade-store {shlex.quote(str(file))}"
        return Finding("store", FAIL, text, remedy)
    return Finding("store", OK, text)


def _read_store(file: Path) -> tuple[int | None, int, str | None]:
    """Schema version (None: no tables yet), number of runs, id of the last; read only, whoever else writes."""
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=0.5)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "MLMDEnv" not in tables:  # the first schema did not write its number down
            return (0 if {"Type", "EventPath"} <= tables else None), 0, None
        (version,) = connection.execute("SELECT schema_version FROM MLMDEnv").fetchone()
        found = connection.execute(
            "SELECT Context.name FROM Context JOIN Type ON Context.type_id = Type.id WHERE Type.name = 'pipeline_run' "
            "AND EXISTS (SELECT 1 FROM ContextProperty WHERE context_id = Context.id AND name = 'graduate_status') "
            "ORDER BY Context.id DESC"
        ).fetchall()
        return version, len(found), found[0][0] if found else None
    finally:
        connection.close()
