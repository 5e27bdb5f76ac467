"""Writes what Kubeflow Pipelines' driver and launcher (2.5 to 2.17) write, through ML Metadata's own API.

`Cluster` has a method for each moment at which they write; the source is `backend/src/v2` of kubeflow/pipelines:
`metadata/client.go` (GetPipeline, CreateExecution, PublishExecution, RecordArtifact), `driver/` and `component/`.
What is only read of it is in `recorded`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as mlmd

NEW, RUNNING, COMPLETE, FAILED, CACHED, CANCELED = (
    mlmd.Execution.NEW,
    mlmd.Execution.RUNNING,
    mlmd.Execution.COMPLETE,
    mlmd.Execution.FAILED,
    mlmd.Execution.CACHED,
    mlmd.Execution.CANCELED,
)
CONTAINER, DAG, IMPORTER = "system.ContainerExecution", "system.DAGExecution", "system.ImporterExecution"
ROOT = "minio://mlpipeline/v2/artifacts"
SESSION = '{"Provider":"minio","Params":{"endpoint":"minio-service.kubeflow:9000"}}'
Made = Mapping[str, Sequence[mlmd.Artifact]]  # by output; one with an id is in the store already


@dataclass
class Run:
    """A run: the contexts that all its executions are in, and its root DAGExecution."""

    id: str
    pipeline: str
    contexts: list[mlmd.Context]
    root: int = 0


@dataclass
class Cluster:
    """A namespace of Kubeflow Pipelines that writes into one store.

    Attributes:
        store: opened for writing.
        root: the pipeline root.
        session: what `store_session_info` says of the object store.
        namespace: in Kubernetes.
    """

    store: ml_metadata.MetadataStore
    root: str = ROOT
    session: str = SESSION
    namespace: str = "kubeflow"
    types: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> Cluster:
        """One that writes into the SQLite file at a path."""
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return cls(ml_metadata.MetadataStore(config))

    def run(self, pipeline: str, run_id: str, parameters: Mapping[str, Any] | None = None) -> Run:
        """The root driver (RootDAG): contexts, their relation, and the run itself as an execution that never ends."""
        above = self._context("system.Pipeline", pipeline, {})
        told = {
            "namespace": self.namespace,
            "resource_name": "run-resource",
            "pipeline_root": f"{self.root}/{pipeline}/{run_id}",
            "store_session_info": self.session,
        }
        own = self._context("system.PipelineRun", run_id, told)
        self.store.put_parent_contexts([mlmd.ParentContext(child_id=own.id, parent_id=above.id)])
        run = Run(run_id, pipeline, [above, own])
        run.root = self._create(run, DAG, "", "", parent=0, inputs=parameters or {}, name=f"run/{run_id}")
        return run

    def dag(
        self,
        run: Run,
        task: str,
        *,
        parent: int = 0,
        inputs: Mapping[str, Any] | None = None,
        artifacts: Mapping[str, Sequence[int]] | None = None,
        tasks: int = 0,
        triggers: bool = True,
        iterations: int | None = None,
        iteration: int | None = None,
        producers: Mapping[str, Any] | None = None,
    ) -> int:
        """The DAG driver: a condition, a loop, a turn of one, an inner pipeline. CANCELED where it is skipped.

        `producers` are the properties that tell which task within gives an output of the DAG.
        """
        more: dict[str, Any] = {"total_dag_tasks": tasks, **(producers or {})}
        if iterations is not None:
            more["iteration_count"] = iterations
        if iteration is not None:
            more["iteration_index"] = iteration
        given: dict[str, Any] = {"inputs": inputs or {}, "artifacts": artifacts or {}, "more": more}
        return self._create(run, DAG, task, task, parent=parent or run.root, triggers=triggers, **given)

    def container(
        self,
        run: Run,
        task: str,
        *,
        parent: int = 0,
        inputs: Mapping[str, Any] | None = None,
        artifacts: Mapping[str, Sequence[int]] | None = None,
        cached: int | None = None,
        triggers: bool = True,
        display: str | None = None,
        fingerprint: str | None = None,
    ) -> int:
        """The container driver: RUNNING, or CANCELED where its own condition is false.

        `fingerprint` is what the cache knows it by; "" for a task that is not cached, one of its inputs' where it is
        not given.
        """
        more: dict[str, Any] = {"pod_name": "", "pod_uid": "", "namespace": "", "image": ""}
        if fingerprint is None and triggers:
            fingerprint = uuid.uuid5(uuid.NAMESPACE_OID, f"{task} {inputs} {artifacts}").hex
        if fingerprint:
            more["cache_fingerprint"] = fingerprint
        if cached is not None:
            more["cached_execution_id"] = str(cached)
        given: dict[str, Any] = {"inputs": inputs or {}, "artifacts": artifacts or {}, "more": more}
        shown = task if display is None else display
        return self._create(run, CONTAINER, task, shown, parent=parent or run.root, triggers=triggers, **given)

    def begin(self, execution: int, pod: str, uid: str) -> None:
        """The launcher at the start of its container, each time that it is tried."""
        (found,) = self.store.get_executions_by_id([execution])
        found.last_known_state = RUNNING
        for key, value in {"pod_name": pod, "pod_uid": uid, "namespace": self.namespace}.items():
            found.custom_properties[key].string_value = value
        self.store.put_executions([found])

    def publish(
        self,
        run: Run,
        execution: int,
        outputs: Made | None = None,
        parameters: Mapping[str, Any] | None = None,
        state: int = COMPLETE,
    ) -> dict[str, list[int]]:
        """The launcher at the end of its container, or the driver of one that is CACHED: ids of outputs by name."""
        (found,) = self.store.get_executions_by_id([execution])
        found.last_known_state = state
        if state == COMPLETE and not found.custom_properties["pod_name"].string_value:
            pod = uuid.uuid5(uuid.NAMESPACE_OID, str(execution))
            for key, value in {"pod_name": f"{run.pipeline}-{pod.hex[:5]}", "pod_uid": str(pod)}.items():
                found.custom_properties[key].string_value = value
            found.custom_properties["namespace"].string_value = self.namespace
        if state != FAILED:
            _struct(found.custom_properties["outputs"], parameters or {})
        pairs, names = [], []
        for name, artifacts in (outputs or {}).items():
            for artifact in artifacts:
                pairs.append((artifact, _event(mlmd.Event.OUTPUT, name)))
                names.append(name)
        _, ids, _ = self.store.put_execution(found, pairs, run.contexts)
        by_name: dict[str, list[int]] = {}
        for name, number in zip(names, ids, strict=True):
            by_name.setdefault(name, []).append(number)
        return by_name

    def importer(self, run: Run, task: str, artifact: mlmd.Artifact, parent: int = 0, output: str = "artifact") -> int:
        """The importer launcher, driver and launcher in one; `artifact` is as `imported` makes it. Its output's id."""
        made = self._create(run, IMPORTER, task, "", parent=parent or run.root, inputs=None)
        (found,) = self.store.get_executions_by_id([made])
        found.last_known_state = COMPLETE
        _, ids, _ = self.store.put_execution(found, [(artifact, _event(mlmd.Event.OUTPUT, output))], run.contexts)
        return int(ids[0])

    def finish(self, dag: int, state: int = COMPLETE) -> None:
        """What the launcher of a DAG's last task writes; a run's root stays RUNNING."""
        (found,) = self.store.get_executions_by_id([dag])
        found.last_known_state = state
        self.store.put_executions([found])

    def artifact(self, title: str, uri: str, name: str, metadata: Mapping[str, Any] | None = None) -> mlmd.Artifact:
        """An output as the launcher records it: a schema's title is the type, all that is told a custom property."""
        made = self.imported(title, uri, metadata)
        for key, value in {"display_name": name, "store_session_info": self.session}.items():
            if key not in made.custom_properties:
                made.custom_properties[key].string_value = value
        return made

    def imported(self, title: str, uri: str, metadata: Mapping[str, Any] | None = None) -> mlmd.Artifact:
        """An artifact as the importer records it, without what the launcher adds."""
        made = mlmd.Artifact(type_id=self._type("artifact", title), uri=uri, state=mlmd.Artifact.LIVE)
        for key, value in (metadata or {}).items():
            number = isinstance(value, int) and not isinstance(value, bool)
            _set(made.custom_properties[key], float(value) if number else value)
        return made

    def _create(
        self,
        run: Run,
        kind: str,
        task: str,
        display: str,
        *,
        parent: int,
        inputs: Mapping[str, Any] | None,
        artifacts: Mapping[str, Sequence[int]] | None = None,
        more: Mapping[str, Any] | None = None,
        triggers: bool = True,
        name: str = "",
    ) -> int:
        """CreateExecution."""
        made = mlmd.Execution(
            type_id=self._type("execution", kind), last_known_state=RUNNING if triggers else CANCELED, name=name or None
        )
        for key, value in {"display_name": display, "task_name": task, **(more or {})}.items():
            _set(made.custom_properties[key], value)
        if parent:
            made.custom_properties["parent_dag_id"].int_value = parent
        if inputs is not None:
            _struct(made.custom_properties["inputs"], inputs)
        pairs = [
            (artifact, _event(mlmd.Event.INPUT, slot))
            for slot, ids in (artifacts or {}).items()
            for artifact in self.store.get_artifacts_by_id(list(ids))
        ]
        number, _, _ = self.store.put_execution(made, pairs, run.contexts)
        return int(number)

    def _context(self, kind: str, name: str, properties: Mapping[str, str]) -> mlmd.Context:
        found = self.store.get_context_by_type_and_name(kind, name)
        if found is None:
            made = mlmd.Context(type_id=self._type("context", kind), name=name)
            for key, value in properties.items():
                made.custom_properties[key].string_value = value
            self.store.put_contexts([made])
            found = self.store.get_context_by_type_and_name(kind, name)
        return found

    def _type(self, what: str, name: str) -> int:
        """All types are schemaless."""
        if (what, name) not in self.types:
            made = {"artifact": mlmd.ArtifactType, "execution": mlmd.ExecutionType, "context": mlmd.ContextType}[what]
            self.types[what, name] = getattr(self.store, f"put_{what}_type")(made(name=name))
        return self.types[what, name]


def _event(kind: int, name: str) -> mlmd.Event:
    event = mlmd.Event(type=kind)
    event.path.steps.add().key = name
    return event


def _struct(value: mlmd.Value, given: Mapping[str, Any]) -> None:
    value.struct_value.SetInParent()  # an empty one too
    value.struct_value.update(dict(given))


def _set(value: mlmd.Value, given: Any) -> None:
    """StructValueToMLMDValue: a bool is an int; a list or a dict is a struct of one key that says which."""
    if isinstance(given, mlmd.Value):
        value.CopyFrom(given)
    elif isinstance(given, bool | int):
        value.int_value = int(given)
    elif isinstance(given, float):
        value.double_value = given
    elif isinstance(given, str):
        value.string_value = given
    elif isinstance(given, list):
        _struct(value, {"list": given})
    else:
        _struct(value, {"struct": given})
