"""OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json): of a run, and of each execution in it.

An execution that found its outputs in the cache is tagged `cached`: it names the same versions of the same datasets,
and creates none. A node that a condition skipped did not execute: it has no events.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import graduate
from graduate.pipeline.lineage.export import scope as scopes
from graduate.pipeline.lineage.export import secrets, stable
from graduate.pipeline.lineage.export.datasets import Datasets, tests
from graduate.pipeline.lineage.export.facets import PRODUCER, RUN_EVENT, Facets, facets
from graduate.pipeline.lineage.records import Execution, Records, Run
from graduate.pipeline.lineage.words import Subject

NAMESPACE_VARIABLE = "OPENLINEAGE_NAMESPACE"  # OpenLineage's own clients read it too
_NAMESPACE = "graduate"
Event = dict[str, Any]
# What an event of a state is called; a running one has not ended
_ENDS = {"ran": "COMPLETE", "cached": "COMPLETE", "failed": "FAIL", "interrupted": "ABORT"}
_RUN_ENDS = {"failed": "FAIL", "interrupted": "ABORT", "running": None, "unknown": None}
_SKIPPED = "skipped"
_ENGINES = {"tfx": "TFX", "kubeflow": "TFX on Kubeflow Pipelines"}


def document(records: Records, subject: Subject) -> list[Event]:
    """The events of a run, or of everything that made a model or another artifact; each run's own together."""
    scope = scopes.of(records, subject)
    telling = _Telling(scope, Datasets(scope))
    by_run: dict[str, list[Execution]] = {}
    for execution in scope.executions:
        if execution.state != _SKIPPED:
            by_run.setdefault("" if execution.type in scopes.BY_HAND else execution.run, []).append(execution)
    for name in scope.runs:
        by_run.setdefault(name, [])
    order = sorted(by_run, key=lambda name: (not name, scope.runs[name].started if name in scope.runs else 0))
    return [event for name in order for event in telling.of_run(scope.runs.get(name), by_run[name])]


@dataclass
class _Telling:
    scope: scopes.Scope
    datasets: Datasets

    def of_run(self, run: Run | None, executions: Iterable[Execution]) -> Iterator[Event]:
        """Events of one run in order of time, its own first and last; of executions without a run theirs alone."""
        inside = [event for execution in executions for event in self._of_execution(execution, run)]
        inside.sort(key=lambda event: event["eventTime"])  # of two at one time the earlier node is told first
        if run is None:
            yield from inside
            return
        yield self._run_event("START", run, run.started)
        yield from inside
        end = _RUN_ENDS.get(run.status, "COMPLETE")
        if end and run.ended is not None:
            yield self._run_event(end, run, run.ended)

    def _run_event(self, kind: str, run: Run, at: int) -> Event:
        tags = {"status": run.status} if kind != "START" else {}
        reason = _failed_node(run) if kind == "FAIL" else None
        return _event(
            kind,
            at,
            {
                "runId": stable.run_id(self.scope.store, run.id),
                "facets": facets(
                    nominalTime=_nominal(run),
                    processing_engine=self._engine(run.vocabulary),
                    errorMessage=_error(reason),
                    tags=_tags({"run": run.id, **tags, **_metrics(run, kind)}),
                ),
            },
            {"name": run.pipeline or run.id, "facets": _job("DAG") | _code(run)},
        )

    def _of_execution(self, execution: Execution, run: Run | None) -> Iterator[Event]:
        identity = stable.execution_id(self.scope.store, execution)
        name = f"{execution.pipeline}.{execution.node}" if execution.pipeline else execution.node
        job = {"name": name, "facets": _job("TASK") | (_code(run) if run else {})}
        inputs = self.datasets.inputs(execution)
        told = facets(
            parent=self._parent(run),
            processing_engine=self._engine("kubeflow" if execution.type.startswith("system.") else "tfx"),
            executionParameters=_parameters(execution),
            tags=_tags({"cached": "true"} if execution.state == "cached" else {}),
        )
        yield _event("START", execution.started, {"runId": identity, "facets": told}, job, inputs)
        end = _ENDS.get(execution.state)
        if end:
            reason = _reason(execution, run) if end == "FAIL" else None
            more = facets(errorMessage=_error(reason), test=tests(self.datasets.verdicts(execution)))
            outputs = self.datasets.outputs(execution, made=execution.state == "ran")
            yield _event(end, execution.ended, {"runId": identity, "facets": told | more}, job, inputs, outputs)

    def _parent(self, run: Run | None) -> Mapping[str, Any] | None:
        if run is None:
            return None
        return {
            "run": {"runId": stable.run_id(self.scope.store, run.id)},
            "job": {"namespace": namespace(), "name": run.pipeline or run.id},
        }

    def _engine(self, vocabulary: str) -> Mapping[str, Any] | None:
        """What ran it, where the artifacts tell its version: TFX writes it on each."""
        versions = {str(told) for one in self.scope.artifacts.values() if (told := one.properties.get("tfx_version"))}
        if not versions:
            return None
        return {
            "version": max(versions),
            "name": _ENGINES[vocabulary],
            "openlineageAdapterVersion": graduate.__version__,
        }


def namespace() -> str:
    """The namespace of the jobs: $OPENLINEAGE_NAMESPACE, else `graduate`."""
    return os.environ.get(NAMESPACE_VARIABLE) or _NAMESPACE


def _event(
    kind: str,
    at: int,
    run: Mapping[str, Any],
    job: Mapping[str, Any],
    inputs: Iterable[Mapping[str, Any]] = (),
    outputs: Iterable[Mapping[str, Any]] = (),
) -> Event:
    return {
        "eventType": kind,
        "eventTime": stable.time(at),
        "producer": PRODUCER,
        "schemaURL": RUN_EVENT,
        "run": dict(run),
        "job": {"namespace": namespace(), **job},
        "inputs": list(inputs),
        "outputs": list(outputs),
    }


def _job(kind: str) -> Facets:
    return facets(jobType={"processingType": "BATCH", "integration": "GRADUATE", "jobType": kind})


def _code(run: Run) -> Facets:
    """Where the config lies in its repository, where the run wrote that down."""
    facts = run.facts
    url = stable.repository(secrets.uri(str(facts.get("git_remote") or "")))
    if not url or not facts.get("git_commit"):
        return {}
    root, file = str(facts.get("git_root") or ""), str(facts.get("config_file") or "")
    inside = root and file.startswith(f"{root.rstrip('/')}/")
    told = {
        "type": "git",
        "url": url,
        "repoUrl": url,
        "path": file[len(root.rstrip("/")) + 1 :] if inside else None,
        "version": str(facts["git_commit"]),
        "branch": facts.get("git_branch") or None,
    }
    return facets(sourceCodeLocation=told)


def _nominal(run: Run) -> Mapping[str, Any]:
    end = stable.time(run.ended) if run.ended is not None else None
    return {"nominalStartTime": stable.time(run.started), "nominalEndTime": end}


def _parameters(execution: Execution) -> Mapping[str, Any] | None:
    """What the node was given; its digests of code and config (`obeys`) repeat the config, and are left out."""
    given = secrets.masked({key: value for key, value in execution.parameters.items() if key != "obeys"})
    told = [{"key": key, "name": key, "value": str(given[key])} for key in sorted(given)]
    return {"parameters": told} if told else None


def _tags(given: Mapping[str, str]) -> Mapping[str, Any] | None:
    told = [{"key": key, "value": value, "source": "GRADUATE"} for key, value in given.items()]
    return {"tags": told} if told else None


def _metrics(run: Run, kind: str) -> dict[str, str]:
    return {f"metric:{name}": repr(value) for name, value in run.metrics.items()} if kind != "START" else {}


def _error(reason: str | None) -> Mapping[str, Any] | None:
    return {"message": reason, "programmingLanguage": "PYTHON"} if reason else None


def _failed_node(run: Run) -> str:
    """Which node failed and why, as the run's result tells."""
    for node in _nodes(run):
        if node.get("state") == "failed":
            return f"{node.get('node')} failed{_because(node)}"
    return "the run failed"


def _reason(execution: Execution, run: Run | None) -> str:
    for node in _nodes(run) if run else ():
        if node.get("node") == execution.node:
            return f"{execution.node} failed{_because(node)}"
    return f"{execution.node} failed"


def _because(node: Mapping[str, Any]) -> str:
    return f": {secrets.uri(str(node['reason']))}" if node.get("reason") else ""


def _nodes(run: Run) -> list[Mapping[str, Any]]:
    result = run.facts.get("result")
    nodes = result.get("nodes") if isinstance(result, Mapping) else None
    return [one for one in nodes if isinstance(one, Mapping)] if isinstance(nodes, list) else []
