"""What a Kubeflow Pipelines server keeps and refuses: experiments, pipelines, versions, runs, schedules."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import argo
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

NOW = "2026-03-01T12:00:00Z"
Answer = tuple[int, dict[str, Any]]


class Backend:
    """The server's memory."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {"multi_user": False, "outcome": "pushed", "hold": None, "single_step": 1}
        self._numbers = itertools.count(1)
        self._experiments: list[dict[str, Any]] = []
        self._pipelines: list[dict[str, Any]] = []
        self._versions: list[dict[str, Any]] = []
        self._runs: list[dict[str, Any]] = []
        self._schedules: list[dict[str, Any]] = []
        self._moments: dict[str, Iterator[tuple[str, str, list[dict[str, Any]]]]] = {}
        self._last: dict[str, tuple[str, str, list[dict[str, Any]]]] = {}

    def call(self, operation: str, path: dict[str, str], query: dict[str, str], body: Any) -> Answer:
        """Answer one operation."""
        name = re.sub(r"^\w+_service_", "", operation)
        return getattr(self, f"_{name}")(path, query, body)

    def _get_healthz(self, path: dict, query: dict, body: Any) -> Answer:
        return 200, {"multi_user": self.settings["multi_user"]}

    def _list_experiments(self, path: dict, query: dict, body: Any) -> Answer:
        return self._namespace(query.get("namespace")) or (200, {"experiments": _named(self._experiments, query)})

    def _create_experiment(self, path: dict, query: dict, body: Any) -> Answer:
        return self._namespace(body.get("namespace")) or self._new(self._experiments, "experiment_id", body)

    def _list_pipelines(self, path: dict, query: dict, body: Any) -> Answer:
        return self._namespace(query.get("namespace")) or (200, {"pipelines": _named(self._pipelines, query)})

    def _create_pipeline(self, path: dict, query: dict, body: Any) -> Answer:
        return self._namespace(body.get("namespace")) or self._new(self._pipelines, "pipeline_id", body)

    def _list_pipeline_versions(self, path: dict, query: dict, body: Any) -> Answer:
        own = [one for one in self._versions if one["pipeline_id"] == path["pipeline_id"]]
        return 200, {"pipeline_versions": _named(own, query)}

    def _upload_pipeline_version(self, path: dict, query: dict, body: str) -> Answer:
        documents = list(yaml.safe_load_all(body))
        try:
            json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
            platform = [json_format.ParseDict(one, pipeline_spec_pb2.PlatformSpec()) for one in documents[1:]]
        except json_format.ParseError as error:
            return 400, {"error_message": f"invalid pipeline spec: {error}", "error_details": "…"}
        if documents[0].get("schemaVersion") != "2.1.0":
            return 400, {"error_message": "unsupported schema version", "error_details": "…"}
        spec = {"pipeline_spec": documents[0], "platform_spec": documents[1]} if platform else documents[0]
        return self._new(
            self._versions,
            "pipeline_version_id",
            {"display_name": query["name"], "pipeline_id": query["pipelineid"], "pipeline_spec": spec},
            conflict={"error_message": "Failed to create a pipeline version", "error_details": "…"},
        )

    def _get_pipeline_version(self, path: dict, query: dict, body: Any) -> Answer:
        return _one(self._versions, "pipeline_version_id", path["pipeline_version_id"])

    def _list_runs(self, path: dict, query: dict, body: Any) -> Answer:
        own = [one for one in self._runs if one["experiment_id"] == query.get("experiment_id")]
        return 200, {"runs": _named(own, query)}

    def _create_run(self, path: dict, query: dict, body: Any) -> Answer:
        version = _one(self._versions, "pipeline_version_id", body["pipeline_version_reference"]["pipeline_version_id"])
        if version[0] != 200:
            return version
        document = version[1]["pipeline_spec"]
        document = document.get("pipeline_spec", document)
        declared = document["root"].get("inputDefinitions", {}).get("parameters", {})
        for name in (body.get("runtime_config") or {}).get("parameters") or {}:
            if name not in declared:
                return 400, {"error": "…", "code": 3, "message": f"Invalid input error: unknown parameter {name}"}
        run_id = f"0000-run-{next(self._numbers)}"
        self._moments[run_id] = argo.Workflow(document, run_id, self.settings["outcome"]).moments()
        run = {**body, "run_id": run_id, "created_at": NOW, "state": "PENDING"}
        self._runs.append(run)
        return 200, run

    def _get_run(self, path: dict, query: dict, body: Any) -> Answer:
        status, run = _one(self._runs, "run_id", path["run_id"])
        if status != 200 or run["state"] == "CANCELED":
            return status, run
        last = self._last.get(path["run_id"])
        if last is None or not self.settings["hold"] or last[1] != self.settings["hold"]:
            last = self._last[path["run_id"]] = next(self._moments[path["run_id"]])
        return 200, {**run, "state": last[0], "run_details": {"task_details": last[2]}}

    def _terminate_run(self, path: dict, query: dict, body: Any) -> Answer:
        status, run = _one(self._runs, "run_id", path["run_id"])
        if status == 200:
            run["state"] = "CANCELED"
        return status, {} if status == 200 else run

    def _list_recurring_runs(self, path: dict, query: dict, body: Any) -> Answer:
        own = [one for one in self._schedules if one["experiment_id"] == query.get("experiment_id")]
        return 200, {"recurringRuns": _named(own, query)}

    def _create_recurring_run(self, path: dict, query: dict, body: Any) -> Answer:
        fields = body["trigger"]["cron_schedule"]["cron"].split()
        if len(fields) != 6 and not fields[0].startswith("@"):
            return 400, {"error": "…", "code": 3, "message": "Schedule cron is not a supported format"}
        run = {**body, "recurring_run_id": f"schedule-{next(self._numbers)}", "created_at": NOW, "status": "ENABLED"}
        self._schedules.append(run)
        return 200, run

    def _enable_recurring_run(self, path: dict, query: dict, body: Any) -> Answer:
        return self._switch(path["recurring_run_id"], "ENABLED")

    def _disable_recurring_run(self, path: dict, query: dict, body: Any) -> Answer:
        return self._switch(path["recurring_run_id"], "DISABLED")

    def _switch(self, schedule_id: str, status: str) -> Answer:
        code, found = _one(self._schedules, "recurring_run_id", schedule_id)
        if code == 200:
            found["status"] = status
        return code, {} if code == 200 else found

    def _new(self, kept: list, key: str, body: dict, conflict: dict | None = None) -> Answer:
        if any(one["display_name"] == body["display_name"] for one in kept):
            message = f"Already exist error: {body['display_name']}"
            return 409, conflict or {"error": message, "code": 6, "message": message}
        made = {**body, key: f"{key[:-3]}-{next(self._numbers)}", "created_at": NOW}
        kept.append(made)
        return 200, made

    def _namespace(self, given: str | None) -> Answer | None:
        if self.settings["multi_user"] and not given:
            return 400, {"error": "…", "code": 3, "message": "Invalid input error: empty namespace in multi-user mode"}
        if not self.settings["multi_user"] and given:
            return 400, {"error": "…", "code": 3, "message": "Invalid input error: a namespace in single-user mode"}
        if given and given != "team":
            return 403, {"error": "…", "code": 7, "message": f"User 'ada' is not authorized in namespace '{given}'"}
        return None


def _one(kept: list, key: str, value: str) -> Answer:
    found = next((one for one in kept if one[key] == value), None)
    if found is None:
        return 404, {"error": "…", "code": 5, "message": f"ResourceNotFoundError: {value} not found."}
    return 200, found


def _named(kept: list, query: dict) -> list:
    """What the filter lets through, as `filter.proto` has it."""
    if "filter" not in query:
        return kept
    (predicate,) = json.loads(query["filter"])["predicates"]
    if predicate["operation"] not in (1, "EQUALS"):
        raise ValueError("this server knows EQUALS alone")
    return [one for one in kept if one[predicate["key"]] == predicate["stringValue"]]
