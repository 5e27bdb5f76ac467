"""A store that TFX wrote without Graduate: every format says what there is to say."""

from __future__ import annotations

import json

import pytest

from tests.lineage.export import checking
from tests.lineage.export.conftest import exported

WORDS = ("taxi:serving", "taxi:latest", "2026-02-01T10:00:00.123456")


@pytest.mark.parametrize("word", WORDS)
def test_every_document_is_valid(stock, word, openlineage, classes):
    for event in exported(stock, word, "openlineage"):
        assert openlineage.event(event) == []
        for name, facet in checking.facets_of(event):
            assert (openlineage.facet(name, facet) if openlineage.knows(facet) else classes.facet(facet)) == []
    assert checking.of_prov(exported(stock, word, "prov")) == []
    assert checking.of_bom(exported(stock, word, "mlbom")) == []
    assert checking.of_model_card(exported(stock, word, "modelcard")) == []


def test_the_model_is_the_one_that_was_pushed(stock):
    bom = exported(stock, WORDS[2], "mlbom")
    model = bom["metadata"]["component"]
    assert (model["name"], model["version"]) == ("taxi", "1700000000")
    assert [one["purl"] for one in bom["components"] if "purl" in one] == ["pkg:pypi/tfx@1.16.0"]
    card = exported(stock, WORDS[2], "modelcard")
    assert card["model_parameters"]["data"][0]["link"] == "s3://lake/taxi?X-Amz-Signature=***"


def test_a_run_of_others_has_its_nodes_and_its_bucket(stock):
    events = exported(stock, WORDS[2], "openlineage")
    assert {event["job"]["name"] for event in events} == {
        "taxi", "taxi.CsvExampleGen", "taxi.SchemaGen", "taxi.Trainer", "taxi.Evaluator", "taxi.Pusher"
    }  # fmt: skip
    made = next(event for event in events if event["job"]["name"] == "taxi.CsvExampleGen" and event["outputs"])
    assert (made["outputs"][0]["namespace"], made["outputs"][0]["name"]) == ("s3://lake", "run/examples")


@pytest.mark.parametrize("form", ["openlineage", "prov", "mlbom", "modelcard"])
def test_no_secret_goes_out(stock, form):
    text = json.dumps(exported(stock, WORDS[2], form))
    assert "hidden" not in text
    assert "AKIA" not in text
    assert "epochs" in text or form == "modelcard"
