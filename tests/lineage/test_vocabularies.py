"""One history in two vocabularies: what is read is the same, whichever it was written in."""

from __future__ import annotations

import shutil

import pytest

from graduate.pipeline.lineage import pushes, walk, words
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.kubeflow_words import NOBODYS, pipeline_name
from tests.lineage.stores.metadata_server import double


@pytest.fixture
def pair(records, on_kubeflow):
    """The same history twice, and what became of the numbers of the first."""
    told, translation = on_kubeflow
    return records, told.records, translation


def test_runs_are_the_same(pair):
    local, kubeflow, translation = pair
    theirs = {run.id: run for run in kubeflow.runs()}
    assert len(theirs) == len(local.runs()) == 6
    for run in local.runs():
        other = theirs[translation.runs[run.id]]
        assert other.status == run.status
        assert other.pipeline == pipeline_name(run.pipeline)
        assert other.metrics == run.metrics
        assert other.started == run.started
        assert other.ended is not None
        assert run.started <= other.ended <= run.ended  # Graduate's own record closes after the last node
    assert [translation.runs[run.id] for run in local.runs()] == [run.id for run in kubeflow.runs()]


def test_what_graduate_said_of_a_run_is_the_same(pair):
    local, kubeflow, translation = pair
    for run in local.runs():
        ours, theirs = local.run(run.id), kubeflow.run(translation.runs[run.id])
        assert ours.config
        expected = {name: value for name, value in ours.facts.items() if name not in (*NOBODYS, "status")}
        assert dict(theirs.facts) == expected
        assert theirs.config == ours.config


def test_executions_are_the_same(pair):
    local, kubeflow, translation = pair
    compared = 0
    for run in local.runs():
        theirs = {one.id: one for one in kubeflow.executions_of(kubeflow.run(translation.runs[run.id]))}
        for one in local.executions_of(run):
            other = theirs.pop(translation.executions[one.id])
            assert (other.node, other.state) == (one.node, one.state)
            assert (other.started, other.ended) == (one.started, one.ended)
            assert dict(other.parameters) == dict(one.parameters)
            assert (other.run, other.pipeline) == (translation.runs[one.run], pipeline_name(one.pipeline))
            compared += 1
        assert not theirs
    assert compared > 50


def test_artifacts_are_the_same(pair):
    local, kubeflow, translation = pair
    theirs = {one.id: one for one in kubeflow.artifacts()}
    assert len(theirs) == len(local.artifacts()) > 60
    for one in local.artifacts():
        other = theirs[translation.artifacts[one.id]]
        assert (other.kind, other.uri, other.name, other.state) == (one.kind, one.uri, one.name, one.state)
        assert other.created == one.created
        assert dict(other.properties) == dict(one.properties)


def test_a_kind_is_asked_for_by_one_name(pair):
    local, kubeflow, translation = pair
    for kind in ("Examples", "Model", "graduate.Verdict", "PushedModel"):
        expected = {translation.artifacts[one.id] for one in local.artifacts(kinds=[kind])}
        assert {one.id for one in kubeflow.artifacts(kinds=[kind])} == expected != set()


def test_events_are_the_same(pair):
    local, kubeflow, translation = pair
    nodes = translation.executions.values()
    found = {
        (e.artifact, e.execution, e.output, e.key) for e in kubeflow.events(artifacts=translation.artifacts.values())
    }
    expected = {
        (translation.artifacts[e.artifact], translation.executions[e.execution], e.output, e.key)
        for e in local.events(artifacts=translation.artifacts)
    }
    assert {event for event in found if event[1] in set(nodes)} == expected  # the others are those of conditions


def test_pushes_are_the_same(pair):
    local, kubeflow, translation = pair

    def told(records: Records, run_ids: dict[str, str]):
        return [(p.version, p.folder, run_ids.get(p.run, p.run), p.by_hand) for p in pushes.pushes(records)]

    assert told(kubeflow, {}) == told(local, translation.runs)
    assert [p.version for p in pushes.serving(pushes.pushes(kubeflow))] == [
        p.version for p in pushes.serving(pushes.pushes(local))
    ]


def test_walks_are_the_same(pair):
    local, kubeflow, translation = pair
    for push in pushes.pushes(local):
        ours = walk.around(local, artifacts=[push.artifact.id])
        theirs = walk.around(kubeflow, artifacts=[translation.artifacts[push.artifact.id]])
        assert set(theirs.artifacts) == {translation.artifacts[one] for one in ours.artifacts}
        assert set(theirs.executions) == {translation.executions[one] for one in ours.executions}


def test_words_mean_the_same(both):
    version = both.story.versions["first"]
    assert words.resolve(both.records, f"digits:{version}").push.version == version
    assert words.resolve(both.records, "digits").run.id == both.story.runs["failed"]
    assert words.resolve(both.records, "pets:serving").push.version == both.story.versions["pets"]
    assert words.resolve(both.records, both.story.runs["sick"]).run.status == "sick"


def test_kubeflows_own_server_gives_what_its_database_does(on_kubeflow, tmp_path):
    told, _ = on_kubeflow
    copy = shutil.copy(told.story.store, tmp_path / "metadata.sqlite")
    with double(copy) as server, Records(open_store(f"grpc://127.0.0.1:{server.port}")) as served:
        assert served.runs() == told.records.runs()
        for run in told.records.runs():
            assert served.run(run.id) == told.records.run(run.id)
            assert served.executions_of(run) == told.records.executions_of(run)
        assert served.artifacts() == told.records.artifacts()
