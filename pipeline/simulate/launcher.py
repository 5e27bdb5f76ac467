"""What Kubeflow's launcher does round a container: brings its inputs, runs it, takes its outputs away.

It runs in a thread of its own and writes no record: the scheduler does, with what this gives back.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline.kubeflow import places
from graduate.pipeline.simulate import values
from graduate.pipeline.simulate.objects import Objects
from graduate.pipeline.simulate.pod import Pod
from graduate.pipeline.simulate.process import Process
from graduate.pipeline.simulate.spec import Component


@dataclass(frozen=True)
class Given:
    """What a container gave.

    Attributes:
        error: why it failed; "" where it did not.
        parameters: by name.
        artifacts: {output: its URI, type and metadata, as `RuntimeArtifact` has them}.
    """

    error: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Launch:
    """One try of one container; `run` in a thread, `stop` from another.

    Args:
        component: with the container.
        executor_input: as the driver made it.
        pod: the one that it runs in.
        objects: the object stores.
        log: gets what it says.
        on_event: gets what it tells.
    """

    def __init__(
        self,
        component: Component,
        executor_input: Mapping[str, Any],
        pod: Pod,
        objects: Objects,
        log: Path,
        on_event: Callable[[dict[str, Any]], None],
    ) -> None:
        self._component, self._input, self.pod = component, executor_input, pod
        self._objects, self._log, self._on_event = objects, log, on_event
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._stopped = False

    def run(self) -> Given:
        """Everything, from the first input to the last output. Whatever goes wrong is in what it gives."""
        try:
            self.pod.prepare(self._input)
            self._bring()
            code = self._execute()
            if self._stopped:
                return Given("it was stopped")
            if code != 0:
                return Given(_ended(code))
            given = self._collect()
        except (UserError, OSError, ValueError) as error:
            return Given(str(error) or type(error).__name__)
        shutil.rmtree(self.pod.folder, ignore_errors=True)  # one that failed stays, to be looked at
        return given

    def stop(self, *, at_once: bool = False) -> None:
        """End it, politely or at once."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill() if at_once else self._process.stop()

    def _bring(self) -> None:
        for told in ((self._input.get("inputs") or {}).get("artifacts") or {}).values():
            for artifact in told["artifacts"]:
                uri = artifact.get("uri", "")
                if places.in_object_store(uri):
                    self._objects.download(uri, self.pod.local(uri))

    def _execute(self) -> int:
        command = self.pod.command(self._component, self._input)
        with self._lock:
            if self._stopped:
                return -15
            self._process = Process(command, self.pod.environment, self.pod.folder / "work", self._log, self._on_event)
        return self._process.wait()

    def _collect(self) -> Given:
        outputs = self._input["outputs"]
        told = _output_file(self.pod.local(outputs["outputFile"]))
        parameters = {name: values.doubles(value) for name, value in (told.get("parameterValues") or {}).items()}
        for name, place in (outputs.get("parameters") or {}).items():
            if name not in parameters:
                kind = self._component.parameters("outputs")[name].get("parameterType", "STRING")
                parameters[name] = _from_file(name, kind, self.pod.local(place["outputFile"]))
        artifacts = {}
        for name, listed in (outputs.get("artifacts") or {}).items():
            found = ((told.get("artifacts") or {}).get(name) or {}).get("artifacts") or [{}]
            merged = _merged(listed["artifacts"][0], found[0])
            if places.in_object_store(merged["uri"]):
                self._objects.upload(self.pod.local(merged["uri"]), merged["uri"])
            artifacts[name] = merged
        return Given("", parameters, artifacts)


def _output_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"failed to unmarshal the executor output: {error}", where=str(path)) from error
    unknown = [key for key in told if key not in ("parameterValues", "artifacts")] if isinstance(told, dict) else ["…"]
    if unknown:
        raise UserError(f"failed to unmarshal the executor output: unknown field {unknown[0]!r}", where=str(path))
    return told  # type: ignore[no-any-return]


def _from_file(name: str, kind: str, path: Path) -> Any:
    try:
        return values.parsed(path.read_text(encoding="utf-8"), kind)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"failed to read output parameter {name!r} of type {kind}: {why}") from error


def _merged(provided: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What the program says of an artifact wins: another URI, more metadata."""
    metadata = {**(provided.get("metadata") or {}), **values.doubles(told.get("metadata") or {})}
    merged = {**provided, "uri": told.get("uri") or provided["uri"]}
    return {**merged, "metadata": metadata} if metadata else merged


def _ended(code: int) -> str:
    if code < 0:
        import signal

        name = signal.Signals(-code).name
        memory = ", most likely because memory ran out" if name == "SIGKILL" else ""
        return f"the container was killed by {name}{memory}"
    return f"the container ended with status {code}" + (": no such program" if code == 127 else "")


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log that say something."""
    try:
        with open(log, "rb") as opened:
            opened.seek(max(0, os.fstat(opened.fileno()).st_size - 20_000))
            text = opened.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]
