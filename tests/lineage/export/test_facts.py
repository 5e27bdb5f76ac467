"""What a run wrote down of its code and libraries goes out too."""

from __future__ import annotations

import json

import pytest

from graduate.pipeline.lineage.export import stable
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.export.conftest import exported
from tests.lineage.writing import opened, set_value

FACTS = {
    "git_commit": "3f1c2e9a0b5d4c7e8f9a0b1c2d3e4f5a6b7c8d9e",
    "git_branch": "main",
    "git_dirty": 1,
    "git_remote": "https://ada:word@git.example.org/vision/digits.git",
    "git_root": "/home/ada/digits",
    "config_file": "/home/ada/digits/configs/digits.yaml",
    "libraries": json.dumps({"python": "3.11.7", "tensorflow": "2.16.2"}),
    "installed": json.dumps({"tensorflow": "2.16.2", "Ruamel_yaml": "0.18.6"}),
    "seed": 7,
    "lock_hash": "c0ffee",
}


@pytest.fixture
def told(own_story):
    store = opened(own_story.store)
    context = store.get_context_by_type_and_name("pipeline_run", own_story.runs["first"])
    for name, value in FACTS.items():
        set_value(context.custom_properties[f"graduate_{name}"], value)
    store.put_contexts([context])
    del store
    with Records(open_store(str(own_story.store))) as records:
        yield records, own_story.runs["first"]


def test_events_say_where_the_code_is(told, openlineage, classes):
    events = exported(*told, "openlineage")
    facet = events[0]["job"]["facets"]["sourceCodeLocation"]
    assert facet["url"] == "https://git.example.org/vision/digits.git"
    assert (facet["path"], facet["version"], facet["branch"]) == ("configs/digits.yaml", FACTS["git_commit"], "main")
    assert all("sourceCodeLocation" in event["job"]["facets"] for event in events)
    assert all(openlineage.event(event) == [] for event in events)
    assert classes.facet(facet) == []


def test_a_bill_has_every_library_and_the_commit(told):
    bom = exported(*told, "mlbom")
    assert checking.of_bom(bom) == []
    purls = [one["purl"] for one in bom["components"] if "purl" in one]
    assert purls == ["pkg:pypi/ruamel-yaml@0.18.6", "pkg:generic/python@3.11.7", "pkg:pypi/tensorflow@2.16.2"]
    model = bom["metadata"]["component"]
    assert model["pedigree"]["commits"] == [
        {"uid": FACTS["git_commit"], "url": "https://git.example.org/vision/digits.git"}
    ]
    assert "not committed" in model["pedigree"]["notes"]
    assert {"name": "graduate:seed", "value": "7"} in model["properties"]


def test_they_are_facts_of_the_run_in_prov(told):
    document = exported(*told, "prov")
    assert checking.of_prov(document) == []
    run = document["activity"][f"run:{told[1]}"]
    assert run["graduate:fact.git_commit"] == FACTS["git_commit"]
    assert "word" not in json.dumps(document)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("git@git.example.org:vision/digits.git", "ssh://git@git.example.org/vision/digits.git"),
        ("https://git.example.org/a b.git", "https://git.example.org/a%20b.git"),
        ("/srv/git/digits.git", "file:///srv/git/digits.git"),
        ("../digits", ""),
        ("", ""),
    ],
)
def test_a_remote_is_a_uri(remote, expected):
    assert stable.repository(remote) == expected
