"""Runs in a real ML Metadata store on SQLite."""

import sqlite3

import pytest

from graduate.errors import UsageError, UserError
from graduate.pipeline import record, record_sqlite
from graduate.pipeline.result import NodeReport, RunResult
from graduate.pipeline.workspace import Workspace
from graduate.verdict import Check, VerdictRecord


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "work")


def test_a_run_is_read_back_as_it_was_written(workspace):
    store = record.open_store(workspace, create=True)
    record.start_run(store, "digits-1", "digits", {"name": "digits"}, "f00d")
    result = RunResult(
        "digits-1",
        "refused",
        nodes=(NodeReport("Trainer", "ran", 3.5, "first run"),),
        verdicts=(VerdictRecord("Evaluator", (Check("accuracy", False, "accuracy is 0.5", 0.5, 0.9),)),),
        metrics={"accuracy": 0.5},
    )
    record.finish_run(store, result)
    found = record.find_run(store, "digits-1")
    assert found.result == result
    assert (found.status, found.fingerprint, found.config) == ("refused", "f00d", {"name": "digits"})
    assert found.finished >= found.started


def test_runs_come_latest_first_and_by_pipeline(workspace):
    store = record.open_store(workspace, create=True)
    for run_id in ("a-1", "b-1", "a-2"):
        record.start_run(store, run_id, run_id[0], {}, "")
    assert [r.run_id for r in record.runs(store)] == ["a-2", "b-1", "a-1"]
    assert [r.run_id for r in record.runs(store, "a")] == ["a-2", "a-1"]


def test_no_run_is_running_for_ever(workspace):
    store = record.open_store(workspace, create=True)
    record.start_run(store, "a-1", "a", {}, "")
    assert record.close_stale(store) == ["a-1"]
    assert record.find_run(store, "a-1").status == "interrupted"
    assert record.close_stale(store) == []


def test_an_interrupted_or_failed_run_is_no_answer(workspace):
    store = record.open_store(workspace, create=True)
    for run_id, status in (("a-1", "pushed"), ("a-2", "failed")):
        record.start_run(store, run_id, "a", {}, "")
        record.finish_run(store, RunResult(run_id, status))
    record.start_run(store, "a-3", "a", {}, "")
    assert record.latest_finished(record.runs(store, "a")).run_id == "a-1"


def test_nothing_is_made_where_there_is_no_store(workspace):
    assert record.open_store(workspace) is None
    assert not workspace.root.exists()


def test_a_damaged_store_is_an_error_with_a_remedy(workspace):
    workspace.root.mkdir()
    workspace.store.write_bytes(b"not a database" * 100)
    with pytest.raises(UserError) as caught:
        record.open_store(workspace)
    assert "metadata.sqlite" in caught.value.render()
    assert "move it aside" in caught.value.hint


def test_the_quick_reading_is_ml_metadatas_own(workspace):
    store = record.open_store(workspace, create=True)
    for run_id, status in (("a-1", "pushed"), ("b-1", "refused"), ("a-2", None)):
        record.start_run(store, run_id, run_id[0], {"name": run_id, "text": "ä'\"\n"}, "f00d")
        if status:
            record.finish_run(store, RunResult(run_id, status, metrics={"accuracy": 0.5}))
    assert record_sqlite.contexts(workspace.store, record.RUN_TYPE) is not None
    for name in (None, "a", "b", "c"):
        assert record.read_runs(workspace, name) == record.runs(store, name)


def test_a_store_of_another_version_or_in_use_is_left_to_ml_metadata(workspace):
    store = record.open_store(workspace, create=True)
    record.start_run(store, "a-1", "a", {}, "")
    journal = workspace.store.with_name(workspace.store.name + "-journal")
    journal.write_bytes(b"")
    assert record_sqlite.contexts(workspace.store, record.RUN_TYPE) is None
    assert [r.run_id for r in record.read_runs(workspace)] == ["a-1"]
    journal.unlink(missing_ok=True)
    with sqlite3.connect(workspace.store) as connection:
        connection.execute("UPDATE MLMDEnv SET schema_version = 9")
    assert record_sqlite.contexts(workspace.store, record.RUN_TYPE) is None


def test_no_store_has_no_runs(workspace):
    assert record.read_runs(workspace) == []


def test_an_older_or_a_newer_store_is_refused_and_left_as_it_is(workspace):
    store = record.open_store(workspace, create=True)
    record.start_run(store, "a-1", "a", {}, "")
    del store
    for version, said in ((9, "schema 9; this one writes 10"), (11, "newer ml-metadata")):
        with sqlite3.connect(workspace.store) as connection:
            connection.execute(f"UPDATE MLMDEnv SET schema_version = {version}")
        content = workspace.store.read_bytes()
        for ask in (lambda: record.open_store(workspace, create=True), lambda: record.read_runs(workspace)):
            with pytest.raises(UsageError) as caught:
                ask()
            assert said in caught.value.render()
            assert ("graduate doctor --upgrade-store" in caught.value.hint) == (version == 9)
        assert workspace.store.read_bytes() == content
