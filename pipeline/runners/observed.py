"""Launches one TFX node and tells what became of it: the part that the local and the Beam runner share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from graduate.pipeline import events
from graduate.pipeline.obeys import reason
from graduate.pipeline.result import NodeReport

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as mlmd


class NodeError(Exception):
    """A node raised; the cause is chained."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


class Observer:
    """Collects a report per node, and emits an event when one starts and when it ends."""

    def __init__(self, store: MetadataStore, name: str, run_id: str, obeys: Mapping[str, Mapping[str, Any]]) -> None:
        self._store, self._name, self._run_id, self._obeys = store, name, run_id, obeys
        self.reports: list[NodeReport] = []

    def launch(self, node: str, upstream: Iterable[str], launch: Callable[[], Any]) -> None:
        """Run `launch` as the node `node`, unless one of the nodes it waits for was skipped.

        TFX evaluates nested conditions in any order, and takes one on the output of a skipped node for an error.

        Raises:
            NodeError: chained to whatever the node raised.
        """
        if {report.node for report in self.reports if report.state == "skipped"} & set(upstream):
            self._report(NodeReport(node, "skipped", 0.0, self._why_skipped()))
            return
        before = self._last_execution(node)
        events.emit("node", node=node, state="running")
        start = time.monotonic()
        try:
            launch()
        except Exception as error:
            self._report(NodeReport(node, "failed", time.monotonic() - start, _first_line(error)))
            raise NodeError(node) from error
        self._report(self._outcome(node, before, time.monotonic() - start))

    def _report(self, report: NodeReport) -> None:
        self.reports.append(report)
        events.emit("node", node=report.node, state=report.state, seconds=report.seconds, reason=report.reason)

    def _outcome(self, node: str, before: mlmd.Execution | None, seconds: float) -> NodeReport:
        from ml_metadata.proto import metadata_store_pb2 as mlmd

        execution = self._execution_of_this_run(node)
        if execution is None:
            return NodeReport(node, "skipped", seconds, self._why_skipped())
        if execution.last_known_state == mlmd.Execution.CACHED:
            return NodeReport(node, "cached", seconds, f"from {self._producer(execution)}")
        return NodeReport(node, "ran", seconds, self._why_ran(node, before, execution))

    def _why_skipped(self) -> str:
        judges = ("DataGuard", "Preflight", "Tuner", "GradientDiagnostics", "Gate")
        refused = [report.node for report in self.reports if report.node in judges and report.state != "skipped"]
        return f"{refused[-1]} refused" if refused else "a verdict before it refused"

    def _why_ran(self, node: str, before: mlmd.Execution | None, now: mlmd.Execution) -> str:
        obeyed = json.loads(before.custom_properties["obeys"].string_value or "{}") if before is not None else None
        why = reason(obeyed, self._obeys.get(node, {}))
        if why or before is None:
            return why
        changed = self._changed_inputs(before, now) or _changed_parameters(before, now)
        return f"{', '.join(changed)} changed" if changed else "not in the cache"

    def _changed_inputs(self, before: mlmd.Execution, now: mlmd.Execution) -> list[str]:
        inputs = [self._inputs(before), self._inputs(now)]
        return [key for key in sorted(inputs[1]) if inputs[0].get(key) != inputs[1][key]]

    def _inputs(self, execution: mlmd.Execution) -> dict[str, list[int]]:
        from ml_metadata.proto import metadata_store_pb2 as mlmd

        found: dict[str, list[int]] = {}
        for event in self._store.get_events_by_execution_ids([execution.id]):
            if event.type in (mlmd.Event.INPUT, mlmd.Event.DECLARED_INPUT):
                key = next((step.key for step in event.path.steps if step.HasField("key")), "input")
                if not key.startswith("_"):  # what a condition looks at
                    found.setdefault(key, []).append(event.artifact_id)
        return {key: sorted(ids) for key, ids in found.items()}

    def _producer(self, execution: mlmd.Execution) -> str:
        """The run in which the outputs of a cached execution were made."""
        from ml_metadata.proto import metadata_store_pb2 as mlmd

        outputs = [
            event.artifact_id
            for event in self._store.get_events_by_execution_ids([execution.id])
            if event.type in (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)
        ]
        makers = [
            event.execution_id
            for event in self._store.get_events_by_artifact_ids(outputs)
            if event.type in (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)
        ]
        for context in self._store.get_contexts_by_execution(min(makers)) if makers else ():
            if context.name.startswith(f"{self._name}-"):
                return context.name
        return "an earlier run"

    def _execution_of_this_run(self, node: str) -> mlmd.Execution | None:
        run = self._store.get_context_by_type_and_name("pipeline_run", self._run_id)
        if run is None:
            return None
        of_run = {execution.id for execution in self._store.get_executions_by_context(run.id)}
        return next((execution for execution in self._executions(node) if execution.id in of_run), None)

    def _last_execution(self, node: str) -> mlmd.Execution | None:
        from ml_metadata.proto import metadata_store_pb2 as mlmd

        done = (mlmd.Execution.COMPLETE, mlmd.Execution.CACHED)
        return next((e for e in self._executions(node) if e.last_known_state in done), None)

    def _executions(self, node: str) -> list[mlmd.Execution]:
        context = self._store.get_context_by_type_and_name("node", f"{self._name}.{node}")
        found = self._store.get_executions_by_context(context.id) if context is not None else []
        return sorted(found, key=lambda execution: execution.id, reverse=True)


def _changed_parameters(before: mlmd.Execution, now: mlmd.Execution) -> list[str]:
    """Execution properties that are no part of `obeys`: the version that serves, for one."""
    shown = [name for name in now.custom_properties if not name.startswith("__") and name not in ("obeys", "once")]
    return [
        name.replace("_", " ")
        for name in sorted(shown)
        if before.custom_properties[name] != now.custom_properties[name]
    ]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
