"""Stores as they are found: what still runs, what was stopped, thousands of parents, names and files that are none."""

from __future__ import annotations

import json

import pytest
from prov.model import ProvDocument

from graduate.pipeline.lineage import export
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.export.conftest import exported
from tests.lineage.writing import COMPLETE, RUNNING, Writer, opened


@pytest.fixture
def writer(tmp_path):
    return Writer(opened(tmp_path / "metadata.sqlite"), tmp_path)


def read(writer):
    return Records(open_store(str(writer.root / "metadata.sqlite")))


def valid(records, word, openlineage, forms=tuple(export.FORMATS)):
    found = {form: exported(records, word, form) for form in forms}
    assert [error for event in found["openlineage"] for error in openlineage.event(event)] == []
    ProvDocument.deserialize(content=json.dumps(found["prov"]), format="json")
    checks = {"prov": checking.of_prov, "mlbom": checking.of_bom, "modelcard": checking.of_model_card}
    for form, check in checks.items():
        assert form not in found or check(found[form]) == []
    return found


def test_what_still_runs_has_no_end(writer, openlineage):
    examples = [writer.artifact("Examples", "/gone/1")]
    (examples,) = writer.execution("p", "run-1", "ExampleGen", {}, {"examples": examples})
    writer.execution("p", "run-1", "Trainer", {"examples": [examples]}, {}, state=RUNNING)
    found = valid(read(writer), "run-1", openlineage, ("openlineage", "prov"))
    told = [(event["job"]["name"], event["eventType"]) for event in found["openlineage"]]
    assert told == [
        ("p", "START"), ("p.ExampleGen", "START"), ("p.ExampleGen", "COMPLETE"), ("p.Trainer", "START")
    ]  # fmt: skip
    trainer = next(one for one in found["prov"]["activity"].values() if one["prov:label"] == "Trainer")
    assert "prov:endTime" not in trainer


def test_what_was_stopped_is_aborted(writer, openlineage):
    told = {"graduate_reason": "interrupted"}
    writer.execution("p", "run-1", "Trainer", {}, {}, told)
    found = valid(read(writer), "run-1", openlineage, ("openlineage", "prov"))
    assert [event["eventType"] for event in found["openlineage"]] == ["START", "START", "ABORT", "ABORT"]


def test_thousands_of_parents_are_told_of_one_by_one_and_not_multiplied(writer, openlineage):
    spans = [writer.artifact("Examples", f"s3://lake/hours/{at}", span=at) for at in range(150)]
    spans = writer.execution("p", "run-1", "ExampleGen", {}, {"examples": spans}, {"input_base": "s3://lake/raw"})
    merged = [writer.artifact("Examples", f"s3://lake/merged/{at}") for at in range(100)]
    merged = writer.execution("p", "run-1", "Merge", {"examples": spans}, {"examples": merged})
    model = [writer.artifact("Model", "/gone/model/3")]
    writer.execution("p", "run-1", "Trainer", {"examples": merged}, {"model": model})
    found = valid(read(writer), "run-1", openlineage)
    document = found["prov"]
    merge = next(one for one in document["activity"].values() if one["prov:label"] == "Merge")
    assert merge["graduate:derivations_left_out"] == 15_000
    assert len(document["wasDerivedFrom"]) == 150 + 100
    assert len(document["wasGeneratedBy"]) == 150 + 100 + 1
    assert len(found["mlbom"]["metadata"]["component"]["modelCard"]["modelParameters"]["datasets"]) == 150
    assert "140 more" in found["modelcard"]["model_details"]["documentation"]


def test_names_and_paths_that_are_none_are_borne(writer, openlineage):
    odd = {"Prüf »1«": "x", "a/b": 1.5, "": "y", "huge": 2**62, "nested": {"a": [1.5, None]}}
    kind = "my.Type with/odd (name)"
    examples = [
        writer.artifact("Examples", "/" + "n" * 5000, split_names="{not json"),
        writer.artifact(kind, "", **odd),
    ]
    examples, other = writer.execution(
        "p q/ü", "run 1/ü", "Gen", {}, {"examples": [examples[0]], "": [examples[1]]}, odd
    )
    model = [writer.artifact("Model", "relative/path")]
    writer.execution("p q/ü", "run 1/ü", "Trainer", {"examples": [examples], "x": [other]}, {"model": model})
    found = valid(read(writer), "run 1/ü", openlineage)
    assert found["modelcard"]["model_details"]["name"] == "p q/ü"
    assert any(event["job"]["name"] == "p q/ü.Gen" for event in found["openlineage"])


def test_an_execution_without_contexts_is_told_of_alone(writer, openlineage):
    model = writer.artifact("Model", "/gone/1")
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    kind = writer.store.put_execution_type(mlmd.ExecutionType(name="my.Trainer"))
    event = mlmd.Event(type=mlmd.Event.OUTPUT)
    made = mlmd.Execution(type_id=kind, last_known_state=COMPLETE)
    writer.store.put_execution(made, [(model, event)], [])
    found = valid(read(writer), "artifact:1", openlineage)
    assert [event["job"]["name"] for event in found["openlineage"]] == ["Trainer", "Trainer"]
    assert found["mlbom"]["metadata"]["component"]["name"] == "model 1"


def test_a_file_that_is_no_json_counts_as_gone(own_story):
    for path in own_story.root.rglob("*.json"):
        path.write_bytes(b"\xff{")
    for path in own_story.root.rglob("schema.pbtxt"):
        path.write_text("feature {")
    with Records(open_store(str(own_story.store))) as records:
        assert checking.of_model_card(exported(records, "digits:serving", "modelcard")) == []
        assert exported(records, own_story.runs["first"], "openlineage")
