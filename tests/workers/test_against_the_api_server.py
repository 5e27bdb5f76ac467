"""The Job and the Service of workers before Kubernetes' own API server, with the rights that `deploy/kustomize` gives.

It has no controllers: no pod comes of a Job.
"""

import json
from pathlib import Path

import pytest
import yaml

from graduate.errors import UserError
from graduate.pipeline.workers import manifests, own_pod
from graduate.pipeline.workers.kubernetes_job import KubernetesJob
from graduate.pipeline.workers.launcher import Worker
from tests.deploy import api_server
from tests.workers import step_pod

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE, ACCOUNT = "kubeflow", "pipeline-runner"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if reason := api_server.why_not():
        pytest.skip(f"no API server can be had here: {reason}")
    with api_server.running(tmp_path_factory.mktemp("api-server")) as running:
        yield running


@pytest.fixture(scope="module")
def account(server):
    """(CoreV1Api, BatchV1Api) of the steps' service account, in a namespace with a step's pod; the administrator's, and
    f() that gives the account its rights."""
    from kubernetes import client

    core, rights = client.CoreV1Api(server.client()), client.RbacAuthorizationV1Api(server.client())
    core.create_namespace({"metadata": {"name": NAMESPACE}})
    core.create_namespaced_service_account(NAMESPACE, {"metadata": {"name": ACCOUNT}})
    pod = step_pod.manifest()
    del pod["metadata"]["ownerReferences"], pod["metadata"]["uid"]
    pod["spec"]["initContainers"] = []
    created = core.create_namespaced_pod(NAMESPACE, pod)
    core.patch_namespaced_pod_status(created.metadata.name, NAMESPACE, {"status": {"podIP": "10.1.2.3"}})
    asked = {"spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token(ACCOUNT, NAMESPACE, asked).status.token

    def grant():
        for one in yaml.safe_load_all((ROOT / "deploy/kustomize/base/rights.yaml").read_text(encoding="utf-8")):
            if one["kind"] == "Role":
                rights.create_namespaced_role(NAMESPACE, one)
            else:
                one["subjects"] = [{**subject, "namespace": NAMESPACE} for subject in one["subjects"]]
                rights.create_namespaced_role_binding(NAMESPACE, one)

    return client.CoreV1Api(server.client(token)), client.BatchV1Api(server.client(token)), core, grant


def launcher(core, batch):
    name = step_pod.manifest()["metadata"]["name"]
    read = core.read_namespaced_pod(name, NAMESPACE, _preload_content=False)
    return KubernetesJob(core, batch, own_pod.of_manifest(json.loads(read.data)))


@pytest.mark.slow
def test_kubernetes_takes_the_objects_from_the_account_of_steps_and_removes_them_again(account, tmp_path):
    from kubernetes.client.exceptions import ApiException

    core, batch, administrator, grant = account
    own = own_pod.of_manifest(step_pod.manifest())
    with pytest.raises(UserError, match="making the workers' Service failed: services is forbidden"):
        KubernetesJob(core, batch, own).start(1, tmp_path / "plan.json", 3)
    grant()
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"command": ["true"], "hosts": ["a:1"], "mounts": [{}], "beats": {}}))
    team = launcher(core, batch)
    team.start(1, plan, 3)
    try:
        made = batch.read_namespaced_job(f"{team.name}-g1", NAMESPACE)
        assert (made.spec.completion_mode, made.spec.completions, made.spec.parallelism) == ("Indexed", 2, 2)
        (owner,) = made.metadata.owner_references
        assert owner.uid == administrator.read_namespaced_pod(owner.name, NAMESPACE).metadata.uid
        assert administrator.read_namespaced_service(team.name, NAMESPACE).spec.cluster_ip == "None"
        assert team.look()[1:] == [Worker(number, reason="its pod has not been made") for number in (1, 2)]
    finally:
        team.stop()
        team.close()
    assert not administrator.list_namespaced_service(NAMESPACE).items
    with pytest.raises(ApiException, match="not found"):
        batch.read_namespaced_job(f"{team.name}-g1", NAMESPACE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"completionMode": "Ordered"}, "completionMode"),
        ({"completions": None}, "completions"),
        ({"backofLimit": 0}, "backofLimit"),
    ],
)
def test_what_is_no_job_is_refused(account, broken, said):
    from kubernetes.client.exceptions import ApiException

    administrator = account[2].api_client
    job = manifests.job("graduate-0", own_pod.of_manifest(step_pod.manifest()), 1, 3, "/scratch/plan")
    job["spec"] |= broken
    with pytest.raises(ApiException, match=said):
        administrator.call_api(
            f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs",
            "POST",
            query_params=[("dryRun", "All"), ("fieldValidation", "Strict")],
            header_params={"Content-Type": "application/json", "Accept": "application/json"},
            body=job,
            auth_settings=["BearerToken"],
        )
