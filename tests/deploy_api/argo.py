"""A workflow that passes by, moment by moment, as Kubeflow Pipelines up to 2.17 lists its nodes under `task_details`.

A node of the pipeline is a driver, a bracket and a pod named `executor`, its child; a condition is a driver and a
bracket, which is skipped where the verdict did not pass, and then nothing in it is listed. Times of what has not ended
are Go's year 1. All as `argocompiler` and `toModelTask` of kubeflow/pipelines have it.
"""

from __future__ import annotations

import copy
import datetime
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

NEVER = "0001-01-01T00:00:00Z"
_START = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
_REFUSALS = {"data_refused": "DataGuard", "sick": "Preflight", "refused": "Gate"}


class Workflow:
    """The moments of a run.

    Args:
        document: the pipeline spec.
        outcome: `pushed`, `data_refused`, `sick`, `refused`; `cached` is pushed with every node from the cache;
            `failed:NODE`; `retried:NODE` is pushed after a pod of NODE failed.
    """

    def __init__(self, document: Mapping[str, Any], run_id: str, outcome: str) -> None:
        self._document, self._run_id, self._outcome = document, run_id, outcome
        self._tasks: dict[str, dict[str, Any]] = {}
        self._seconds = 0
        self.failed = False

    def moments(self) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """State of the run, the node that is running, and its tasks; the last one repeats for ever."""
        self._task("digits-xyz", "RUNNING")
        self._task("root-driver", "SUCCEEDED")
        self._task("root", "RUNNING")
        yield self._moment("RUNNING", "")
        for node in self._dag(self._document["root"]["dag"]):
            yield self._moment("RUNNING", node)
        state = "FAILED" if self.failed else "SUCCEEDED"
        self._task("root", state)
        while True:
            yield self._moment(state, "")

    def _moment(self, state: str, node: str) -> tuple[str, str, list[dict[str, Any]]]:
        return state, node, copy.deepcopy(list(self._tasks.values()))

    def _dag(self, dag: Mapping[str, Any]) -> Iterator[str]:
        for name in _ordered(dag["tasks"]):
            component = self._document["components"][dag["tasks"][name]["componentRef"]["name"]]
            if "dag" in component:
                yield from self._condition(name, component["dag"])
            else:
                yield from self._node(name)
            if self.failed:
                return

    def _condition(self, name: str, dag: Mapping[str, Any]) -> Iterator[str]:
        self._task(f"{name}-driver", "SUCCEEDED")
        if name == f"condition-{_REFUSALS.get(self._outcome)}":
            self._task(name, "SKIPPED")
            return
        self._task(name, "RUNNING")
        yield from self._dag(dag)
        self._task(name, "FAILED" if self.failed else "SUCCEEDED")

    def _node(self, name: str) -> Iterator[str]:
        self._task(f"{name}-driver", "RUNNING")
        yield name
        self._task(f"{name}-driver", "SUCCEEDED")
        if self._outcome == "cached":
            self._pod(name, "executor", "SKIPPED")
            self._task(name, "SUCCEEDED")
            yield name
            return
        what, _, whose = self._outcome.partition(":")
        fails, again = what == "failed" and whose == name, what == "retried" and whose == name
        self._task(name, "RUNNING")
        bracket, pod = name, "executor"
        if again:  # a pod that may be tried again has a bracket of its own
            self._pod(name, "executor", "RUNNING")
            bracket, pod = f"{name}/executor", "executor(0)"
        self._pod(bracket, pod, "PENDING")
        yield name
        self._pod(bracket, pod, "FAILED" if again or fails else "RUNNING")
        if again:
            pod = "executor(1)"
            self._pod(bracket, pod, "RUNNING")
        yield name
        if not fails:
            self._pod(bracket, pod, "SUCCEEDED")
            if again:
                self._pod(name, "executor", "SUCCEEDED")
        self._task(name, "FAILED" if fails else "SUCCEEDED")
        self.failed = fails
        yield name

    def _pod(self, bracket: str, name: str, state: str) -> None:
        key = f"{bracket}/{name}"
        if bracket not in self._tasks:
            self._task(bracket, "RUNNING")
        self._task(name, state, key)
        child = {"pod_name": f"digits-xyz-{_number(key)}"}  # an Argo node's id, without the template's name in it
        children = self._tasks[bracket].setdefault("child_tasks", [])
        if child not in children:
            children.append(child)

    def _task(self, name: str, state: str, key: str | None = None) -> None:
        key = key or name
        self._seconds += 1
        now = (_START + datetime.timedelta(seconds=self._seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        task = self._tasks.setdefault(
            key,
            {
                "run_id": self._run_id,
                "task_id": f"task-{_number(key)}",
                "display_name": name,
                "create_time": _START.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "start_time": now,
                "pod_name": f"digits-xyz-system-container-impl-{_number(key)}",
            },
        )
        task["state"] = state
        task["end_time"] = NEVER if state in ("RUNNING", "PENDING") else now


def _number(key: str) -> int:
    return zlib.crc32(key.encode())


def _ordered(tasks: Mapping[str, Any]) -> list[str]:
    done: list[str] = []
    while len(done) < len(tasks):
        for name, task in tasks.items():
            if name not in done and set(task.get("dependentTasks", ())) <= set(done):
                done.append(name)
    return done
