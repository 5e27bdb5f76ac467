"""`graduate rollback` on a folder that a Pusher wrote a manifest beside: the manifest follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from graduate import publish
from graduate.components.kserve import manifest
from graduate.pipeline.cli.main import main

ASKED = manifest.Settings("digits", "pvc://graduate-models/digits", "serving", apply=True, memory="2Gi")


def pushed(place: Path, content: str) -> publish.Version:
    """A version, as a Pusher leaves it."""
    model = place.parent / f"model-{content}"
    model.mkdir(parents=True)
    (model / "saved_model.pb").write_text(content)

    def card(number: int, before: publish.Version | None, fingerprint: str) -> tuple[dict, str]:
        return {"name": "digits", "version": number, "content": fingerprint}, "<p>page</p>"

    return publish.publish(model, place, card, keep=5).version


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two versions, on a machine without a cluster."""
    monkeypatch.setenv("GRADUATE_WORKDIR", str(tmp_path / "work"))
    monkeypatch.setenv("GRADUATE_MOUNTS", "{}")
    return tmp_path / "models" / "digits"


def served(place: Path) -> tuple[str, str]:
    """The version that the manifest names, and its arguments."""
    told = yaml.safe_load((place / manifest.FILE).read_text())
    [argument] = told["spec"]["predictor"]["model"]["args"]
    return told["metadata"]["annotations"][manifest.VERSION], argument


def test_the_manifest_follows_with_what_the_config_asked_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = pushed(place, "old")
    manifest.write(ASKED, first)
    manifest.write(ASKED, pushed(place, "new"))
    before = yaml.safe_load((place / manifest.FILE).read_text())
    assert main(["rollback", str(place), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    version = str(told["version"])
    assert told["again"] == first.number
    assert told["kserve"] == {"name": "digits", "namespace": "serving", "state": "written", "version": version}
    assert served(place) == (version, f"--model_config_file=/mnt/models/kserve/{version}.config")
    assert f"versions: {version}" in (place / "kserve" / f"{version}.config").read_text()
    after = yaml.safe_load((place / manifest.FILE).read_text())
    assert after["spec"]["predictor"]["model"]["resources"] == before["spec"]["predictor"]["model"]["resources"]


def test_what_is_left_to_do_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("old", "new"):
        manifest.write(ASKED, pushed(place, content))
    assert main(["rollback", str(place)]) == 0
    assert f"kubectl apply -f {place / manifest.FILE}" in capsys.readouterr().out


def test_a_manifest_of_which_the_settings_are_not_known_is_told_to_be_old(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in ("old", "new"):
        manifest.write(ASKED, pushed(place, content))
    (place / "kserve" / "settings.json").write_text('{"of": "another release"}')
    before = served(place)
    assert main(["rollback", str(place)]) == 0
    assert "names another version still" in capsys.readouterr().err
    assert served(place) == before


def test_without_kserve_nothing_of_it_is_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("old", "new"):
        pushed(place, content)
    assert main(["rollback", str(place), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kserve"] is None
    assert not (place / manifest.FILE).exists()
    assert not (place / manifest.CONFIGS).exists()
