"""Which version a word means, on real folders and a real ML Metadata store."""

from __future__ import annotations

import json

import pytest

from graduate.errors import UsageError
from graduate.pipeline import record
from graduate.pipeline.model_ids import Model, resolve
from graduate.pipeline.result import RunResult
from graduate.pipeline.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "work")


def version(workspace, name, number, **card):
    folder = workspace.root / "models" / name / str(number)
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").write_text("graph")
    (folder / "assets.extra" / "graduate.json").write_text(json.dumps({"name": name, "raw_feature": "image"}))
    if card:
        (folder / "model_card.json").write_text(json.dumps(card))
    return folder


def a_run(workspace, run_id, name, status, pushed_to=None):
    store = record.open_store(workspace, create=True)
    record.start_run(store, run_id, name, {"name": name}, "f00d")
    record.finish_run(store, RunResult(run_id, status, pushed_to=str(pushed_to) if pushed_to else None))


@pytest.mark.parametrize("word", ["latest", "serving", "a", "a:latest", "a:serving", "a:7"])
def test_the_only_version_has_many_names(workspace, word):
    folder = version(workspace, "a", 7)
    assert resolve(word, workspace) == Model("a", 7, folder)


def test_a_folder_is_a_version_or_holds_the_one_that_serves(workspace):
    old, new = version(workspace, "a", 7), version(workspace, "a", 10)
    assert resolve(str(old), workspace) == Model("a", 7, old)
    assert resolve(str(old.parent), workspace) == Model("a", 10, new)


def test_an_export_in_a_folder_without_a_number_is_a_model_too(workspace, tmp_path):
    elsewhere = version(workspace, "a", 7).rename(tmp_path / "copied")
    assert resolve(str(elsewhere), workspace) == Model("a", None, elsewhere)


def test_a_pipeline_whose_name_is_also_a_folder_of_images_is_found(workspace, tmp_path, monkeypatch):
    folder = version(workspace, "a", 7)
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("a", workspace).folder == folder


def test_after_a_rollback_what_serves_is_not_what_was_pushed_last(workspace):
    version(workspace, "a", 7)
    version(workspace, "a", 8)
    version(workspace, "a", 9, rollback_of={"version": 7})
    assert resolve("latest", workspace).version == 8
    assert resolve("serving", workspace).version == resolve("a", workspace).version == 9


@pytest.mark.parametrize("word", ["latest", "serving"])
def test_with_several_pipelines_a_word_without_a_name_is_ambiguous(workspace, word):
    version(workspace, "a", 7)
    version(workspace, "b", 8)
    with pytest.raises(UsageError, match=f"{word} is ambiguous: a:{word}, b:{word}"):
        resolve(word, workspace)
    assert resolve(f"b:{word}", workspace).version == 8


def test_a_run_id_is_the_version_that_it_pushed(workspace):
    first = version(workspace, "a", 7)
    version(workspace, "a", 8)
    a_run(workspace, "a-1", "a", "pushed", first)
    assert resolve("a-1", workspace).folder == first


def test_a_run_that_was_blessed_by_hand_is_the_version_whose_card_names_it(workspace):
    blessed = version(workspace, "a", 7, run_id="a-1")
    a_run(workspace, "a-1", "a", "refused")
    assert resolve("a-1", workspace).folder == blessed


@pytest.mark.parametrize(
    ("status", "pushed_to", "sentence"),
    [
        ("refused", None, "run a-1 pushed no model: the gate refused it"),
        ("sick", None, "run a-1 pushed no model: it was stopped because its training was sick"),
        ("pushed", "/gone/7", "the version that run a-1 pushed has gone: /gone/7"),
    ],
)
def test_a_run_without_a_version_says_why(workspace, status, pushed_to, sentence):
    a_run(workspace, "a-1", "a", status, pushed_to)
    with pytest.raises(UsageError, match=sentence):
        resolve("a-1", workspace)


def test_before_the_first_push_the_hint_is_to_run(workspace):
    with pytest.raises(UsageError, match="no model has been pushed from") as caught:
        resolve("latest", workspace)
    assert "graduate run CONFIG" in caught.value.hint


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("digist", "no model digist", "did you mean digits?"),
        ("digits:9", "digits has no version 9", "there are 7, serving and latest"),
        ("digits:lates", "digits has no version lates", "latest"),
        ("zzz", "no model zzz", "names here: digits"),
    ],
)
def test_a_word_that_means_nothing_gets_the_choices(workspace, word, message, hint):
    version(workspace, "digits", 7)
    with pytest.raises(UsageError, match=message) as caught:
        resolve(word, workspace)
    assert hint in caught.value.hint


def test_an_image_in_the_models_place_is_told_to_come_second(workspace, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"a\.png is a file, not a model"):
        resolve(str(tmp_path / "a.png"), workspace)


def test_a_folder_without_versions_is_no_model(workspace, tmp_path):
    with pytest.raises(UsageError, match="holds no pushed model"):
        resolve(str(tmp_path), workspace)
