"""What a simulation writes into ML Metadata, and what it reads back from there: the cache."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline.simulate import values
from graduate.pipeline.simulate.driver import Inputs
from graduate.pipeline.simulate.launcher import Given
from graduate.pipeline.simulate.metadata import CACHED, COMPLETE, FAILED, Cluster, Run
from graduate.pipeline.simulate.scope import Done, Scope
from graduate.pipeline.simulate.spec import Component

_FINISHED = (COMPLETE, CACHED, mlmd.Execution.CANCELED)


class Records:
    """The records of one run.

    Args:
        cluster: the writer.
        run: the run, begun.
    """

    def __init__(self, cluster: Cluster, run: Run) -> None:
        self.cluster, self.run = cluster, run
        self._store = cluster.store

    def salt(self) -> str:
        """What makes the places of an execution's outputs its own."""
        return str(uuid.uuid4())

    def dag(
        self, scope: Scope, name: str, task: Mapping[str, Any], component: Component, inputs: Inputs, triggered: bool
    ) -> int:
        """A sub-DAG begins, or is skipped."""
        told = (component.dag or {}).get("outputs") or {}
        producers: dict[str, Any] = {}
        if told.get("parameters"):
            by_name = {key: json.dumps(value) for key, value in told["parameters"].items()}
            producers["parameter_producer_task"] = mlmd.Value()
            producers["parameter_producer_task"].struct_value.update(by_name)
        if told.get("artifacts"):
            producers["artifact_producer_task"] = json.dumps(told["artifacts"])
        return self.cluster.dag(
            self.run,
            name,
            parent=scope.execution,
            inputs=inputs.parameters,
            artifacts=inputs.ids(),
            tasks=len(component.tasks),
            triggers=triggered,
            producers=producers,
        )

    def container(
        self,
        scope: Scope,
        name: str,
        task: Mapping[str, Any],
        inputs: Inputs,
        fingerprint: str,
        cached: int | None,
        triggered: bool,
    ) -> int:
        """A container's driver: its execution, which is RUNNING from then on."""
        return self.cluster.container(
            self.run,
            name,
            parent=scope.execution,
            inputs=inputs.parameters,
            artifacts=inputs.ids(),
            cached=cached,
            triggers=triggered,
            display=(task.get("taskInfo") or {}).get("name") or name,
            fingerprint=fingerprint,
        )

    def begin(self, execution: int, pod: str, uid: str) -> None:
        """A pod starts."""
        self.cluster.begin(execution, pod, uid)

    def publish(self, execution: int, given: Given) -> Done:
        """A container has succeeded."""
        made = {name: [self._artifact(name, told)] for name, told in given.artifacts.items()}
        ids = self.cluster.publish(self.run, execution, made, given.parameters)
        return self._done("ran", execution, {name: found[0] for name, found in ids.items()}, given.parameters)

    def publish_failed(self, execution: int) -> None:
        """A container has failed."""
        self.cluster.publish(self.run, execution, state=FAILED)

    def cached(self, fingerprint: str) -> int | None:
        """The last execution of this pipeline that came to its end with the same fingerprint."""
        if not fingerprint:
            return None
        import ml_metadata

        query = (
            f"custom_properties.cache_fingerprint.string_value = {json.dumps(fingerprint)} "
            "AND last_known_state = COMPLETE "
            f"AND contexts_c.type = 'system.Pipeline' AND contexts_c.name = '{self.run.pipeline}'"
        )
        options = ml_metadata.ListOptions(filter_query=query)
        found = self._store.get_executions(list_options=options)
        return max((int(one.id) for one in found), default=None)

    def publish_cached(self, execution: int, earlier: int, outputs: list[str]) -> Done:
        """An execution gives what an earlier one gave."""
        given = self._outputs(earlier)
        (found,) = self._store.get_executions_by_id([earlier])
        told = values.doubles(json_format.MessageToDict(found.custom_properties["outputs"].struct_value))
        artifacts = {name: given[name] for name in outputs if name in given}
        made = {name: [one] for name, one in self._by_id(artifacts).items()}
        self.cluster.publish(self.run, execution, made, told, CACHED)
        return self._done("cached", execution, artifacts, told)

    def run_of(self, execution: int) -> str:
        """The run that an execution is of."""
        names = [one.name for one in self._store.get_contexts_by_execution(execution)]
        return next((name for name in names if name != self.run.pipeline), "an earlier run")

    def imported(self, scope: Scope, name: str, component: Component, uri: str) -> Done:
        """An importer: the artifact that this pipeline has imported before, or a new one."""
        importer = component.importer or {}
        title = _title(importer.get("typeSchema") or {})
        made = self.cluster.imported(title, uri, values.doubles(importer.get("metadata") or {}))
        if not importer.get("reimport"):
            made = self._known(made) or made
        (output,) = component.artifacts("outputs") or ["artifact"]
        number = self.cluster.importer(self.run, name, made, scope.execution, output)
        return self._done("ran", 0, {output: number}, {})

    def update_dag(self, scope: Scope) -> None:
        """What the launcher does at its end: its DAG is COMPLETE or FAILED by what its tasks are.

        The root has no number of tasks, and so is never COMPLETE.
        """
        states = [one.last_known_state for one in self._executions_in(scope.execution)]
        (dag,) = self._store.get_executions_by_id([scope.execution])
        total = dag.custom_properties["total_dag_tasks"].int_value
        if total and sum(state in _FINISHED for state in states) == total:
            self.cluster.finish(scope.execution)
        elif FAILED in states:
            self.cluster.finish(scope.execution, FAILED)

    def close_stale(self) -> list[str]:
        """Mark what a simulation that was killed left RUNNING as FAILED; the runs that it was of."""
        import ml_metadata

        options = ml_metadata.ListOptions(filter_query="last_known_state = RUNNING")
        types = {one.id: one.name for one in self._store.get_execution_types()}
        left = [
            one
            for one in self._store.get_executions(list_options=options)
            if types[one.type_id] != "system.DAGExecution"
        ]
        for one in left:
            one.last_known_state = FAILED
        if left:
            self._store.put_executions(left)
        return list(dict.fromkeys(self.run_of(int(one.id)) for one in left))

    def kind(self, artifact: mlmd.Artifact) -> str:
        """TFX's name of an artifact's type."""
        (found,) = self._store.get_artifact_types_by_id([artifact.type_id])
        return str(found.name).removeprefix("tfx.")

    def _executions_in(self, dag: int) -> list[mlmd.Execution]:
        found = self._store.get_executions_by_context(self.run.contexts[1].id)
        return [one for one in found if one.custom_properties["parent_dag_id"].int_value == dag]

    def _artifact(self, name: str, told: Mapping[str, Any]) -> mlmd.Artifact:
        return self.cluster.artifact(_title(told.get("type") or {}), told["uri"], name, told.get("metadata"))

    def _known(self, wanted: mlmd.Artifact) -> mlmd.Artifact | None:
        pipeline = self.run.contexts[0].id
        for found in self._store.get_artifacts_by_uri(wanted.uri):
            alike = found.type_id == wanted.type_id and found.state == wanted.state
            told = all(found.custom_properties.get(key) == value for key, value in wanted.custom_properties.items())
            contexts = self._store.get_contexts_by_artifact(found.id)
            if alike and told and pipeline in [one.id for one in contexts]:
                return found
        return None

    def _outputs(self, execution: int) -> dict[str, int]:
        events = self._store.get_events_by_execution_ids([execution])
        return {event.path.steps[0].key: int(event.artifact_id) for event in events if event.type == mlmd.Event.OUTPUT}

    def _by_id(self, numbers: Mapping[str, int]) -> dict[str, mlmd.Artifact]:
        found = {int(one.id): one for one in self._store.get_artifacts_by_id(list(numbers.values()))}
        return {name: found[number] for name, number in numbers.items()}

    def _done(self, state: str, execution: int, numbers: Mapping[str, int], parameters: Mapping[str, Any]) -> Done:
        return Done(state, execution, parameters, self._by_id(numbers))


def _title(schema: Mapping[str, Any]) -> str:
    """The type of an artifact: its schema's title."""
    if schema.get("schemaTitle"):
        return str(schema["schemaTitle"])
    import yaml

    told = yaml.safe_load(schema.get("instanceSchema") or "") or {}
    return str(told.get("title") or "system.Artifact")
