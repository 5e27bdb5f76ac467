"""What a Pusher does with the settings of KServe: the question it asks, what it writes, what it tells lineage."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from graduate.components.kserve import question
from graduate.components.kserve.manifest import FILE, Settings
from graduate.components.pusher import PusherExecutor
from tests.tensorflow.tiny_models import save_model


def at(kind: type, place: Path):
    """An artifact at a folder."""
    place.mkdir(parents=True, exist_ok=True)
    made = kind()
    made.uri = str(place)
    return made


@pytest.fixture
def given(tmp_path: Path) -> dict:
    """A Pusher's inputs: a model, the trainer's answers to two rows of the evaluation split, and the rows."""
    save_model(tmp_path / "model", ["cat", "dog"])
    about = {"name": "digits", "raw_features": {"image": "string", "width": "float32"}}
    about |= {"arguments": {"image": "image", "width": "w"}}
    extra = tmp_path / "model" / "Format-Serving" / "assets.extra"
    (extra / "graduate.json").write_text(json.dumps(about))
    run = at(standard_artifacts.ModelRun, tmp_path / "run")
    reference = {"hash": ["b", "a"], "answers": [[0.25, 0.75], [0.5, 0.5]]}
    (tmp_path / "run" / "reference.json").write_text(json.dumps(reference))
    examples = at(standard_artifacts.Examples, tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    split = tmp_path / "examples" / "Split-eval"
    split.mkdir()
    with tf.io.TFRecordWriter(str(split / "data.gz"), "GZIP") as writer:
        for name, width in (("a", 1.5), ("b", float("nan"))):
            features = {
                "hash": tf.train.Feature(bytes_list=tf.train.BytesList(value=[name.encode()])),
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[f"picture {name}".encode()])),
                "width": tf.train.Feature(float_list=tf.train.FloatList(value=[width])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    blessing = at(standard_artifacts.ModelBlessing, tmp_path / "blessing")
    blessing.set_int_custom_property("blessed", 1)
    model = at(standard_artifacts.Model, tmp_path / "model")
    return {"model": [model], "model_run": [run], "examples": [examples], "blessing": [blessing]}


def test_the_question_is_the_first_row_that_the_trainer_answered(given: dict) -> None:
    asked = question.of(given)
    assert asked is not None
    assert asked.row["image"] == {"b64": base64.b64encode(b"picture b").decode()}, "by the names of the signature"
    assert asked.row["w"] != asked.row["w"], "a missing number is NaN"
    assert list(asked.answer) == [0.25, 0.75]


def test_without_rows_there_is_no_question(given: dict) -> None:
    assert question.of({**given, "examples": []}) is None


def push(given: dict, place: Path, kserve: str):
    """Run the Pusher."""
    out = at(standard_artifacts.PushedModel, place / "pushed")
    properties = {"push_to": str(place / "digits"), "keep": 2, "card": json.dumps({"name": "digits"}), "kserve": kserve}
    context = PusherExecutor.Context(pipeline_run_id="digits-1", tmp_dir=str(place), unique_id="1")
    PusherExecutor(context).Do(given, {"pushed_model": [out]}, properties)
    return out


def test_the_manifest_lies_beside_what_was_pushed_and_lineage_says_so(given: dict, tmp_path: Path) -> None:
    settings = Settings("digits", "pvc://graduate-models/digits", "serving")
    out = push(given, tmp_path, json.dumps(settings.to_json()))
    assert (tmp_path / "digits" / FILE).is_file()
    told = {key: out.get_string_custom_property(f"kserve_{key}") for key in ("state", "name", "namespace", "version")}
    version = out.get_string_custom_property("pushed_version")
    assert told == {"state": "written", "name": "digits", "namespace": "serving", "version": version}


def test_without_settings_nothing_of_it_is_there(given: dict, tmp_path: Path) -> None:
    out = push(given, tmp_path, "")
    assert not (tmp_path / "digits" / FILE).exists()
    assert not out.has_custom_property("kserve_state")


def test_the_same_model_pushed_again_is_no_new_version(given: dict, tmp_path: Path) -> None:
    settings = json.dumps(Settings("digits", "pvc://graduate-models/digits").to_json())
    first, second = (push(given, tmp_path, settings).get_string_custom_property("pushed_version") for _ in range(2))
    assert first == second, "the manifest beside the versions is no part of a version"
