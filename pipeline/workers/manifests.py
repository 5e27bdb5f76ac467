"""The Kubernetes objects of the workers beside the chief: an indexed Job, and the Service that gives its pods names."""

from __future__ import annotations

from typing import Any

from graduate.pipeline.workers.own_pod import OwnPod

PORT = 2222  # of the first generation; each has another, so that what is left of one never meets the next
CONTAINER = "worker"
TEAM, GENERATION = "graduate-workers", "graduate-generation"  # labels
_GRACE_SECONDS = 5
_KEPT_SECONDS = 3600  # a finished Job's pods, for their logs


def service(name: str, own: OwnPod) -> dict[str, Any]:
    """A headless Service: each worker's pod gets the DNS name that `hosts` has for it, before it is ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(name, own, {TEAM: name}),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {TEAM: name},
            "ports": [{"name": "grpc", "port": PORT}],
        },
    }


def job(name: str, own: OwnPod, generation: int, workers: int, plan: str) -> dict[str, Any]:
    """The workers but the chief; one that fails fails the Job, since the others cannot go on without it.

    Args:
        name: of the team, and of its Service.
        workers: the chief included.
        plan: path of what each is to do, on the shared volume.
    """
    labels = {TEAM: name, GENERATION: str(generation)}
    container = {
        **own.container,
        "name": CONTAINER,
        "command": ["python", "-m", "graduate.pipeline.workers.member", plan],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(job_name(name, generation), own, labels),
        "spec": {
            "completionMode": "Indexed",
            "completions": workers - 1,
            "parallelism": workers - 1,
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {
                "metadata": {
                    "labels": {**labels, "sidecar.istio.io/inject": "false"},
                    "annotations": {"sidecar.istio.io/inject": "false"},
                },
                "spec": {
                    **own.pod,
                    "restartPolicy": "Never",
                    "subdomain": name,
                    "terminationGracePeriodSeconds": _GRACE_SECONDS,
                    "containers": [container],
                },
            },
        },
    }


def hosts(name: str, own: OwnPod, generation: int, workers: int) -> list[str]:
    """`host:port` of each worker: the chief's pod has no name in DNS, but it has an address."""
    port = PORT + generation - 1
    chief = f"[{own.ip}]" if ":" in own.ip else own.ip
    pods = [f"{job_name(name, generation)}-{index}.{name}.{own.namespace}.svc" for index in range(workers - 1)]
    return [f"{one}:{port}" for one in (chief, *pods)]


def job_name(name: str, generation: int) -> str:
    """Of a generation; a pod's host name is this with its index."""
    return f"{name}-g{generation}"


def _metadata(name: str, own: OwnPod, labels: dict[str, str]) -> dict[str, Any]:
    """Owned by the step's pod: whatever becomes of this process, the cluster removes both with that pod."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": own.name, "uid": own.uid}
    return {"name": name, "namespace": own.namespace, "labels": labels, "ownerReferences": [owner]}
