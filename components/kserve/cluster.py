"""InferenceServices of the cluster that this process runs in, by the Kubernetes API: read, applied, put back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate.components.kserve.manifest import API_VERSION, GROUP, PLURAL
from graduate.errors import UserError

MANAGER = "graduate"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_REQUEST_TIMEOUT = 30.0


class Cluster:
    """The InferenceServices of one namespace.

    Args:
        api: the Kubernetes client.
        namespace: where they are.
    """

    def __init__(self, api: Any, namespace: str) -> None:
        self._api, self.namespace = api, namespace

    def get(self, name: str) -> dict[str, Any] | None:
        """An InferenceService with its status; None if there is none."""
        return self._call("GET", f"/{name}", missing=True)

    def apply(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Server-side apply: fields that others manage stay theirs. What an older KServe does not know is refused."""
        query = [("fieldManager", MANAGER), ("force", "true"), ("fieldValidation", "Strict")]
        applied = self._call(
            "PATCH", f"/{manifest['metadata']['name']}", manifest, query, content="application/apply-patch+yaml"
        )
        assert applied is not None
        return applied

    def put_back(self, name: str, before: Mapping[str, Any] | None) -> None:
        """Make an InferenceService what it was before; there was none: it is removed."""
        if before is None:
            self._call("DELETE", f"/{name}", missing=True)
            return
        if self.get(name) is None:
            self._call("POST", "", _written(before))
            return
        changes = [{"op": "replace", "path": "/spec", "value": before["spec"]}]
        for key in ("labels", "annotations"):
            changes.append({"op": "add", "path": f"/metadata/{key}", "value": before["metadata"].get(key) or {}})
        self._call("PATCH", f"/{name}", changes, content="application/json-patch+json")

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
        missing: bool = False,
        content: str = "application/json",
    ) -> dict[str, Any] | None:
        from kubernetes.client.exceptions import ApiException

        where = f"/apis/{GROUP}/{API_VERSION}/namespaces/{self.namespace}/{PLURAL}{path}"
        try:
            answer = self._api.call_api(
                where,
                method,
                query_params=query or [],
                header_params={"Content-Type": content, "Accept": "application/json"},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=_REQUEST_TIMEOUT,
            )
        except ApiException as error:
            # The API server's own 404 names the object; one without details says that it has no such kind.
            if missing and error.status == 404 and '"details"' in str(error.body or ""):
                return None
            raise _refused(error, method, f"{PLURAL}{path}", self.namespace) from error
        except Exception as error:
            raise UserError(
                f"the cluster's API does not answer: {type(error).__name__}",
                hint="push again when it does; what served before serves still",
            ) from error
        return json.loads(answer.data)


def connect(namespace: str) -> Cluster | None:
    """The cluster that this process runs in, or the one that $KUBECONFIG names; None where there is neither, and in a
    simulation: what it pushes lies on no volume of a cluster.

    Args:
        namespace: "" for the one of this process.
    """
    from kubernetes import client, config

    asked = client.Configuration()
    own = ""
    if os.environ.get("GRADUATE_MOUNTS"):
        return None
    try:
        if (_ACCOUNT / "token").is_file() and os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=asked)
            own = (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
        elif named := os.environ.get("KUBECONFIG"):
            config.load_kube_config(named, client_configuration=asked)
            own = config.list_kube_config_contexts(named)[1]["context"].get("namespace", "")
        else:
            return None
    except (config.ConfigException, OSError) as error:
        raise UserError(
            f"how to reach the cluster cannot be read: {error}", hint="see the pod's service account, or $KUBECONFIG"
        ) from error
    asked.retries = 3  # of connections that fail; urllib3 waits in between
    return Cluster(client.ApiClient(asked), namespace or own or "default")


def _written(given: Mapping[str, Any]) -> dict[str, Any]:
    """An object as it may be created: without what the API server adds."""
    kept = {key: dict(given["metadata"].get(key) or {}) for key in ("labels", "annotations")}
    metadata = {"name": given["metadata"]["name"], **kept}
    return {"apiVersion": given["apiVersion"], "kind": given["kind"], "metadata": metadata, "spec": given["spec"]}


def _refused(error: Any, method: str, what: str, namespace: str) -> UserError:
    try:
        said = str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        said = str(error.reason)
    if error.status in (401, 403):
        hint = "deploy/kustomize gives the pipeline's service account the right to manage InferenceServices"
    elif error.status == 404:
        hint = "install KServe, or leave out kubeflow.kserve.apply and apply the manifest where it is installed"
    else:
        hint = "mend kubeflow.kserve, or leave out its `apply` and apply the manifest by hand"
    return UserError(f"the cluster refuses {method} {what} in {namespace}: {said[:500]}", hint=hint)
