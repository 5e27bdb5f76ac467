"""Model Cards: valid by the Model Card Toolkit's schema, and each sentence is one that was recorded."""

from __future__ import annotations

import json
import shutil

import pytest

from graduate import files
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.export.conftest import exported


def test_every_card_is_valid_by_the_published_schema(both):
    names = ("first", "faster", "more_data", "sick")
    for word in [*(both.story.runs[name] for name in names), "digits:serving", "pets:serving"]:
        assert checking.of_model_card(exported(both.records, word, "modelcard")) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card.update(name="digits"),
        lambda card: card["model_details"]["version"].update(date="yesterday"),
        lambda card: card["quantitative_analysis"]["performance_metrics"][0].update(value=0.9),
        lambda card: card["model_details"].update(owners=["ada"]),
    ],
)
def test_a_spoilt_card_is_not_valid(records, spoil):
    card = exported(records, "digits:serving", "modelcard")
    spoil(card)
    assert checking.of_model_card(card)


def test_the_model_that_serves_after_a_rollback_is_the_one_that_was_rolled_back_to(both):
    card = exported(both.records, str(both.story.versions["rollback"]), "modelcard")
    assert card["model_details"]["version"]["name"] == str(both.story.versions["rollback"])
    metrics = {one["type"]: one["value"] for one in card["quantitative_analysis"]["performance_metrics"]}
    assert metrics["accuracy"] == "0.95"
    assert both.story.runs["first"] in card["model_details"]["documentation"]


def test_a_run_is_told_of_the_model_that_it_trained_not_of_the_one_before(both):
    rates = {
        name: exported(both.records, both.story.runs[name], "modelcard")["model_details"]["version"]["name"]
        for name in ("first", "faster")
    }
    assert rates == {name: str(both.story.versions[name]) for name in rates}


def test_data_is_described(records, story):
    (data,) = exported(records, story.runs["first"], "modelcard")["model_parameters"]["data"]
    assert data["name"] == "digits"
    assert data["link"] == "file:///data/digits"
    assert data["description"].startswith("60 rows (train ")
    (more,) = exported(records, story.runs["more_data"], "modelcard")["model_parameters"]["data"]
    assert more["description"].startswith("62 rows")


def test_what_a_check_warned_of_is_a_limitation_and_what_passed_is_none(own_story):
    for path in (own_story.root / "artifacts" / "digits" / "DataGuard").rglob("verdict.json"):
        told = json.loads(path.read_text())
        checks = [
            {"name": "near", "passed": True, "sentence": "Two images look alike.", "warns": True},
            {"name": "examples", "passed": True, "sentence": "label=4 is not judged: 5 rows.", "slice": "label=4"},
            {"name": "fine", "passed": True, "sentence": "All is well.", "warns": False},
        ]
        files.write_text(path, json.dumps(told | {"checks": checks}))
    with Records(open_store(str(own_story.store))) as records:
        card = exported(records, own_story.runs["first"], "modelcard")
    sentences = [one["description"] for one in card["considerations"]["limitations"]]
    assert sentences == ["Two images look alike.", "label=4 is not judged: 5 rows."]


def test_a_model_that_a_person_let_through_says_so(own_story):
    path = own_story.root / "models" / "digits" / str(own_story.versions["faster"]) / "model_card.json"
    deed = {"by": "ada@host", "when": "2026-01-31T12:30:00+00:00", "because": "known", "refused": ["accuracy is 0.7."]}
    files.write_text(path, json.dumps(json.loads(path.read_text()) | {"blessed_by_hand": deed}))
    with Records(open_store(str(own_story.store))) as records:
        card = exported(records, own_story.runs["faster"], "modelcard")
    (risk,) = card["considerations"]["ethical_considerations"]
    assert risk["name"] == "accuracy is 0.7."
    assert risk["mitigation_strategy"] == "blessed by hand by ada@host at 2026-01-31T12:30:00+00:00: known"


def test_files_that_are_gone_make_a_shorter_card(own_story):
    shutil.rmtree(own_story.root / "artifacts")
    shutil.rmtree(own_story.root / "models")
    with Records(open_store(str(own_story.store))) as records:
        card = exported(records, "digits:serving", "modelcard")
    assert checking.of_model_card(card) == []
    metrics = {one["type"]: one["value"] for one in card["quantitative_analysis"]["performance_metrics"]}
    assert metrics["accuracy"] == "0.95"  # the run has them
    assert "input_format" not in card["model_parameters"]
    assert card["model_parameters"]["data"][0]["description"].startswith("60 rows")
