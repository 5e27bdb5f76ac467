"""Kubeflow's own Go code, as a small program that is built once and asked about specs: see checker/."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "checker"
# Not optimised, without what only a debugger reads, without C: two thirds of the compiler's time are saved.
_BUILD = ["go", "build", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w"]
_ENVIRONMENT = {"GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}


def built() -> Path:
    """The program, from the cache or built: a few minutes, once for every state of its sources and of go.sum.

    Where there is no Go, or its modules cannot be fetched, whoever asks is skipped.
    """
    if shutil.which("go") is None:
        pytest.skip("no Go on this machine: install golang to have Kubeflow's own code judge the specs")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graduate"
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / f"kubeflow-code-{_digest()}"
    with (cache / "kubeflow-code.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two test processes one builds
        if not program.exists():
            _build(program)
    return program


def _digest() -> str:
    found = hashlib.sha256(_go("version").stdout)
    for file in sorted(SOURCE.iterdir()):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _build(program: Path) -> None:
    fetched = _go("list", "-deps", ".")  # reads the modules that are needed, and no others
    if fetched.returncode != 0:
        said = fetched.stderr.decode(errors="replace").strip().splitlines()
        pytest.skip(f"the modules of Kubeflow's code cannot be fetched: {said[-1] if said else 'go list failed'}")
    half = program.with_suffix(".half")
    made = subprocess.run(
        [*_BUILD, "-o", str(half), "."], cwd=SOURCE, env={**os.environ, **_ENVIRONMENT}, capture_output=True
    )
    assert made.returncode == 0, made.stderr.decode(errors="replace")
    half.rename(program)


def _go(*args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["go", *args], cwd=SOURCE, env={**os.environ, **_ENVIRONMENT}, capture_output=True)


class Kubeflow:
    """What Kubeflow's code says. Each question is answered with a dictionary; `error` is in it where it refuses."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def ask(self, *questions: dict[str, Any]) -> list[dict[str, Any]]:
        """Several questions at once."""
        done = subprocess.run([self.program], input=json.dumps(questions).encode(), capture_output=True)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return json.loads(done.stdout)

    def upload(self, spec: str, **parameters: Any) -> dict[str, Any]:
        """An uploaded file, and a run of it with these parameters."""
        return self.ask({"ask": "upload", "spec": spec, "parameters": parameters})[0]

    def condition(self, expression: str, **values: Any) -> bool | str:
        """Whether a task runs, given its input parameters; or why that cannot be said."""
        (found,) = self.ask(_condition(expression, values))
        return found.get("error") or found["triggers"]

    def conditions(self, *asked: tuple[str, dict[str, Any]]) -> list[bool | str]:
        """The same of several."""
        found = self.ask(*(_condition(expression, values) for expression, values in asked))
        return [one.get("error") or one["triggers"] for one in found]

    def cache_key(self, container: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> str:
        """Under which key the results of a container are kept."""
        types = {name: "STRING" for name in outputs.get("parameters") or {}}
        question = {"container": container, "input": {"inputs": inputs, "outputs": outputs}, "types": types}
        (found,) = self.ask({"ask": "cache_key", **question})
        assert "error" not in found, found
        return str(found["key"])


def _condition(expression: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"ask": "condition", "condition": expression, "input": {"inputs": {"parameterValues": values}}}
