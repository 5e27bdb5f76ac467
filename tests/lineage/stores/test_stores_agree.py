"""Every kind of store gives the rows that were written, and the same ones."""

from __future__ import annotations

import pytest

from graduate.pipeline.lineage.rows import Wanted
from tests.lineage.stores.history import MANY, NAMES


@pytest.fixture
def told(written):
    return written.history


def without(rows):
    """Rows as they are without properties."""
    return [row._replace(properties={}) for row in rows]


@pytest.mark.parametrize("what", ["contexts", "executions", "artifacts"])
def test_all_rows_with_all_their_properties(store, told, what):
    expected = getattr(told, what)
    found = getattr(store, what)()
    assert found == expected
    assert all(list(row.properties) == sorted(row.properties) for row in found)
    assert getattr(store, what)(ids=[row.id for row in reversed(expected)]) == expected
    assert getattr(store, what)(ids=[expected[3].id, 10**6, expected[3].id]) == [expected[3]]
    assert store.count(what) == store.count(what) == len(expected)


@pytest.mark.parametrize("what", ["contexts", "executions", "artifacts"])
def test_only_the_properties_that_are_asked_for(store, told, what):
    expected = getattr(told, what)
    assert getattr(store, what)(only=()) == without(expected)
    for only in (["i", "graduate_metric_*", "note"], ["metric_*"], ["METRIC_*", "I", "Note"], ["graduate%*"], ["%"]):
        begun = tuple(name[:-1] for name in only if name.endswith("*"))
        for row, found in zip(expected, getattr(store, what)(only=only), strict=True):
            wanted = {k: v for k, v in row.properties.items() if k in only or (begun and k.startswith(begun))}
            assert found.properties == wanted


@pytest.mark.parametrize("what", ["contexts", "executions", "artifacts"])
def test_rows_of_some_kinds(store, told, what):
    expected = getattr(told, what)
    for kinds in (
        ["tfx.Trainer", "Model", "pipeline_run"],
        ["system.DAGExecution", "nothing"],
        ["it's"],
        ["MODEL"],
        [],
    ):
        assert getattr(store, what)(kinds=kinds) == [row for row in expected if row.type in kinds]
    one = expected[-1]
    assert getattr(store, what)(ids=[one.id], kinds=["other"]) == []
    assert getattr(store, what)(ids=[]) == []


def test_contexts_by_name_are_those_of_just_that_name(store, told):
    runs = [row for row in told.contexts if row.type == "pipeline_run"]
    for row in runs:
        assert store.contexts(names=[row.name]) == [row], row.name
        assert store.contexts(kinds=["pipeline_run"], names=[row.name, "nobody"]) == [row]
    assert store.contexts(kinds=["pipeline"], names=[runs[0].name]) == []
    assert store.contexts(names=["DIGITS-001", "digits_001", "digits-001 ", "Arger mit e", "' OR 1 = 1 --", "\\"]) == []
    assert store.contexts(names=[row.name for row in runs] + [f"no {at}" for at in range(1200)]) == runs
    assert store.contexts(names=[]) == []


def test_artifacts_by_uri_are_those_of_just_that_uri(store, told):
    for uri in {row.uri for row in told.artifacts} - {""}:
        assert store.artifacts(uris=[uri]) == [row for row in told.artifacts if row.uri == uri]
    some = ["/models/e/1", "/models/E/1", "/nowhere"]
    models = [row for row in told.artifacts if row.uri in some and row.type == "Model"]
    assert store.artifacts(kinds=["Model"], uris=some) == models
    assert store.artifacts(uris=["/models/e/1 ", "/MODELS/e/1", "%"]) == []
    assert store.artifacts(uris=[]) == []


def test_events(store, told):
    assert store.events() == told.events
    executions = [row.id for row in told.executions]
    assert store.events(executions=executions) == told.events
    for some in (executions[:1], executions[5:150], [10**6]):
        assert store.events(executions=some) == [event for event in told.events if event.execution in some]
    for some in ([told.artifacts[0].id], [row.id for row in told.artifacts[10:130]]):
        assert store.events(artifacts=some) == [event for event in told.events if event.artifact in some]
    both = store.events(executions=executions[:20], artifacts=[row.id for row in told.artifacts[:5]])
    assert both == [
        event
        for event in told.events
        if event.execution in executions[:20] and event.artifact in [row.id for row in told.artifacts[:5]]
    ]
    assert store.events(executions=[]) == store.events(artifacts=[]) == []


def test_events_of_some_kinds_and_ways(store, told):
    type_of = {row.id: row.type for row in told.artifacts}
    executions = [row.id for row in told.executions]
    for kinds in (["Model"], ["model", "nothing"], ["system.Dataset", "Model"], []):
        expected = [event for event in told.events if type_of[event.artifact] in kinds]
        assert store.events(kinds=kinds) == expected
        assert store.events(executions=executions[:70], kinds=kinds) == [
            event for event in expected if event.execution in executions[:70]
        ]
    for output in (True, False):
        expected = [event for event in told.events if event.output is output]
        assert expected
        assert store.events(output=output) == expected
        some = [row.id for row in told.artifacts[:50]]
        assert store.events(artifacts=some, output=output) == [event for event in expected if event.artifact in some]
    left_out = executions[::2]
    others = [event for event in told.events if event.execution not in left_out]
    assert store.events(besides=left_out) == others
    assert store.events(artifacts=list(type_of), besides=left_out, kinds=["Model"], output=True) == [
        event for event in others if event.output and type_of[event.artifact] == "Model"
    ]


def test_events_without_their_slots(store, told):
    found = store.events(tell="times")
    assert sorted(found) == sorted(event._replace(key="") for event in told.events)
    assert [event.at for event in found] == sorted(event.at for event in told.events)
    some = [row.id for row in told.artifacts[:40]]
    expected = [event for event in told.events if event.artifact in some]
    ends = store.events(artifacts=some, tell="ends")
    assert sorted(ends) == sorted(event._replace(key="", at=0) for event in expected)


def test_who_belongs_to_whom(store, told):
    executions = [row.id for row in told.executions]
    assert store.contexts_of_executions(executions) == told.of_executions
    assert store.contexts_of_executions([executions[7], executions[-1], 10**6]) == {
        executions[7]: told.of_executions[executions[7]]
    }
    contexts = [row.id for row in told.contexts]
    assert store.executions_of_contexts(contexts) == told.of_contexts()
    assert store.executions_of_contexts([contexts[-1], 10**6]) == {}
    assert store.parents_of_contexts([*contexts, 10**6]) == told.parents
    for empty in (store.contexts_of_executions, store.executions_of_contexts, store.parents_of_contexts):
        assert empty([]) == {}


def test_kinds_are_named_once_each_and_ml_metadatas_own_where_they_are_used(store):
    assert store.kinds("executions") == ["mlmd.Train", "system.DAGExecution", "tfx.Trainer"]
    assert store.kinds("artifacts") == ["Model", "system.Dataset"]
    assert store.kinds("contexts") == ["pipeline", "pipeline_run"]


@pytest.mark.parametrize("what", ["contexts", "executions", "artifacts"])
def test_a_search_finds_every_text_whatever_the_case(store, told, what):
    for text in (
        "",
        "1",
        "EXECUTION 1",
        "ärger",
        "É",
        "%",
        "_",
        "!",
        "'",
        '"',
        "two\nlines",
        "本",
        "trainer",
        "/models/e",
    ):
        expected = [
            row
            for row in reversed(without(getattr(told, what)))
            if any(text.lower() in one.lower() for one in (row.name, row.type, getattr(row, "uri", "")))
        ]
        found, before = [], None
        while page := list(store.search(what, Wanted(text=text, before=before, limit=40))):
            found += page
            before = page[-1].id
        assert found == expected, text
    assert list(store.search(what, Wanted(text="\\"))) == list(store.search(what, Wanted(text="no such"))) == []


def test_a_search_by_kind_and_state(store, told):
    newest = list(reversed(without(told.executions)))
    assert list(store.search("executions", Wanted(limit=5))) == newest[:5]
    assert list(store.search("executions", Wanted(limit=0))) == []
    for states in (["complete"], ["failed", "cached"], ["unknown", "running"], ["of no kind"]):
        expected = [row for row in newest if row.state in states]
        assert list(store.search("executions", Wanted(states=states, limit=MANY))) == expected
    kinds = ["tfx.Trainer"]
    expected = [row for row in newest if row.type in kinds and row.state == "complete"]
    assert list(store.search("executions", Wanted(kinds=kinds, states=["complete"], limit=MANY))) == expected
    assert list(store.search("executions", Wanted(kinds=["TFX.trainer"], limit=MANY))) == []
    assert len(NAMES) == len(store.search("contexts", Wanted(kinds=["pipeline_run"], before=told.contexts[8].id)))


def test_nothing_can_be_written_and_the_password_is_nowhere(store, password):
    assert password not in store.where
    assert password not in repr(vars(store))
