"""Specs of shell containers, small enough to be read beside a test, and a simulation of one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graduate.pipeline.simulate import simulation
from graduate.pipeline.simulate import spec as specs
from graduate.pipeline.supervise.execution import Outcome
from graduate.pipeline.workspace import Workspace

ROOT = "minio://mlpipeline/v2/artifacts"


@dataclass
class Dag:
    """A DAG that is being written; `Spec` is the root."""

    whole: Spec
    tasks: dict[str, Any] = field(default_factory=dict)

    def task(
        self,
        name: str,
        script: str,
        *args: str,
        parameters: Mapping[str, Any] | None = None,
        artifacts: Mapping[str, Any] | None = None,
        gives: Mapping[str, str] | None = None,
        outputs: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        kubernetes: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """A container that runs a shell script with arguments; `more` is the task's own."""
        component = {
            "executorLabel": f"exec-{name}",
            "inputDefinitions": _ports(parameters, artifacts),
            "outputDefinitions": {
                "parameters": {key: {"parameterType": kind} for key, kind in (gives or {}).items()},
                "artifacts": {key: {"artifactType": {"schemaTitle": "system.Dataset"}} for key in outputs},
            },
        }
        container = {"image": "busybox", "command": ["sh", "-c", script, "sh"], "args": list(args)}
        if env:
            container["env"] = [{"name": key, "value": value} for key, value in env.items()]
        self.whole.executors[f"exec-{name}"] = {"container": container}
        if kubernetes:
            self.whole.kubernetes[f"exec-{name}"] = dict(kubernetes)
        self._add(name, component, parameters, artifacts, {"cachingOptions": {"enableCache": True}, **more})

    def importer(self, name: str, uri: str, title: str = "system.Dataset") -> None:
        """An importer of a constant URI."""
        self.whole.executors[f"exec-{name}"] = {
            "importer": {"artifactUri": {"constant": uri}, "typeSchema": {"schemaTitle": title}}
        }
        ports = {"artifacts": {"artifact": {"artifactType": {"schemaTitle": title}}}}
        self._add(name, {"executorLabel": f"exec-{name}", "outputDefinitions": ports}, None, None, {})

    def dag(
        self,
        name: str,
        *,
        condition: str = "",
        parameters: Mapping[str, Any] | None = None,
        artifacts: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Dag:
        """A sub-DAG, with a condition if one is given."""
        inside = Dag(self.whole)
        component: dict[str, Any] = {
            "dag": {"tasks": inside.tasks, **({"outputs": outputs} if outputs else {})},
            "inputDefinitions": _ports(parameters, artifacts),
        }
        policy = {"triggerPolicy": {"condition": condition}} if condition else {}
        self._add(name, component, parameters, artifacts, {**policy, **more})
        return inside

    def _add(self, name: str, component: Any, parameters: Any, artifacts: Any, more: Mapping[str, Any]) -> None:
        self.whole.components[f"comp-{name}"] = component
        inputs = {
            "parameters": {key: _source(value) for key, value in (parameters or {}).items()},
            "artifacts": {key: _artifact(value) for key, value in (artifacts or {}).items()},
        }
        self.tasks[name] = {
            "componentRef": {"name": f"comp-{name}"},
            "taskInfo": {"name": name},
            "inputs": inputs,
            **more,
        }


class Spec(Dag):
    """A whole spec that is being written."""

    def __init__(self, root: str = ROOT, **parameters: Any) -> None:
        super().__init__(self)
        self.components: dict[str, Any] = {}
        self.executors: dict[str, Any] = {}
        self.kubernetes: dict[str, Any] = {}
        self.parameters = {
            name: {"parameterType": _kind(value), "defaultValue": value, "isOptional": True}
            for name, value in parameters.items()
        }
        self.root = root

    def to_dict(self) -> dict[str, Any]:
        """The first document."""
        return {
            "pipelineInfo": {"name": "small"},
            "schemaVersion": "2.1.0",
            "sdkVersion": "test",
            "defaultPipelineRoot": self.root,
            "components": self.components,
            "deploymentSpec": {"executors": self.executors},
            "root": {"dag": {"tasks": self.tasks}, "inputDefinitions": {"parameters": self.parameters}},
        }

    def write(self, path: Path) -> Path:
        """Both documents into a file."""
        documents = [self.to_dict()]
        if self.kubernetes:
            documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": self.kubernetes}}}})
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
        return path


def _kind(value: Any) -> str:
    return {bool: "BOOLEAN", int: "NUMBER_INTEGER", float: "NUMBER_DOUBLE", list: "LIST", dict: "STRUCT"}.get(
        type(value), "STRING"
    )


def _ports(parameters: Mapping[str, Any] | None, artifacts: Mapping[str, Any] | None) -> dict[str, Any]:
    kinds = {key: value[1] if isinstance(value, tuple) else _kind(value) for key, value in (parameters or {}).items()}
    return {
        "parameters": {key: {"parameterType": kind} for key, kind in kinds.items()},
        "artifacts": {key: {"artifactType": {"schemaTitle": "system.Dataset"}} for key in artifacts or {}},
    }


def _source(value: Any) -> dict[str, Any]:
    """A constant; or ("producer.key", type); or ("name", type) of the DAG's own input."""
    if not isinstance(value, tuple):
        return {"runtimeValue": {"constant": value}}
    producer, dot, key = value[0].partition(".")
    if not dot:
        return {"componentInputParameter": producer}
    return {"taskOutputParameter": {"producerTask": producer, "outputParameterKey": key}}


def _artifact(value: str) -> dict[str, Any]:
    producer, dot, key = value.partition(".")
    if not dot:
        return {"componentInputArtifact": producer}
    return {"taskOutputArtifact": {"producerTask": producer, "outputArtifactKey": key}}


class Seen:
    """A view that keeps every event."""

    refresh_seconds = None

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def handle(self, event: Mapping[str, Any]) -> None:
        self.events.append(dict(event))

    def tick(self) -> None:
        return None


@dataclass
class Simulator:
    """Simulations in one work folder."""

    folder: Path
    said: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)

    def __call__(self, spec: Spec, *, parallel: int = 2, cache: bool = True, put: Any = None, **given: str) -> Outcome:
        read = specs.read(str(spec.write(self.folder / "spec.yaml")))
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        asked = simulation.Asked(
            read,
            specs.runtime_parameters(read, given),
            Workspace(self.folder / "work"),
            project,
            put or {},
            parallel,
            cache,
        )
        self.seen = Seen()
        return simulation.simulate(asked, lambda: self.seen, self.said.append)

    def objects(self, pattern: str) -> list[Path]:
        """Files of the object store."""
        return sorted(path for path in (self.folder / "work/objects").glob(pattern) if path.is_file())

    def log(self, outcome: Outcome, task: str) -> str:
        """What a task said."""
        return (self.folder / "work/logs/small" / outcome.result.run_id / f"{task}.log").read_text()

    def json(self, outcome: Outcome, task: str) -> Any:
        """What a task said, as JSON."""
        return json.loads(self.log(outcome, task))

    def executions(self, task: str) -> list[dict[str, Any]]:
        """The executions of a task, with state and properties."""
        return [one for one in self.rows() if one["properties"].get("task_name") == task]

    def rows(self) -> list[dict[str, Any]]:
        """All executions of the store."""
        with sqlite3.connect(self.folder / "work/metadata.sqlite") as connection:
            found = connection.execute(
                "SELECT e.id, t.name, e.last_known_state FROM Execution e JOIN Type t ON t.id = e.type_id ORDER BY e.id"
            ).fetchall()
            return [
                {
                    "id": number,
                    "kind": kind,
                    "state": _STATES[state],
                    "properties": dict(
                        connection.execute(
                            "SELECT name, coalesce(string_value, int_value, double_value) FROM ExecutionProperty "
                            "WHERE execution_id = ?",
                            (number,),
                        ).fetchall()
                    ),
                }
                for number, kind, state in found
            ]


_STATES = ["UNKNOWN", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELED"]


def states(outcome: Outcome) -> dict[str, str]:
    """States by node."""
    return {node.node: node.state for node in outcome.result.nodes}
