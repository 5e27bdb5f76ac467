"""Manifests before a real API server, by a dry run: those of ours are taken, broken ones are refused."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from graduate.components.kserve import cluster as clusters
from graduate.components.kserve import manifest as kserve
from graduate.errors import UserError
from graduate.publish import Version
from tests.deploy.api_server import Server

KUSTOMIZE = Path(__file__).resolve().parents[2] / "deploy" / "kustomize"
OVERLAYS = ["base", *sorted(f"overlays/{path.name}" for path in (KUSTOMIZE / "overlays").iterdir())]


def test_without_kserve_the_error_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig()))
    monkeypatch.delenv("GRADUATE_MOUNTS", raising=False)
    monkeypatch.setattr(clusters, "GROUP", "elsewhere.kserve.io")  # of which this server knows nothing
    cluster = clusters.connect("")
    assert cluster is not None
    with pytest.raises(UserError) as caught:
        cluster.get("digits")
    assert "install KServe" in str(caught.value.hint)


def built(overlay: str) -> list[dict[str, Any]]:
    """The objects of an overlay."""
    command = next((one for one in (["kustomize", "build"], ["kubectl", "kustomize"]) if shutil.which(one[0])), None)
    if command is None:
        pytest.skip("neither kustomize nor kubectl is here")
    done = subprocess.run([*command, str(KUSTOMIZE / overlay)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def apply(server: Server, made: dict[str, Any], dry: bool = True, token: str | None = None) -> None:
    """Server-side apply, strict."""
    from kubernetes.dynamic import DynamicClient

    client = DynamicClient(server.client(token))
    kind = client.resources.get(api_version=made["apiVersion"], kind=made["kind"])
    query = {"field_manager": "test", "field_validation": "Strict", **({"dry_run": "All"} if dry else {})}
    about = made["metadata"]
    client.server_side_apply(kind, body=made, name=about["name"], namespace=about.get("namespace"), **query)


def namespace(server: Server, name: str) -> None:
    """A namespace that is there."""
    apply(server, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, dry=False)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_kustomize_builds_is_taken(server: Server, overlay: str) -> None:
    made = built(overlay)
    assert {one["kind"] for one in made} >= {"PersistentVolumeClaim", "Role", "RoleBinding", "Job"}
    for one in made:
        namespace(server, one["metadata"]["namespace"])
        apply(server, one)


def test_the_pipelines_account_may_do_what_nodes_do_and_no_more(kserve_installed: Server) -> None:
    from kubernetes import client

    namespace(kserve_installed, "kubeflow")
    core = client.CoreV1Api(kserve_installed.client())
    core.create_namespaced_service_account("kubeflow", {"metadata": {"name": "pipeline-runner"}})
    for one in built("base"):
        if one["kind"] in ("Role", "RoleBinding"):
            apply(kserve_installed, one, dry=False)
    token = core.create_namespaced_service_account_token(
        "pipeline-runner", "kubeflow", {"spec": {"audiences": []}}
    ).status.token
    reviews = client.AuthorizationV1Api(kserve_installed.client(token))

    def may(verb: str, group: str, resource: str, space: str = "kubeflow") -> bool:
        asked = {"resourceAttributes": {"verb": verb, "group": group, "resource": resource, "namespace": space}}
        return reviews.create_self_subject_access_review({"spec": asked}).status.allowed

    for verb in ("get", "create", "patch", "delete"):
        assert may(verb, "serving.kserve.io", "inferenceservices")
    for verb in ("create", "delete"):
        assert may(verb, "batch", "jobs")
        assert may(verb, "", "services")
    assert may("get", "", "pods")
    assert not may("get", "", "secrets")
    assert not may("create", "", "pods")
    assert not may("create", "batch", "jobs", "default")


MANIFEST = kserve.manifest(
    kserve.Settings("digits", "pvc://graduate-models/digits", "default", cpu=0.5, memory="2Gi", service_account="me"),
    Version(7, Path("/models/digits/7"), {"content": "abc"}),
)


def test_the_manifest_of_an_inference_service_is_taken(kserve_installed: Server) -> None:
    apply(kserve_installed, MANIFEST)


def _set(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(made: dict[str, Any]) -> None:
        for key in path[:-1]:
            made = made[key]
        made[path[-1]] = value

    return change


_PREDICTOR = ("spec", "predictor")
# Fault to how it is made, and what the API server says of it.
BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a misspelt field": (
        _set(*_PREDICTOR, "model", "storageUrl", value="pvc://graduate-models/digits"),
        "storageUrl: field not declared in schema",
    ),
    "a word for a number": (_set(*_PREDICTOR, "minReplicas", value="one"), "minReplicas: expected numeric"),
    "no model format": (
        lambda made: made["spec"]["predictor"]["model"].pop("modelFormat"),
        "modelFormat: Required value",
    ),
    "no predictor": (lambda made: made["spec"].pop("predictor"), "spec.predictor: Required value"),
    "no quantity": (
        _set(*_PREDICTOR, "model", "resources", "limits", "memory", value="2 gigabytes"),
        "limits.memory: Invalid value",
    ),
    "arguments that are no list": (
        _set(*_PREDICTOR, "model", "args", value="--model_config_file=x"),
        "args: expected list",
    ),
    "a name with an underscore": (_set("metadata", "name", value="small_digits"), "RFC 1123"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_manifest_is_refused_for_what_is_wrong_with_it(kserve_installed: Server, fault: str) -> None:
    from kubernetes.client.exceptions import ApiException

    made = copy.deepcopy(MANIFEST)
    breaks, said = BROKEN[fault]
    breaks(made)
    with pytest.raises(ApiException) as caught:
        apply(kserve_installed, made)
    assert said in json.loads(caught.value.body)["message"]
