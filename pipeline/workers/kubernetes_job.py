"""Workers as pods of an indexed Job; the chief as a process in the step's own pod, whose files Kubeflow takes home."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline.workers import manifests, own_pod, pods
from graduate.pipeline.workers.launcher import Worker
from graduate.pipeline.workers.local import Process

_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_UNREACHABLE_SECONDS = 300.0  # for so long the cluster's API may be away while pods run
_GONE_SECONDS = 60.0
_LOOK_SECONDS = 2.0
_MAY = "a role that may create, get, list and delete jobs, services and pods: deploy/kustomize has one"


class KubernetesJob:
    """Starts workers in a cluster.

    Args:
        core, batch: the client's CoreV1Api and BatchV1Api.
        own: the pod that this process runs in.
    """

    shares_disk = False
    settle_s = 10.0

    def __init__(self, core: Any, batch: Any, own: own_pod.OwnPod) -> None:
        self._core, self._batch, self._own = core, batch, own
        self.name = "graduate-" + hashlib.sha256(own.uid.encode()).hexdigest()[:10]
        self._chief: Process | None = None
        self._generation, self._workers = 0, 0
        self._served = False
        self._seen: Sequence[Worker] = ()
        self._looked = self._reached = 0.0

    @classmethod
    def of_this_pod(cls, scratch: str) -> KubernetesJob:
        """For the pod that this process runs in.

        Raises:
            UserError: it runs in no cluster, may not read its own pod, or `scratch` is on no shared volume.
        """
        from kubernetes import client, config

        try:
            config.load_incluster_config()
        except config.ConfigException as error:
            hint = "several workers need a cluster; GRADUATE_WORKERS=local starts them on this machine"
            raise UserError(f"this is no pod of a cluster: {error}", hint=hint, where="kubeflow.workers") from error
        core = client.CoreV1Api()
        name = os.environ.get("KFP_POD_NAME") or os.environ.get("HOSTNAME", "")
        with _told(f"reading pod {name}"):
            read = core.read_namespaced_pod(name, _NAMESPACE.read_text().strip(), _preload_content=False)
        own = own_pod.of_manifest(json.loads(read.data))
        own_pod.check_shared(own, scratch)
        return cls(core, client.BatchV1Api(), own)

    def hosts(self, generation: int, workers: int) -> list[str]:
        """The chief's address, and the names that DNS will have for the others."""
        return manifests.hosts(self.name, self._own, generation, workers)

    def start(self, generation: int, plan: Path, workers: int) -> None:
        """Make the Job, and start the chief here."""
        self._generation, self._workers, self._seen, self._looked = generation, workers, (), 0.0
        self._reached = time.monotonic()
        if not self._served:
            with _told("making the workers' Service"):
                self._core.create_namespaced_service(self._own.namespace, manifests.service(self.name, self._own))
            self._served = True
        made = manifests.job(self.name, self._own, generation, workers, str(plan))
        with _told("making the workers' Job"):
            self._batch.create_namespaced_job(self._own.namespace, made)
        self._chief = Process(0, plan)

    def look(self) -> Sequence[Worker]:
        """What has become of each; of pods, as the cluster's API told at most two seconds ago."""
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._looked = time.monotonic()
            self._seen = self._pods() or self._seen
        assert self._chief is not None
        return [self._chief.look(), *self._seen]

    def stop(self) -> None:
        """End the chief, delete the Job, and wait until its pods are gone, so that their machines are free."""
        if self._chief is not None:
            self._chief.stop()
        if not self._generation:
            return
        name, until = manifests.job_name(self.name, self._generation), time.monotonic() + _GONE_SECONDS
        with _unless_gone():
            self._batch.delete_namespaced_job(name, self._own.namespace, propagation_policy="Background")
            while time.monotonic() < until and self._listed():
                time.sleep(_LOOK_SECONDS / 2)
        self._generation = 0

    def close(self) -> None:
        """Delete the Service."""
        if self._served:
            with _unless_gone():
                self._core.delete_namespaced_service(self.name, self._own.namespace)

    def _pods(self) -> Sequence[Worker]:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            listed = self._listed()
        except (ApiException, HTTPError) as error:
            if time.monotonic() - self._reached > _UNREACHABLE_SECONDS:
                raise UserError(f"the cluster's API does not tell of the workers: {_short(error)}") from error
            return ()
        self._reached = time.monotonic()
        return pods.workers(listed, self._workers)

    def _listed(self) -> list[dict[str, Any]]:
        wanted = f"{manifests.TEAM}={self.name},{manifests.GENERATION}={self._generation}"
        read = self._core.list_namespaced_pod(self._own.namespace, label_selector=wanted, _preload_content=False)
        return json.loads(read.data)["items"]


@contextlib.contextmanager
def _told(doing: str) -> Iterator[None]:
    """What the cluster refuses, as an error that says what to do."""
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (ApiException, HTTPError) as error:
        hint = f"the step's service account needs {_MAY}" if getattr(error, "status", 0) == 403 else None
        raise UserError(f"{doing} failed: {_short(error)}", hint=hint, where="kubeflow.workers") from error


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    """Deleting never hides what went wrong before: what is left, the cluster removes with the step's pod."""
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (ApiException, HTTPError) as error:
        if getattr(error, "status", 0) != 404:
            logging.getLogger(__name__).warning("the workers could not be deleted: %s", _short(error))


def _short(error: Exception) -> str:
    """The API's own sentence where there is one."""
    with contextlib.suppress(TypeError, ValueError, AttributeError, KeyError):
        return json.loads(error.body)["message"]  # type: ignore[attr-defined]
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
