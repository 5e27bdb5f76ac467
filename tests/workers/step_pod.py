"""The pod of a step as a cluster's API gives it: what Argo 3.6 makes of a container of Kubeflow Pipelines 2.5."""

from __future__ import annotations

import copy
from typing import Any

IMAGE = "registry/graduate:1"
UID = "6f0c5b1e-8a55-4d52-9d4f-0f5f0c2a7e11"


def manifest(**container: Any) -> dict[str, Any]:
    """The pod; `container` replaces parts of its main container."""
    found = copy.deepcopy(_POD)
    found["spec"]["containers"][1] |= container
    return found


_POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "digits-x7k2p-system-container-impl-2871633455",
        "namespace": "kubeflow",
        "uid": UID,
        "labels": {
            "pipeline/runid": "0f6e1d3c-29a2-4f2a-8a73-0a6dd0a0f8b7",
            "workflows.argoproj.io/completed": "false",
            "workflows.argoproj.io/workflow": "digits-x7k2p",
        },
        "annotations": {"sidecar.istio.io/inject": "false", "workflows.argoproj.io/node-name": "digits-x7k2p.root"},
        "ownerReferences": [
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "name": "digits-x7k2p",
                "uid": "1",
                "controller": True,
            }
        ],
    },
    "spec": {
        "serviceAccountName": "pipeline-runner",
        "nodeName": "node-3",
        "nodeSelector": {"gpu": "h100"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [
            {"name": "init", "image": "quay.io/argoproj/argoexec:v3.6.7", "command": ["argoexec", "init"]},
            {"name": "kfp-launcher", "image": "ghcr.io/kubeflow/kfp-launcher:2.5.0", "command": ["launcher-v2"]},
        ],
        "containers": [
            {"name": "wait", "image": "quay.io/argoproj/argoexec:v3.6.7", "command": ["argoexec", "wait"]},
            {
                "name": "main",
                "image": IMAGE,
                "command": ["/var/run/argo/argoexec", "emissary", "--", "/kfp-launcher/launch"],
                "args": ["--pipeline_name", "digits", "--", "python", "-m", "graduate.pipeline.runners.kubeflow_step"],
                "env": [
                    {"name": "KFP_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "KFP_POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
                    {"name": "ARGO_TEMPLATE", "value": "{}"},
                    {"name": "GRADUATE_WORKERS_SILENT_S", "value": "60"},
                    {"name": "NCCL_DEBUG", "value": "INFO"},
                    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "metadata-grpc-configmap", "optional": True}}],
                "resources": {
                    "limits": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"},
                    "requests": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"},
                },
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [
                    {"name": "scratch", "mountPath": "/scratch"},
                    {"name": "minio-scratch", "mountPath": "/minio"},
                    {"name": "hub-files", "mountPath": "/secrets"},
                    {"name": "kfp-launcher", "mountPath": "/kfp-launcher"},
                    {"name": "var-run-argo", "mountPath": "/var/run/argo"},
                    {"name": "kube-api-access-9xk2b", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                ],
            },
        ],
        "volumes": [
            {"name": "var-run-argo", "emptyDir": {}},
            {"name": "tmp-dir-argo", "emptyDir": {}},
            {"name": "kfp-launcher", "emptyDir": {}},
            {"name": "minio-scratch", "emptyDir": {}},
            {"name": "scratch", "persistentVolumeClaim": {"claimName": "scratch"}},
            {"name": "hub-files", "secret": {"secretName": "hub"}},
            {"name": "kube-api-access-9xk2b", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        ],
    },
    "status": {"phase": "Running", "podIP": "10.1.2.3"},
}
