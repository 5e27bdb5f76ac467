"""Run events: each is valid by the specification's schemas, and they tell what happened."""

from __future__ import annotations

import datetime
import shutil

import pytest

from graduate.pipeline.lineage.export import datasets
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.export.conftest import exported

RUNS = ("first", "faster", "more_data", "sick", "failed")


def words_of(told):
    return [*(told.story.runs[name] for name in RUNS), "digits:serving", "pets:latest"]


def of_node(events, node):
    return [event for event in events if event["job"]["name"].endswith(f".{node}")]


def ended(events):
    return [event for event in events if event["eventType"] != "START"]


def parents(events):
    return [event for event in events if "parent" not in event["run"]["facets"] and "." not in event["job"]["name"]]


def test_every_event_and_facet_is_valid_by_the_published_schemas(both, openlineage, classes):
    by_schema, by_class = set(), set()
    for word in words_of(both):
        for event in exported(both.records, word, "openlineage"):
            assert openlineage.event(event) == []
            for name, facet in checking.facets_of(event):
                if openlineage.knows(facet):
                    assert openlineage.facet(name, facet) == []
                    by_schema.add(name)
                else:
                    assert classes.facet(facet) == []
                    by_class.add(name)
    assert {"parent", "jobType", "processing_engine", "errorMessage", "schema", "outputStatistics"} <= by_schema
    assert {"nominalTime", "version", "tags", "test", "executionParameters", "dataQualityMetrics"} <= by_class


@pytest.mark.parametrize(
    "spoil",
    [
        lambda event: event["run"].update(runId="17"),
        lambda event: event.pop("job"),
        lambda event: event.update(eventType="DONE"),
        lambda event: event["run"]["facets"]["nominalTime"].pop("_producer"),
    ],
)
def test_a_spoilt_event_is_not_valid(records, story, openlineage, spoil):
    event = exported(records, story.runs["first"], "openlineage")[0]
    spoil(event)
    assert openlineage.event(event)


def test_a_spoilt_facet_is_not_valid(records, story, openlineage, classes):
    facets = exported(records, story.runs["first"], "openlineage")[1]["run"]["facets"]
    assert openlineage.facet("processing_engine", {**facets["processing_engine"], "version": 3})
    assert openlineage.facet("engine", facets["processing_engine"])
    (parameter, *_) = facets["executionParameters"]["parameters"]
    assert classes.facet({**facets["executionParameters"], "parameters": [{**parameter, "worth": 1}]})
    assert classes.facet({**facets["executionParameters"], "parameters": [{"name": "without a key"}]})
    assert classes.facet({**facets["executionParameters"], "parameters": [{**parameter, "value": 1}]})


def test_a_run_starts_before_its_nodes_and_ends_after_them(both):
    events = exported(both.records, both.story.runs["first"], "openlineage")
    assert [event["eventType"] for event in parents(events)] == ["START", "COMPLETE"]
    assert events[0] is parents(events)[0]
    assert events[-1] is parents(events)[1]
    times = [datetime.datetime.fromisoformat(event["eventTime"]) for event in events]
    assert times[1:-1] == sorted(times[1:-1])
    inside = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events[1:-1]}
    assert inside == {events[0]["run"]["runId"]}
    by_run = {}
    for event in events:
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert set(map(tuple, by_run.values())) == {("START", "COMPLETE")}


def test_a_cached_node_names_the_same_versions_and_creates_none(both):
    first = ended(of_node(exported(both.records, both.story.runs["first"], "openlineage"), "ExampleGen"))[0]
    again = ended(of_node(exported(both.records, both.story.runs["faster"], "openlineage"), "ExampleGen"))[0]
    assert again["run"]["facets"]["tags"]["tags"][0]["key"] == "cached"
    assert "tags" not in first["run"]["facets"]
    assert named(first["outputs"]) == named(again["outputs"])
    assert all("lifecycleStateChange" in one["facets"] for one in first["outputs"])
    assert not any("lifecycleStateChange" in one["facets"] or "outputFacets" in one for one in again["outputs"])


def named(found):
    return [(one["namespace"], one["name"], one["facets"]["version"]["datasetVersion"]) for one in found]


def test_what_one_node_gives_another_takes_under_the_same_name(both):
    events = ended(exported(both.records, both.story.runs["first"], "openlineage"))
    given = {name for event in events for name in named(event["outputs"])}
    (trainer,) = of_node(events, "Trainer")
    assert set(named(trainer["inputs"])) < given
    (pusher,) = of_node(events, "Pusher")
    assert set(named(trainer["outputs"])) & set(named(pusher["inputs"]))
    assert str(both.story.versions["first"]) in [version for _, _, version in named(pusher["outputs"])]


def test_rows_and_files_are_counted(records, story):
    (made,) = ended(of_node(exported(records, story.runs["first"], "openlineage"), "ExampleGen"))
    examples = next(one for one in made["outputs"] if one["facets"]["datasetType"]["subType"] == "Examples")
    statistics = examples["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"], statistics["size"]) == (60, 3, 3 * len("rows"))
    assert [field["name"] for field in examples["facets"]["schema"]["fields"]] == ["label"]
    (guard,) = ended(of_node(exported(records, story.runs["first"], "openlineage"), "DataGuard"))
    manifest = next(one for one in guard["inputs"] if one["facets"]["datasetType"]["subType"] == "graduate.Manifest")
    assert manifest["inputFacets"]["dataQualityMetrics"]["rowCount"] == 60
    assert manifest["inputFacets"]["dataQualityAssertions"]["assertions"][0]["actual"] == "60"


def test_the_source_of_the_rows_is_an_input(both):
    (made,) = ended(of_node(exported(both.records, both.story.runs["first"], "openlineage"), "ExampleGen"))
    assert [(one["namespace"], one["name"]) for one in made["inputs"]] == [("file", "/data/digits")]


def test_a_failed_run_fails_with_its_node(both):
    events = exported(both.records, both.story.runs["failed"], "openlineage")
    (trainer,) = ended(of_node(events, "Trainer"))
    assert trainer["eventType"] == "FAIL"
    assert trainer["run"]["facets"]["errorMessage"]["message"].startswith("Trainer failed")
    assert ended(parents(events))[0]["eventType"] == "FAIL"


def test_a_node_that_did_not_execute_has_no_events(both):
    events = exported(both.records, both.story.runs["sick"], "openlineage")
    assert of_node(events, "GradientDiagnostics")
    assert not of_node(events, "Evaluator")


def test_a_verdict_is_told_as_tests(both):
    (made,) = ended(of_node(exported(both.records, both.story.runs["more_data"], "openlineage"), "Evaluator"))
    tests = {one["name"]: one for one in made["run"]["facets"]["test"]["tests"]}
    assert tests["Evaluator: accuracy on label=1"]["status"] == "fail"
    assert tests["Evaluator: accuracy on label=1"]["expected"] == "0.85"
    assert tests["Evaluator: accuracy"]["status"] == "pass"


def test_a_verdict_that_only_let_a_node_run_is_no_input(both):
    (trainer,) = ended(of_node(exported(both.records, both.story.runs["first"], "openlineage"), "Transform"))
    assert {one["facets"]["datasetType"]["subType"] for one in trainer["inputs"]} == {"Examples", "Schema"}


def test_a_model_is_told_with_every_run_that_it_came_from(records, story):
    events = exported(records, "digits:serving", "openlineage")
    nodes = {event["job"]["name"] for event in events}
    assert {"digits.ExampleGen", "digits.Trainer", "digits.Pusher"} <= nodes
    rollback = [event for event in events if event["job"]["name"].endswith("Rollback")]
    assert rollback
    assert not any("parent" in event["run"]["facets"] for event in rollback)


def test_ids_go_with_a_store_that_is_moved(story, records, tmp_path):
    shutil.copy(story.store, tmp_path / "elsewhere.sqlite")
    here = exported(records, story.runs["first"], "openlineage")
    with Records(open_store(str(tmp_path / "elsewhere.sqlite"))) as moved:
        there = exported(moved, story.runs["first"], "openlineage")
    assert [event["run"]["runId"] for event in here] == [event["run"]["runId"] for event in there]
    other = exported(records, story.runs["faster"], "openlineage")
    assert not {event["run"]["runId"] for event in here} & {event["run"]["runId"] for event in other}


def test_the_namespace_is_the_one_that_openlineage_is_told(records, story, monkeypatch):
    def namespaces():
        return {event["job"]["namespace"] for event in exported(records, story.runs["first"], "openlineage")}

    assert namespaces() == {"graduate"}
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "staging")
    assert namespaces() == {"staging"}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("/w/artifacts/digits/Trainer/model/8", ("file", "/w/artifacts/digits/Trainer/model", "8")),
        ("/w/models/digits/1795829945", ("file", "/w/models/digits", "1795829945")),
        ("file:///w/x", ("file", "/w/x", "15")),
        ("s3://lake/taxi/run/examples/1", ("s3://lake", "taxi/run/examples", "1")),
        ("gs://lake", ("gs://lake", "gs://lake", "15")),
        ("", ("file", "15", "15")),
        ("/7", ("file", "/7", "15")),
    ],
)
def test_a_dataset_is_named_by_where_it_lies(place, expected):
    assert datasets.located(place, "15") == expected
