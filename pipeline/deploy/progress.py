"""What each node of a run is doing, read from what Kubeflow tells of its tasks.

Up to 2.17 a task there is a node of the Argo workflow: `Trainer-driver` decides whether there is something to do,
`Trainer` brackets the pod, which is called `executor` and is its child; where a pod may be tried again, `executor` is
itself a bracket, round `executor(0)`, `executor(1)` …. A bracket that succeeded round a pod that was skipped was taken
from the cache. A condition whose verdict did not pass is itself skipped, and nothing in it is listed. Source:
kubeflow/pipelines, `backend/src/v2/compiler/argocompiler` and `toModelTask` of
`backend/src/apiserver/server/api_converter.go`. Later servers list the nodes themselves, with a state `CACHED`; both
are read.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from graduate.pipeline.deploy.spec import CONDITION, Spec

State = Literal["waiting", "running", "ran", "cached", "skipped", "failed"]
ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")  # of a run
_DRIVER, _POD = "-driver", "executor"
_STATES: Mapping[str, State] = {
    "SUCCEEDED": "ran",
    "CACHED": "cached",
    "FAILED": "failed",
    "SKIPPED": "skipped",
    "CANCELED": "failed",
    "RUNNING": "running",
    "PENDING": "running",
    "CANCELING": "running",
    "PAUSED": "running",
}


@dataclass(frozen=True)
class Node:
    """One node of the run.

    Attributes:
        pending: its pod is not running yet.
        tries: pods that failed before the one that runs.
        message: the server's own, where it failed.
    """

    state: State = "waiting"
    seconds: float = 0.0
    reason: str = ""
    pending: bool = False
    tries: int = 0
    message: str = ""


@dataclass(frozen=True)
class Progress:
    """A run at one moment: its state, its nodes in order, and the nodes whose verdicts did not pass."""

    state: str
    nodes: Mapping[str, Node]
    refused: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    told: bool = True
    message: str = ""
    started: float | None = field(default=None, compare=False)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def of(run: Mapping[str, Any], spec: Spec) -> Progress:
    """The progress of a run as `GetRun` tells it."""
    details = (run.get("run_details") or {}).get("task_details") or run.get("tasks") or []
    tasks = [task for task in details if isinstance(task, Mapping)]
    named = {_name(task): task for task in sorted(tasks, key=lambda task: _time(task, "start_time") or 0.0)}
    guards = list(dict.fromkeys(guard for task in spec.tasks for guard in task.guards))
    conditions = {guard: _state(named.get(CONDITION + guard)) for guard in guards}
    refused = tuple(guard for guard, state in conditions.items() if state == "SKIPPED")
    state = str(run.get("state") or "PENDING")
    nodes = {
        task.name: _settled(_node(task.name, named, tasks), task.guards, refused, state in ENDED) for task in spec.tasks
    }
    return Progress(
        state,
        nodes,
        refused,
        tuple(guard for guard, found in conditions.items() if found in ("SUCCEEDED", "RUNNING", "FAILED")),
        told=bool(tasks),
        message=_message(run),
        started=_time(run, "created_at"),
    )


def _node(name: str, named: Mapping[str, Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]]) -> Node:
    bracket, driver = named.get(name), named.get(name + _DRIVER)
    if bracket is None or _state(bracket) == "RUNTIME_STATE_UNSPECIFIED":
        state = _STATES.get(_state(driver), "waiting")
        if state == "failed":
            return Node("failed", _seconds(driver), message=_message(driver or {}))
        return Node("running" if state in ("running", "ran") and bracket is None else "waiting")
    pods = _pods(bracket, tasks)
    states = [_state(pod) for pod in pods]
    state = _STATES.get(_state(bracket), "waiting")
    if state == "ran" and states and all(one == "SKIPPED" for one in states):
        return Node("cached")
    failed = sum(one == "FAILED" for one in states)
    return Node(
        state,
        _seconds(bracket) if state in ("ran", "failed") else 0.0,
        pending=state == "running" and "PENDING" in (states or [_state(bracket)]),
        tries=max(0, failed - (state == "failed")),
        message=_message(bracket) if state == "failed" else "",
    )


def _settled(node: Node, guards: Sequence[str], refused: Sequence[str], ended: bool) -> Node:
    """A node that was not reached says why."""
    stopped_by = next((guard for guard in guards if guard in refused), None)
    if stopped_by is not None and node.state in ("waiting", "skipped"):
        return Node("skipped", reason=f"the verdict of {stopped_by} did not pass")
    if node.state == "skipped" or (ended and node.state in ("waiting", "running")):
        return Node("skipped", reason="not reached" if ended else "")
    return node


def _pods(bracket: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The pods of a node: its children, or theirs where it is tried again.

    A child is named by the id of its Argo node, a task by the name of its pod; both end with the same number.
    """
    by_number = {_number(task.get("pod_name")): task for task in tasks if task.get("pod_name")}
    found, queue = [], [bracket]
    while queue:
        for child in queue.pop().get("child_tasks") or ():
            task = by_number.pop(_number(child.get("pod_name")), None)
            if task is not None and _name(task).startswith(_POD):
                deeper = [one for one in task.get("child_tasks") or () if _number(one.get("pod_name")) in by_number]
                found += [] if deeper else [task]
                queue += [task] if deeper else []
    return found


def _number(pod: Any) -> str:
    return str(pod).rpartition("-")[2]


def _name(task: Mapping[str, Any]) -> str:
    return str(task.get("display_name") or task.get("name") or "")


def _state(task: Mapping[str, Any] | None) -> str:
    return str((task or {}).get("state") or (task or {}).get("status") or "RUNTIME_STATE_UNSPECIFIED")


def _message(what: Mapping[str, Any]) -> str:
    """The server's words on what went wrong: of the run or task, or of the last state it was in."""
    errors = [what.get("error"), *(one.get("error") for one in reversed(what.get("state_history") or ()))]
    return next((str(one["message"]) for one in errors if isinstance(one, Mapping) and one.get("message")), "")


def _seconds(task: Mapping[str, Any] | None) -> float:
    start, end = _time(task or {}, "start_time"), _time(task or {}, "end_time")
    return max(0.0, end - start) if start and end else 0.0


def _time(what: Mapping[str, Any], key: str) -> float | None:
    """Seconds since 1970; None where it is missing, or Go's zero of the year 1."""
    try:
        moment = datetime.datetime.fromisoformat(str(what[key]))
    except (KeyError, ValueError):
        return None
    return moment.timestamp() if moment.year > 1 else None
