"""What has become of a worker, read from its pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.workers.launcher import Worker

INDEX = "batch.kubernetes.io/job-completion-index"


def workers(pods: Sequence[Mapping[str, Any]], count: int) -> list[Worker]:
    """Workers 1 … count - 1, from the pods of their Job as the API gives them; the newest where there are several."""
    found = {number: Worker(number, reason="its pod has not been made") for number in range(1, count)}
    for pod in sorted(pods, key=lambda one: one["metadata"].get("creationTimestamp") or ""):
        index = pod["metadata"].get("annotations", {}).get(INDEX)
        if index is not None and int(index) + 1 in found:
            found[int(index) + 1] = _worker(int(index) + 1, pod)
    return [found[number] for number in sorted(found)]


def _worker(number: int, pod: Mapping[str, Any]) -> Worker:
    status = pod.get("status", {})
    phase, name = status.get("phase", "Pending"), pod["metadata"]["name"]
    ended = _terminated(status)
    if phase == "Succeeded":
        return Worker(number, True)
    if phase == "Failed":
        code = ended.get("exitCode", 1) or 1
        why = ended.get("reason") if ended.get("reason") != "Error" else None
        return Worker(number, True, _signal(code), _joined(name, why or status.get("reason"), status.get("message")))
    return Worker(number, reason="" if phase == "Running" else _joined(name, *_waiting(status)))


def _signal(code: int) -> int:
    return 128 - code if code > 128 else code


def _terminated(status: Mapping[str, Any]) -> Mapping[str, Any]:
    states = [one.get("state", {}).get("terminated") for one in status.get("containerStatuses", [])]
    return next((one for one in states if one), {})


def _waiting(status: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Why a pod is not running: it finds no machine, or no image."""
    for one in status.get("containerStatuses", []):
        if waiting := one.get("state", {}).get("waiting"):
            return waiting.get("reason"), waiting.get("message")
    for one in status.get("conditions", []):
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return one.get("reason"), one.get("message")
    return None, None


def _joined(name: str, reason: str | None, message: str | None) -> str:
    return "pod " + ", ".join(one for one in (name, reason, message) if one)
