"""ML Metadata's gRPC servers of several ages, slow ones and other ones; pages to their end."""

from __future__ import annotations

import subprocess
import sys
from concurrent import futures
from contextlib import closing

import grpc
import pytest

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.rows import Wanted
from graduate.pipeline.lineage.stores import open_store, service_calls
from tests.lineage.stores import metadata_server


@pytest.fixture
def own(sqlite_history):
    """A server of the test's own over the history."""
    with metadata_server.double(sqlite_history[0]) as running:
        yield running


def answers(url):
    """What every question gives."""
    with closing(open_store(url)) as store:
        executions, contexts = store.executions(), store.contexts()
        ids = [row.id for row in executions]
        return [
            executions,
            contexts,
            store.artifacts(kinds=["Model"]),
            store.contexts(kinds=["pipeline_run"], names=["digits-001", 'it\'s "quoted" `so`']),
            store.events(),
            store.contexts_of_executions(ids),
            store.executions_of_contexts([row.id for row in contexts]),
            store.parents_of_contexts([row.id for row in contexts]),
            list(store.search("executions", Wanted(text="EXECUTION 1", states=["complete"], before=150, limit=7))),
            list(store.search("artifacts", Wanted(text="models", kinds=["Model"]))),
            store.count("executions"),
            store.kinds("executions"),
        ]


@pytest.mark.parametrize(
    "older",
    [
        {"lacking": ("GetLineageSubgraph",)},
        {"without_associations": True},
        {"lacking": ("GetParentContextsByContexts", "GetChildrenContextsByContexts", "GetLineageSubgraph")},
        {"without_types": True},
        {"without_filters": True},
        {"without_filters": True, "without_types": True, "without_associations": True},
    ],
    ids=lambda older: " ".join(older),
)
def test_an_older_server_gives_the_same_answers(own, sqlite_history, older):
    expected = answers(str(sqlite_history[0]))
    for name, value in older.items():
        setattr(own, name, value)
    assert answers(own.url) == expected


def test_a_server_that_lacks_what_cannot_be_had_otherwise_is_said(own):
    own.lacking = ("GetEventsByExecutionIDs",)
    with closing(open_store(own.url)) as store, pytest.raises(UserError) as caught:
        store.events(executions=[1])
    assert "does not know the call GetEventsByExecutionIDs" in caught.value.render()
    assert own.url in caught.value.render()


def test_many_rows_take_few_calls(own, sqlite_history):
    """Pages of a hundred; owners of a hundred executions in one call."""
    with closing(open_store(own.url)) as store:
        for ask, calls in (
            (lambda: store.executions(), 3),
            (lambda: store.contexts_of_executions([row.id for row in sqlite_history[1].executions]), 3),
            (lambda: store.executions(ids=range(1, 401)), 1),
            (lambda: store.events(executions=range(1, 401)), 1),
            (lambda: list(store.search("artifacts", Wanted(limit=20))), 1),
        ):
            own.calls.clear()
            ask()
            assert len(own.calls) == calls, own.calls


def test_what_was_counted_once_is_not_counted_again(own):
    with closing(open_store(own.url)) as store:
        first = store.count("executions")
        own.calls.clear()
        assert store.count("executions") == first
        assert own.calls == ["GetExecutions"]


def test_an_answer_may_be_larger_than_grpc_takes_unasked(tmp_path):
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    with metadata_server.double(tmp_path / "metadata.sqlite") as running:
        kind = running.store.put_context_type(mlmd.ContextType(name="pipeline_run"))
        made = [mlmd.Context(type_id=kind, name=f"run {at}") for at in range(60)]
        for context in made:
            context.custom_properties["graduate_result"].string_value = "x" * 100_000
        running.store.put_contexts(made)
        with closing(open_store(running.url)) as store:
            assert len(store.contexts(only=["graduate_result"])) == 60


def test_a_slow_server_is_not_waited_for_for_ever(own, monkeypatch):
    monkeypatch.setattr(service_calls, "ANSWER", 0.3)
    with closing(open_store(own.url)) as store:
        own.slow = 1.0
        with pytest.raises(UserError, match=r"did not answer within 0.3 seconds"):
            store.executions()
        own.slow = 0.0
        assert store.executions(only=())


def test_a_server_that_ended_is_said(sqlite_history):
    with metadata_server.double(sqlite_history[0]) as running:
        store = open_store(running.url)
        store.count("contexts")
    with closing(store), pytest.raises(UserError, match="does not answer"):
        store.executions()


def test_another_service_is_said():
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(UserError, match="is not ML Metadata's service"):
            open_store(f"grpc://127.0.0.1:{port}")
    finally:
        server.stop(None).wait()


def test_a_server_with_a_certificate(sqlite_history, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -addext subjectAltName=DNS:localhost"
    )
    made = subprocess.run([*command.split(), "-keyout", key, "-out", certificate], capture_output=True)
    assert made.returncode == 0, made.stderr
    with metadata_server.double(sqlite_history[0], (key.read_bytes(), certificate.read_bytes())) as running:
        with closing(open_store(f"grpc://localhost:{running.port}?ssl_ca={certificate}")) as store:
            assert store.contexts() == sqlite_history[1].contexts
        with pytest.raises(UserError, match="does not answer"):
            open_store(f"grpc://localhost:{running.port}")
    with pytest.raises(UsageError, match="nowhere cannot be read"):
        open_store("grpc://localhost:1?ssl_ca=/nowhere")


def test_the_engine_is_not_loaded_for_a_server_and_can_be_afterwards(own):
    code = f"""import sys
from graduate.pipeline.lineage.stores import open_store
store = open_store({own.url!r})
count = store.count("executions")
print([name for name in sys.modules if "pywrap" in name or name == "ml_metadata"])
store.close()
import ml_metadata
from ml_metadata.proto import metadata_store_pb2
assert ml_metadata.proto.Execution is metadata_store_pb2.Execution
assert callable(ml_metadata.MetadataStore)
assert open_store({own.url!r}).count("executions") == count"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert done.stderr == ""
