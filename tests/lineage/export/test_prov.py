"""PROV-JSON: valid, read by the `prov` package as it was written, and PROV's own constraints hold."""

from __future__ import annotations

import graphlib
import json

import pytest
from prov.model import ProvDocument

from tests.lineage.export import checking
from tests.lineage.export.conftest import exported

RUNS = ("first", "faster", "more_data", "sick", "failed")
# What each relation's ends are: the attribute, and the part of the document that it points into
ENDS = {
    "used": {"prov:activity": "activity", "prov:entity": "entity"},
    "wasGeneratedBy": {"prov:activity": "activity", "prov:entity": "entity"},
    "wasDerivedFrom": {"prov:generatedEntity": "entity", "prov:usedEntity": "entity", "prov:activity": "activity"},
    "wasAssociatedWith": {"prov:activity": "activity", "prov:agent": "agent", "prov:plan": "entity"},
    "wasStartedBy": {"prov:activity": "activity", "prov:starter": "activity"},
    "actedOnBehalfOf": {"prov:delegate": "agent", "prov:responsible": "agent", "prov:activity": "activity"},
}


@pytest.fixture
def documents(both):
    words = [*(both.story.runs[name] for name in RUNS), "digits:serving", "pets:latest"]
    return [exported(both.records, word, "prov") for word in words]


def test_every_document_is_valid_by_the_published_schema(documents):
    for document in documents:
        assert checking.of_prov(document) == []


@pytest.mark.parametrize("spoil", [{"entity": {"e": {"prov:label": {"text": 1}}}}, {"used": {"_:u": {}}}, {"made": {}}])
def test_a_spoilt_document_is_not_valid(records, story, spoil):
    document = exported(records, story.runs["first"], "prov")
    assert checking.of_prov(document | spoil)


def test_it_comes_back_from_the_library_as_it_was(documents):
    for document in documents:
        read = ProvDocument.deserialize(content=json.dumps(document), format="json")
        again = ProvDocument.deserialize(content=read.serialize(format="json"), format="json")
        assert read == again
        assert len(read.get_records()) == sum(len(part) for name, part in document.items() if name != "prefix")


def test_every_name_that_is_spoken_of_is_told(documents):
    for document in documents:
        assert set(document) - {"prefix", "entity", "activity", "agent"} <= set(ENDS)
        for relation, ends in ENDS.items():
            for told in document.get(relation, {}).values():
                for attribute, part in ends.items():
                    assert attribute not in told or told[attribute] in document[part], (relation, told)


def test_nothing_is_generated_twice_and_nothing_comes_of_itself(documents):
    for document in documents:
        made = [told["prov:entity"] for told in document["wasGeneratedBy"].values()]
        assert len(made) == len(set(made))
        graphlib.TopologicalSorter(derived(document)).prepare()  # raises on a cycle


def test_a_model_is_derived_from_the_source_of_its_rows(both):
    document = exported(both.records, "pets:latest", "prov")
    (source,) = [name for name in document["entity"] if name.startswith("source:")]
    pushed = [name for name, told in document["entity"].items() if told["prov:type"].get("$") == "graduate:PushedModel"]
    assert document["entity"][source]["prov:location"] == "/data/digits"
    assert pushed
    assert all(source in ancestors(derived(document), name) for name in pushed)


def derived(document):
    """Of each entity those that it was derived from."""
    found = {}
    for told in document["wasDerivedFrom"].values():
        found.setdefault(told["prov:generatedEntity"], set()).add(told["prov:usedEntity"])
    return found


def ancestors(graph, name):
    seen, left = set(), [name]
    while left:
        new = graph.get(left.pop(), set()) - seen
        seen |= new
        left += new
    return seen


def test_what_was_found_in_the_cache_was_used_and_generated_before(both):
    document = exported(both.records, both.story.runs["faster"], "prov")
    cached = [name for name, told in document["activity"].items() if told.get("graduate:state") == "cached"]
    makers = {told["prov:activity"] for told in document["wasGeneratedBy"].values()}
    assert cached
    assert not makers & set(cached)
    roles = {told["prov:role"] for told in document["used"].values() if told["prov:activity"] in cached}
    assert {"cached examples", "examples"} <= roles


def test_who_rolled_back_is_an_agent(both):
    document = exported(both.records, str(both.story.versions["rollback"]), "prov")
    rollbacks = [name for name, told in document["activity"].items() if told["prov:label"] == "Rollback"]
    agents = [
        told["prov:agent"] for told in document["wasAssociatedWith"].values() if told["prov:activity"] == rollbacks[0]
    ]
    assert [document["agent"][name]["prov:label"] for name in agents] == ["ada@host"]
    assert document["activity"][rollbacks[0]]["graduate:parameter.because"] == "the camera was changed"


def test_a_config_is_the_plan_of_its_run(records, story):
    document = exported(records, story.runs["faster"], "prov")
    plans = {told["prov:plan"] for told in document["wasAssociatedWith"].values() if "prov:plan" in told}
    rates = {document["entity"][plan]["graduate:training.learning_rate"]["$"] for plan in plans}
    assert "0.003" in rates
