"""CycloneDX: valid strictly, its references resolve, its hashes are those of the files."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from graduate.errors import UsageError
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.export.conftest import exported, measure


def words_of(told):
    runs = [told.story.runs[name] for name in ("first", "faster", "more_data", "sick")]
    return [*runs, "digits:serving", "pets:serving", f"digits:{told.story.versions['faster']}"]


def every(value, key):
    """Each value of a key, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def properties(component):
    return {one["name"]: one["value"] for one in component.get("properties", ())}


def test_every_bill_is_valid_by_the_published_schema(both):
    for word in words_of(both):
        assert checking.of_bom(exported(both.records, word, "mlbom")) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bom: bom.update(serialNumber="urn:uuid:1"),
        lambda bom: bom["metadata"]["component"].update(type="model"),
        lambda bom: bom["metadata"]["component"]["modelCard"].update(score=1),
        lambda bom: bom["formulation"][0]["workflows"][0].pop("taskTypes"),
    ],
)
def test_a_spoilt_bill_is_not_valid(records, spoil):
    bom = exported(records, "digits:serving", "mlbom")
    spoil(bom)
    assert checking.of_bom(bom)


def test_names_are_told_once_and_every_reference_resolves(both):
    for word in words_of(both):
        bom = exported(both.records, word, "mlbom")
        names = list(every(bom, "bom-ref"))
        assert len(names) == len(set(names))
        spoken = [*every(bom, "ref"), *(name for several in every(bom, "dependsOn") for name in several)]
        assert spoken
        assert set(spoken) <= set(names)


def test_the_models_files_are_hashed(records, story):
    bom = exported(records, f"digits:{story.versions['first']}", "mlbom")
    folder = story.root / "models" / "digits" / str(story.versions["first"])
    found = {one["name"]: one["hashes"][0]["content"] for one in bom["metadata"]["component"]["components"]}
    weights = "variables/variables.data-00000-of-00001"
    assert found == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("saved_model.pb", weights)
    }
    assert set(every(bom, "alg")) == {"SHA-256"}
    other = exported(records, f"digits:{story.versions['faster']}", "mlbom")
    assert {one["name"]: one["hashes"][0]["content"] for one in other["metadata"]["component"]["components"]} != found


def test_data_has_its_rows_its_source_and_the_hash_of_its_manifest(records, story):
    bom = exported(records, story.runs["first"], "mlbom")
    card = bom["metadata"]["component"]["modelCard"]
    (reference,) = card["modelParameters"]["datasets"]
    data = next(one for one in bom["components"] if one["bom-ref"] == reference["ref"])
    manifest = next((story.root / "artifacts" / "digits" / "ExampleGen" / "manifest" / "1").glob("manifest.jsonl"))
    assert data["type"] == "data"
    assert data["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(manifest.read_bytes()).hexdigest()}]
    assert properties(data["data"][0]["contents"])["graduate:rows"] == "60"
    assert data["data"][0]["contents"]["url"] == "file:///data/digits"


def test_libraries_have_a_purl_and_a_version(records, story):
    bom = exported(records, f"digits:{story.versions['first']}", "mlbom")
    libraries = {one["name"]: one for one in bom["components"] if "purl" in one}
    assert libraries["tensorflow"]["purl"] == "pkg:pypi/tensorflow@2.16.2"
    assert libraries["tensorflow"]["type"] == "framework"
    (model,) = [one for one in bom["dependencies"] if one["ref"] == "model"]
    assert "pkg:pypi/tensorflow@2.16.2" in model["dependsOn"]


def test_the_workflow_has_a_task_for_each_execution(both):
    bom = exported(both.records, both.story.runs["first"], "mlbom")
    (workflow,) = bom["formulation"][0]["workflows"]
    tasks = {one["name"]: one for one in workflow["tasks"]}
    assert tasks["Trainer"]["taskTypes"] == ["build"]
    assert tasks["Pusher"]["taskTypes"] == ["deploy"]
    assert {"resource": {"ref": "model"}} in [{"resource": one["resource"]} for one in tasks["Trainer"]["outputs"]]
    after = {one["ref"]: one.get("dependsOn", []) for one in workflow["taskDependencies"]}
    assert tasks["Transform"]["bom-ref"] in after[tasks["Trainer"]["bom-ref"]]


def test_metrics_are_told_by_slice(own_story):
    for folder in (own_story.root / "artifacts" / "digits" / "Evaluator" / "evaluation").iterdir():
        measure(folder)
    with Records(open_store(str(own_story.store))) as records:
        bom = exported(records, own_story.runs["first"], "mlbom")
        card = exported(records, own_story.runs["first"], "modelcard")
    metrics = bom["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert {"type": "accuracy", "value": "0.9166666666666666"} in metrics
    assert {"type": "accuracy", "value": "0.875", "slice": "label=0"} in metrics
    assert {"type": "recall", "value": "1", "slice": "class=0"} in metrics
    assert {"type": "loss", "value": "nan"} in metrics
    assert card["quantitative_analysis"]["performance_metrics"] == metrics
    assert checking.of_bom(bom) == []


def test_its_number_and_time_are_the_same_each_time_and_of_each_version_others(records, story):
    versions = [f"digits:{story.versions[name]}" for name in ("first", "faster", "rollback")]
    found = [exported(records, word, "mlbom")["serialNumber"] for word in versions]
    assert len(set(found)) == 3
    assert exported(records, versions[0], "mlbom") == exported(records, versions[0], "mlbom")


def test_a_refused_model_says_what_it_was_refused_for(both):
    bom = exported(both.records, both.story.runs["more_data"], "mlbom")
    sentence = "accuracy on label=1 is 0.7 (10 rows), below the bound of at least 0.85."
    assert sentence in bom["metadata"]["component"]["modelCard"]["considerations"]["technicalLimitations"]
    assert properties(bom["metadata"]["component"])["graduate:verdict:Evaluator"] == f"refused: {sentence}"


def test_files_that_are_gone_are_not_told_of(own_story):
    shutil.rmtree(own_story.root / "artifacts")
    shutil.rmtree(own_story.root / "models")
    with Records(open_store(str(own_story.store))) as records:
        bom = exported(records, "digits:serving", "mlbom")
    assert checking.of_bom(bom) == []
    assert "components" not in bom["metadata"]["component"]
    assert not list(every(bom, "hashes"))
    verdicts = {name for name in properties(bom["metadata"]["component"]) if name.startswith("graduate:verdict:")}
    assert {"graduate:verdict:DataGuard", "graduate:verdict:Gate"} <= verdicts  # the store has them too
    assert json.dumps(bom).count("graduate:rows") == 1


def test_a_run_without_a_model_is_said(both):
    with pytest.raises(UsageError, match="has no model"):
        exported(both.records, both.story.runs["failed"], "mlbom")
