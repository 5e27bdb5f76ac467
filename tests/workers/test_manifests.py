"""The Kubernetes objects of workers, and what is read from their pods."""

import json
from types import SimpleNamespace

import pytest

from graduate.errors import UsageError
from graduate.pipeline.workers import manifests, own_pod, pods
from graduate.pipeline.workers.launcher import Worker
from tests.workers import step_pod

OWN = own_pod.of_manifest(step_pod.manifest())
NAME = "graduate-0123456789"


def as_kubernetes_has_it(manifest):
    """What the Kubernetes client makes of a manifest, given back: a key that it does not know would be lost."""
    from kubernetes import client

    api = client.ApiClient()
    read = api.deserialize(SimpleNamespace(data=json.dumps(manifest)), f"V1{manifest['kind']}")
    return api.sanitize_for_serialization(read)


@pytest.mark.parametrize("manifest", [manifests.service(NAME, OWN), manifests.job(NAME, OWN, 1, 4, "/scratch/plan")])
def test_kubernetes_knows_every_key(manifest):
    assert as_kubernetes_has_it(manifest) == manifest


def test_a_worker_gets_what_the_step_got_and_nothing_of_argos():
    made = manifests.job(NAME, OWN, 1, 4, "/scratch/plan")["spec"]["template"]["spec"]
    (container,) = made["containers"]
    asked = step_pod.manifest()["spec"]["containers"][1]
    assert {key: container[key] for key in ("image", "resources", "securityContext")} == {
        key: asked[key] for key in ("image", "resources", "securityContext")
    }
    assert container["command"] == ["python", "-m", "graduate.pipeline.workers.member", "/scratch/plan"]
    assert [one["name"] for one in container["env"]] == ["NCCL_DEBUG", "TOKEN"]
    assert [one["name"] for one in container["volumeMounts"]] == ["scratch", "minio-scratch", "hub-files"]
    assert [one["name"] for one in made["volumes"]] == ["minio-scratch", "scratch", "hub-files"]
    assert (made["nodeSelector"], made["serviceAccountName"]) == ({"gpu": "h100"}, "pipeline-runner")
    assert made["restartPolicy"] == "Never"
    assert "initContainers" not in made
    assert "nodeName" not in made


def test_both_objects_go_with_the_steps_pod():
    for manifest in (manifests.service(NAME, OWN), manifests.job(NAME, OWN, 1, 4, "/scratch/plan")):
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("Pod", step_pod.UID)


def test_every_worker_has_an_address_that_the_service_selects():
    job, service = manifests.job(NAME, OWN, 2, 3, "/scratch/plan"), manifests.service(NAME, OWN)
    template = job["spec"]["template"]
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    pod = f"{job['metadata']['name']}-0"
    named = f"{pod}.{template['spec']['subdomain']}.kubeflow.svc:2223"
    assert manifests.hosts(NAME, OWN, 2, 3)[:2] == ["10.1.2.3:2223", named]
    assert template["spec"]["subdomain"] == service["metadata"]["name"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == len(manifests.hosts(NAME, OWN, 2, 3)) - 1
    assert len(f"{manifests.job_name(NAME, 999)}-9999") <= 63, "a host name"


def test_scratch_has_to_lie_where_other_pods_see_it():
    own_pod.check_shared(OWN, "/scratch")
    own_pod.check_shared(OWN, "/scratch/graduate")
    for place in ("/tmp/graduate", "/minio", "/scratchy"):
        with pytest.raises(UsageError, match="lies on no volume that other workers see"):
            own_pod.check_shared(OWN, place)


def pod(index, phase, state=None, created="2026-01-01T00:00:00Z", **status):
    statuses = [{"name": "worker", "state": state}] if state else []
    return {
        "metadata": {
            "name": f"job-{index}-abcde",
            "creationTimestamp": created,
            "annotations": {"batch.kubernetes.io/job-completion-index": str(index)},
        },
        "status": {"phase": phase, "containerStatuses": statuses, **status},
    }


def test_what_has_become_of_workers_is_read_from_their_pods():
    unschedulable = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
    }
    found = pods.workers(
        [
            pod(0, "Running", {"running": {}}),
            pod(1, "Failed", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            pod(2, "Failed", {"terminated": {"exitCode": 1, "reason": "Error"}}),
            pod(3, "Pending", conditions=[unschedulable]),
            pod(4, "Pending", {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
            pod(5, "Failed", reason="Evicted", message="The node was low on resource: memory."),
            pod(6, "Succeeded", {"terminated": {"exitCode": 0}}),
        ],
        9,
    )
    assert found == [
        Worker(1),
        Worker(2, True, -9, "pod job-1-abcde, OOMKilled"),
        Worker(3, True, 1, "pod job-2-abcde"),
        Worker(4, reason="pod job-3-abcde, Unschedulable, 0/3 nodes are available: 3 Insufficient nvidia.com/gpu."),
        Worker(5, reason="pod job-4-abcde, ImagePullBackOff, no such image"),
        Worker(6, True, 1, "pod job-5-abcde, Evicted, The node was low on resource: memory."),
        Worker(7, True),
        Worker(8, reason="its pod has not been made"),
    ]


def test_of_two_pods_with_one_index_the_newer_one_counts():
    old = pod(0, "Failed", {"terminated": {"exitCode": 1, "reason": "Error"}})
    new = pod(0, "Running", {"running": {}}, created="2026-01-01T00:01:00Z")
    assert pods.workers([new, old], 2) == [Worker(1)]
