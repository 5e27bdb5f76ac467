"""The manifest of an InferenceService, and what lies beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from google.protobuf import text_format

from graduate.components.kserve import manifest as kserve
from graduate.components.kserve import serving
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.kubeflow.kserve import settings
from graduate.publish import Version

ASKED = kserve.Settings("digits", "pvc://graduate-models/digits")


def version(place: Path, number: int) -> Version:
    """A pushed version."""
    folder = place / str(number)
    folder.mkdir(parents=True)
    return Version(number, folder, {"content": f"content-{number}"})


def config(**kubeflow: object) -> PipelineConfig:
    """A config that asks for Kubeflow."""
    asked = {"image": "me/graduate:1", "root": "minio://mlpipeline/v2", **kubeflow}
    groups = {"data": {"images": "digits"}, "training": {"steps": 1}, "evaluation": {}, "kubeflow": asked}
    return PipelineConfig.model_validate({"name": "small_digits", **groups})


def test_the_manifest_serves_one_version_of_the_volume(tmp_path: Path) -> None:
    made = kserve.manifest(ASKED, version(tmp_path, 7))
    model = made["spec"]["predictor"]["model"]
    assert model["storageUri"] == "pvc://graduate-models/digits"
    assert model["args"] == ["--model_config_file=/mnt/models/kserve/7.config"]
    assert made["metadata"]["annotations"] == {"graduate/version": "7", "graduate/content": "content-7"}
    assert "resources" not in model
    assert "namespace" not in made["metadata"]
    assert made == kserve.manifest(ASKED, Version(7, tmp_path / "7", {"content": "content-7"})), "no clock, no chance"


def test_tensorflow_serving_understands_the_model_config(tmp_path: Path) -> None:
    from tensorflow_serving.config import model_server_config_pb2

    kserve.write(ASKED, version(tmp_path, 7))
    text = (tmp_path / "kserve" / "7.config").read_text()
    [read] = text_format.Parse(text, model_server_config_pb2.ModelServerConfig()).model_config_list.config
    assert (read.name, read.base_path, read.model_platform) == ("digits", "/mnt/models", "tensorflow")
    assert list(read.model_version_policy.specific.versions) == [7]


def test_beside_the_versions_lie_the_manifest_of_the_last_and_the_configs_of_those_there_are(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        kserve.write(ASKED, version(tmp_path, number))
    (tmp_path / "1").rmdir()
    kserve.write(ASKED, version(tmp_path, 4))
    assert sorted(path.name for path in (tmp_path / "kserve").iterdir()) == [
        "2.config",
        "3.config",
        "4.config",
        "settings.json",
    ]
    written = yaml.safe_load((tmp_path / kserve.FILE).read_text())
    assert written["metadata"]["annotations"]["graduate/version"] == "4"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"cpu": 0.5}, {"requests": {"cpu": "0.5"}, "limits": {"cpu": "0.5"}}),
        ({"memory": "2Gi"}, {"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}}),
    ],
)
def test_what_a_replica_gets_is_requested_and_no_more(tmp_path: Path, asked: dict, expected: dict) -> None:
    made = kserve.manifest(kserve.Settings("digits", "pvc://models", **asked), version(tmp_path, 1))
    assert made["spec"]["predictor"]["model"]["resources"] == expected


def test_of_a_config_the_claim_that_holds_what_is_pushed_is_served() -> None:
    asked = json.loads(settings(config(kserve={"memory": "2Gi"})))
    assert asked["storage_uri"] == "pvc://graduate-models/small_digits"
    assert asked["name"] == "small-digits", "a service's name has no underscore"
    own = config(
        volumes=[{"claim": "shared", "mount": "/mnt"}, {"claim": "mine", "mount": "/mnt/mine"}],
        push_to="/mnt/mine/a/digits",
        kserve={"name": "own", "namespace": "serving"},
    )
    asked = json.loads(settings(own))
    assert (asked["storage_uri"], asked["name"], asked["namespace"]) == ("pvc://mine/a/digits", "own", "serving")


def test_without_kserve_the_pusher_is_told_nothing() -> None:
    assert settings(config()) == ""


def test_without_a_cluster_the_manifest_is_written_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADUATE_MOUNTS", "{}")  # a simulation
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "of-somebody"))
    asked = kserve.Settings("digits", "pvc://graduate-models/digits", apply=True)
    told = serving.serve(json.dumps(asked.to_json()), version(tmp_path, 7), lambda: None, "run-1")
    assert told == {"name": "digits", "namespace": "", "state": "written", "version": "7"}
    assert "written, not applied" in capsys.readouterr().err
    assert (tmp_path / kserve.FILE).is_file()
