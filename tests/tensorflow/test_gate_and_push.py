"""Gate, Pusher and LastGraduate: each executor on real artifacts, then all three as TFX runs them."""

from __future__ import annotations

import json
import os

import pytest
from tfx.components.util import model_utils
from tfx.types import standard_artifacts

from graduate import publish
from graduate.components import artifacts
from graduate.components.gate import Gate, GateExecutor, decide
from graduate.components.last_graduate import LastGraduate, LastGraduateExecutor, is_none
from graduate.components.pusher import Pusher, PusherExecutor
from graduate.components.saved_model import saved_model_folder
from graduate.errors import UserError
from graduate.verdict import Check, VerdictRecord


def at(kind, folder):
    made = kind()
    os.makedirs(folder, exist_ok=True)
    made.uri = os.fspath(folder)
    return made


def verdict_at(folder, source, *passed):
    made = at(artifacts.Verdict, folder)
    checks = tuple(Check("accuracy", each, f"sentence {index}.") for index, each in enumerate(passed))
    artifacts.write_verdict(made, VerdictRecord(source, checks))
    return made


def model_at(folder, content=b"graph"):
    made = at(standard_artifacts.Model, folder)
    os.makedirs(folder / "Format-Serving" / "variables")
    (folder / "Format-Serving" / "saved_model.pb").write_bytes(content)
    return made


def gated(tmp_path, **verdicts):
    blessing = at(standard_artifacts.ModelBlessing, tmp_path / "blessing")
    verdict = at(artifacts.Verdict, tmp_path / "gate")
    given = {"model": [model_at(tmp_path / "model")], **{name: [each] for name, each in verdicts.items()}}
    GateExecutor().Do(given, {"blessing": [blessing], "verdict": [verdict]}, {})
    return blessing, artifacts.read_verdict(verdict)


def test_a_model_that_every_verdict_lets_through_is_blessed_as_tfx_understands_it(tmp_path):
    evaluator = verdict_at(tmp_path / "e", "Evaluator", True, True)
    blessing, record = gated(
        tmp_path, evaluator=evaluator, serving_check=verdict_at(tmp_path / "s", "ServingCheck", True)
    )
    assert model_utils.is_model_blessed(blessing)
    assert record.passed
    assert record.reasons == ("Evaluator passed: 2 checks.", "ServingCheck passed: 1 check.")
    assert os.listdir(blessing.uri) == ["BLESSED"]
    assert blessing.get_string_custom_property("current_model").endswith("/model")


def test_one_refusal_is_enough_and_its_reasons_are_the_gate_s(tmp_path):
    serving = verdict_at(tmp_path / "s", "ServingCheck", True, False)
    blessing, record = gated(tmp_path, evaluator=verdict_at(tmp_path / "e", "Evaluator", True), serving_check=serving)
    assert not model_utils.is_model_blessed(blessing)
    assert record.reasons == ("ServingCheck refused: sentence 1.",)
    assert os.listdir(blessing.uri) == ["NOT_BLESSED"]


def test_a_model_that_nothing_evaluated_is_not_blessed(tmp_path):
    blessing, record = gated(tmp_path, serving_check=verdict_at(tmp_path / "s", "ServingCheck", True))
    assert not model_utils.is_model_blessed(blessing)
    assert record.reasons == ("No evaluation judged this model.",)
    assert not decide([]).passed


def pushed(tmp_path, blessed=True, name="model", content=b"graph"):
    model = model_at(tmp_path / name, content)
    blessing = at(standard_artifacts.ModelBlessing, tmp_path / f"{name}-blessing")
    blessing.set_int_custom_property("blessed", int(blessed))
    out = at(standard_artifacts.PushedModel, tmp_path / f"{name}-pushed")
    given = {
        "model": [model],
        "blessing": [blessing],
        "evaluator": [verdict_at(tmp_path / f"{name}-verdict", "Evaluator", True)],
    }
    context = PusherExecutor.Context(pipeline_run_id="digits-1", tmp_dir=str(tmp_path), unique_id="1")
    properties = {"push_to": str(tmp_path / "to"), "keep": 2, "card": json.dumps({"name": "digits"})}
    PusherExecutor(context).Do(given, {"pushed_model": [out]}, properties)
    return out


def test_a_blessed_model_becomes_a_version_with_its_card_beside_it(tmp_path):
    out = pushed(tmp_path)
    version = publish.serving(tmp_path / "to")
    assert out.get_int_custom_property("pushed") == 1
    assert out.get_string_custom_property("pushed_destination") == str(version.folder)
    assert out.get_string_custom_property("pushed_version") == str(version.number)
    assert (version.folder / "saved_model.pb").read_bytes() == b"graph"
    assert version.card["run_id"] == "digits-1"
    assert version.card["name"] == "digits"
    assert version.card["verdicts"][0]["source"] == "Evaluator"
    assert "sentence 0." in (version.folder / "model_card.html").read_text()


def test_a_model_without_a_blessing_is_not_pushed(tmp_path):
    out = pushed(tmp_path, blessed=False)
    assert out.get_int_custom_property("pushed") == 0
    assert publish.versions(tmp_path / "to") == []


def test_the_same_model_pushed_again_is_the_version_that_serves(tmp_path):
    first = pushed(tmp_path)
    again = pushed(tmp_path, name="again")
    assert again.get_string_custom_property("pushed_version") == first.get_string_custom_property("pushed_version")
    assert len(publish.versions(tmp_path / "to")) == 1


def graduate(folder):
    model = standard_artifacts.Model()
    model.uri = "/generated"
    LastGraduateExecutor().Do({}, {"model": [model]}, {"serving_version": folder})
    return model


def test_before_the_first_push_the_last_graduate_is_none():
    model = graduate("")
    assert is_none(model)
    assert model.uri == "/generated"


def test_the_last_graduate_is_the_version_that_serves_and_not_a_copy(tmp_path):
    pushed(tmp_path)
    folder = str(publish.serving(tmp_path / "to").folder)
    model = graduate(folder)
    assert not is_none(model)
    assert saved_model_folder(model) == model.uri == folder


def test_a_version_that_has_gone_meanwhile_is_an_error_for_the_user(tmp_path):
    with pytest.raises(UserError, match="the version that served has gone"):
        graduate(str(tmp_path / "123"))


def test_a_model_that_was_removed_from_the_work_folder_is_an_error_for_the_user(tmp_path):
    with pytest.raises(UserError, match=r"no saved_model\.pb in"):
        saved_model_folder(at(standard_artifacts.Model, tmp_path / "empty"))


def pipeline_of(tmp_path, serving_version, passed=True):
    from tfx.dsl.components.common.importer import Importer
    from tfx.orchestration import metadata, pipeline

    name = "good" if passed else "bad"
    verdict = verdict_at(tmp_path / name, "Evaluator", passed)
    if not (tmp_path / "model").exists():
        model_at(tmp_path / "model")
    model = Importer(source_uri=str(tmp_path / "model"), artifact_type=standard_artifacts.Model).with_id("Trainer")
    judged = Importer(source_uri=verdict.uri, artifact_type=artifacts.Verdict).with_id("Evaluator")
    last = LastGraduate(serving_version=serving_version)
    verdicts = {"evaluator": judged.outputs["result"]}
    gate = Gate(model=model.outputs["result"], verdicts=verdicts, obeys="{}")
    pusher = Pusher(
        model=model.outputs["result"],
        blessing=gate.outputs["blessing"],
        verdicts=verdicts,
        push_to=str(tmp_path / "to"),
        keep=3,
        card='{"name": "digits"}',
    )
    return pipeline.Pipeline(
        pipeline_name="digits",
        pipeline_root=str(tmp_path / "artifacts"),
        components=[model, judged, last, gate, pusher],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
    )


def latest(store, kind):
    found = store.get_artifacts_by_type(kind)
    return max(found, key=lambda each: each.id) if found else None


def test_tfx_runs_them_and_ml_metadata_knows_the_version_that_was_pushed(tmp_path):
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    LocalDagRunner().run(pipeline_of(tmp_path, ""))
    version = publish.serving(tmp_path / "to")
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    store = ml_metadata.MetadataStore(config)
    pushed_model = latest(store, "PushedModel")
    assert pushed_model.custom_properties["pushed_destination"].string_value == str(version.folder)
    assert version.card["run_id"] == store.get_contexts_by_type("pipeline_run")[0].name
    assert latest(store, "graduate.Verdict").properties["passed"].int_value == 1

    # Again: nothing but the Pusher runs, and that finds its model serving.
    LocalDagRunner().run(pipeline_of(tmp_path, str(version.folder)))
    assert [each.number for each in publish.versions(tmp_path / "to")] == [version.number]
    graduates = [each.uri for each in store.get_artifacts_by_type("Model") if each.uri == str(version.folder)]
    assert graduates == [str(version.folder)]

    # Removed by hand: the same command pushes it again, cached or not.
    import shutil

    shutil.rmtree(version.folder)
    LocalDagRunner().run(pipeline_of(tmp_path, ""))
    assert publish.serving(tmp_path / "to") is not None
