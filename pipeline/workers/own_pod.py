"""What a step's own pod is, read from the cluster: other workers get the same image, resources, volumes and secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.errors import UsageError

MAIN = "main"  # the container that Argo runs a step in
_ARGO_VOLUMES = ("var-run-argo", "tmp-dir-argo", "input-artifacts", "kfp-launcher", "kube-api-access-", "argo-")
_ARGO_VARIABLES = ("ARGO_", "KFP_", "GRADUATE_WORKERS", "TF_CONFIG")
_OF_CONTAINER = ("image", "imagePullPolicy", "resources", "securityContext", "envFrom", "workingDir")
_OF_POD = (
    "nodeSelector",
    "tolerations",
    "affinity",
    "imagePullSecrets",
    "serviceAccountName",
    "securityContext",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "dnsPolicy",
    "dnsConfig",
    "hostAliases",
    "topologySpreadConstraints",
)


@dataclass(frozen=True)
class OwnPod:
    """The pod that this process runs in.

    Args:
        name, uid, namespace, ip: of the pod.
        pod: what other pods get of its spec.
        container: what their container gets of the step's.
    """

    name: str
    uid: str
    namespace: str
    ip: str
    pod: Mapping[str, Any]
    container: Mapping[str, Any]


def of_manifest(manifest: Mapping[str, Any]) -> OwnPod:
    """Take from a pod, as the cluster's API gives it, what a worker needs; nothing of what Argo put in for itself."""
    meta, spec = manifest["metadata"], manifest["spec"]
    main = next((one for one in spec["containers"] if one["name"] == MAIN), spec["containers"][0])
    kept = [one for one in spec.get("volumes", []) if not one["name"].startswith(_ARGO_VOLUMES)]
    names = {one["name"] for one in kept}
    mounts = [one for one in main.get("volumeMounts", []) if one["name"] in names]
    mounted = {one["name"] for one in mounts}
    container = {key: main[key] for key in _OF_CONTAINER if main.get(key)}
    container["env"] = [one for one in main.get("env", []) if not one["name"].startswith(_ARGO_VARIABLES)]
    container["volumeMounts"] = mounts
    pod = {key: spec[key] for key in _OF_POD if spec.get(key)}
    pod["volumes"] = [one for one in kept if one["name"] in mounted]
    ip = manifest.get("status", {}).get("podIP", "")
    return OwnPod(meta["name"], meta["uid"], meta["namespace"], ip, pod, container)


def check_shared(own: OwnPod, scratch: str) -> None:
    """Refuse a scratch folder that other pods cannot see.

    Raises:
        UsageError: it lies on no persistent volume.
    """
    claims = {one["name"] for one in own.pod["volumes"] if "persistentVolumeClaim" in one or "nfs" in one}
    if not _on_one_of(scratch, [one["mountPath"] for one in own.container["volumeMounts"] if one["name"] in claims]):
        raise UsageError(
            f"{scratch} lies on no volume that other workers see",
            hint="kubeflow: {scratch: /scratch, volumes: [{claim: NAME, mount: /scratch}]}, a claim of ReadWriteMany",
            where="kubeflow.scratch",
        )


def _on_one_of(path: str, mounts: Sequence[str]) -> bool:
    return any(path == mount.rstrip("/") or path.startswith(mount.rstrip("/") + "/") for mount in mounts)
