"""Roll-outs in a real API server: a version answers, or what served before is there again."""

from __future__ import annotations

import base64
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from graduate.components.kserve import cluster as clusters
from graduate.components.kserve import manifest as kserve
from graduate.components.kserve import rollout, serving
from graduate.components.kserve.rollout import Question
from graduate.errors import UserError
from graduate.publish import Version
from tests.deploy.api_server import Server
from tests.deploy.kserve_stand_in import StandIn
from tests.tensorflow.tiny_models import save_model

CLASSES = ("cat", "dog", "fox", "owl")
LOGITS = np.array([0.0, 2.0, 0.0, 0.0], dtype=np.float32)
ROW = {"image": {"b64": base64.b64encode(LOGITS.tobytes()).decode()}}


def answer(scale: float) -> list[float]:
    """What a model of that scale answers to the row."""
    raised = [math.exp(scale * one) for one in LOGITS]
    return [one / sum(raised) for one in raised]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[float, str]:
    """Models by their scale."""
    place = tmp_path_factory.mktemp("exported")
    return {scale: save_model(place / str(scale), CLASSES, scale) + "/Format-Serving" for scale in (1.0, 2.0)}


@pytest.fixture
def space(kserve_installed: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A namespace of the test's own, which is where the process believes to be."""
    from kubernetes import client

    core = client.CoreV1Api(kserve_installed.client())
    made = core.create_namespace({"metadata": {"generateName": "test-"}}).metadata.name
    monkeypatch.setenv("KUBECONFIG", str(kserve_installed.kubeconfig(namespace=made)))
    monkeypatch.delenv("GRADUATE_MOUNTS", raising=False)
    monkeypatch.setattr(rollout, "_EVERY", 0.1)
    return made


@pytest.fixture
def serves(space: str, kserve_installed: Server, tmp_path: Path) -> Iterator[Path]:
    """A volume that KServe serves from: the folder of versions."""
    (tmp_path / "volume" / "digits").mkdir(parents=True)
    with StandIn(kserve_installed.client(), space, {"graduate-models": tmp_path / "volume"}):
        yield tmp_path / "volume" / "digits"


def push(place: Path, number: int, model: str | None) -> Version:
    """A pushed version; None: one that nobody can load."""
    folder = place / str(number)
    if model:
        shutil.copytree(model, folder)
    else:
        folder.mkdir()
        (folder / "saved_model.pb").write_bytes(b"no model")
    return Version(number, folder, {"content": str(number)})


def serve(version: Version, question: Question | None, timeout_s: int = 120) -> dict[str, str]:
    """As the Pusher does."""
    asked = kserve.Settings("digits", "pvc://graduate-models/digits", apply=True, timeout_s=timeout_s)
    return serving.serve(json.dumps(asked.to_json()), version, lambda: question, "run-1")


def in_cluster(space: str) -> dict | None:
    """The InferenceService that there is."""
    found = clusters.connect(space)
    assert found is not None
    return found.get("digits")


def version_of(service: dict | None) -> str | None:
    """The version that its manifest names."""
    return service and service["metadata"]["annotations"]["graduate/version"]


def test_a_version_takes_over_from_the_one_before(serves: Path, space: str, exported: dict[float, str]) -> None:
    first = serve(push(serves, 1, exported[1.0]), Question(ROW, answer(1.0)))
    assert {**first, "url": ""} == {
        "name": "digits", "namespace": space, "state": "serving", "version": "1", "url": "",
    }  # fmt: skip
    second = serve(push(serves, 2, exported[2.0]), Question(ROW, answer(2.0)))
    assert second["version"] == "2"
    assert second["url"] != first["url"]
    now = in_cluster(space)
    assert version_of(now) == "2"
    assert now["metadata"]["annotations"]["graduate/run"] == "run-1"
    assert [one["manager"] for one in now["metadata"]["managedFields"] if one["operation"] == "Apply"] == ["graduate"]


def test_without_a_row_the_version_s_state_is_asked(serves: Path, exported: dict[float, str]) -> None:
    assert serve(push(serves, 1, exported[1.0]), None)["state"] == "serving"


def test_a_version_that_a_person_pushes_again_takes_over_by_the_settings_of_the_one_before(
    serves: Path, space: str, exported: dict[float, str]
) -> None:
    for number in (1, 2):
        serve(push(serves, number, exported[float(number)]), Question(ROW, answer(float(number))))
    told = serving.again(push(serves, 3, exported[1.0]))
    assert told is not None
    assert (told["state"], told["namespace"], version_of(in_cluster(space))) == ("serving", space, "3")
    with pytest.raises(UserError, match=r"version 4 was pushed, but .* not serve it: .*version 3 serves again"):
        serving.again(push(serves, 4, None))


def test_a_version_that_cannot_be_loaded_is_taken_back(serves: Path, space: str, exported: dict[float, str]) -> None:
    serve(push(serves, 1, exported[1.0]), Question(ROW, answer(1.0)))
    before = in_cluster(space)
    with pytest.raises(UserError, match=r"version 2 was pushed, but .* not serve it: .*version 1 serves again"):
        serve(push(serves, 2, None), Question(ROW, answer(2.0)))
    after = in_cluster(space)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_a_version_that_answers_something_else_is_taken_back(
    serves: Path, space: str, exported: dict[float, str]
) -> None:
    serve(push(serves, 1, exported[1.0]), Question(ROW, answer(1.0)))
    with pytest.raises(UserError, match=r"its answer to a row differs by .* from the trainer's"):
        serve(push(serves, 2, exported[2.0]), Question(ROW, answer(1.0)))
    assert version_of(in_cluster(space)) == "1"


def test_a_first_version_that_fails_leaves_nothing(serves: Path, space: str) -> None:
    with pytest.raises(UserError, match="it is removed"):
        serve(push(serves, 1, None), Question(ROW, answer(1.0)))
    assert in_cluster(space) is None


def test_a_version_that_is_not_ready_in_time_is_taken_back(space: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"after 1 seconds it is not ready .no status yet.; it is removed"):
        serve(push(tmp_path, 1, None), None, timeout_s=1)  # nobody looks at it
    assert in_cluster(space) is None


def test_whoever_is_stopped_while_waiting_leaves_nothing(
    space: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rollout.time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        serve(push(tmp_path, 1, None), None)
    assert in_cluster(space) is None


def test_what_others_manage_stays_theirs(serves: Path, space: str, exported: dict[float, str]) -> None:
    from kubernetes.client import CustomObjectsApi

    serve(push(serves, 1, exported[1.0]), None)
    cluster = clusters.connect(space)
    assert cluster is not None
    theirs = {"metadata": {"labels": {"team": "vision"}}, "spec": {"predictor": {"maxReplicas": 3}}}
    CustomObjectsApi(cluster._api).patch_namespaced_custom_object(
        kserve.GROUP, kserve.API_VERSION, space, kserve.PLURAL, "digits", theirs
    )
    serve(push(serves, 2, exported[2.0]), None)
    now = in_cluster(space)
    assert now["metadata"]["labels"]["team"] == "vision"
    assert now["spec"]["predictor"]["maxReplicas"] == 3
    assert version_of(now) == "2"


def test_whoever_may_not_is_told_what_gives_the_right(
    space: str, kserve_installed: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes import client

    core = client.CoreV1Api(kserve_installed.client())
    core.create_namespaced_service_account(space, {"metadata": {"name": "stranger"}})
    token = core.create_namespaced_service_account_token("stranger", space, {"spec": {"audiences": []}}).status.token
    monkeypatch.setenv("KUBECONFIG", str(kserve_installed.kubeconfig(token, space)))
    with pytest.raises(UserError, match="forbidden") as caught:
        serve(push(tmp_path, 1, None), None)
    assert "deploy/kustomize" in str(caught.value.hint)
    assert token not in str(caught.value)


def test_a_cluster_that_does_not_answer_is_an_error_for_the_user(
    kserve_installed: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = kserve_installed.kubeconfig().read_text().replace(kserve_installed.url, "https://127.0.0.1:9")
    (tmp_path / "kubeconfig").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with pytest.raises(UserError, match="the cluster's API does not answer"):
        serve(push(tmp_path, 1, None), None)
