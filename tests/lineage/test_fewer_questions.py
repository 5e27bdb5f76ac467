"""A store is asked less than all it holds, and the answer is that of all it holds."""

from __future__ import annotations

import json

import pytest

from graduate.pipeline.lineage import runs, runs_behind, walk
from graduate.pipeline.lineage.affected_flow import Flow
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import CACHED, Writer, opened


@pytest.fixture
def writer(tmp_path):
    return Writer(opened(tmp_path / "metadata.sqlite"), tmp_path)


@pytest.fixture
def records(writer):
    with Records(open_store(str(writer.root / "metadata.sqlite"))) as found:
        yield found


def spans(writer, number, run="p-1"):
    """Examples by spans, as an ExampleGen of plain TFX gives them."""
    made = [
        writer.artifact("Examples", f"/data/{run}/{span}", span=span, input_fingerprint=f"{run} {span}")
        for span in range(number)
    ]
    return writer.execution("p", run, "ExampleGen", {}, {"examples": made})


def test_a_walk_from_a_few_executions_finds_whoever_else_had_to_do_with_their_artifacts(writer, records):
    ids = spans(writer, 40)
    found = writer.store.get_artifacts_by_id(ids)
    writer.execution("p", "p-2", "ExampleGen", {}, {"examples": found}, state=CACHED)
    model = writer.execution("p", "p-1", "Trainer", {"examples": ids}, {"model": [writer.artifact("Model", "/m")]})
    late = {"examples": ids[:3], "_Gate.verdict": ids[5:6]}
    writer.execution("p", "p-2", "Trainer", late, {"model": [writer.artifact("Model", "/late")]})
    maker = next(event.execution for event in records.events(artifacts=ids[:1], output=True))
    graph = walk.around(records, executions=[maker])
    every = [event for event in records.events() if event.execution in graph.executions]
    assert graph.events == every
    assert set(graph.artifacts) == {event.artifact for event in every} >= {*ids, *model}
    assert graph.cached == {maker: ["p-2"]}
    assert len(graph.executions) == 3  # not the one that found them in the cache


def test_sources_are_those_of_a_walk_upstream(story):
    with Records(open_store(str(story.store))) as records:
        sources = walk.Sources(records)
        pushed = [one.id for one in records.artifacts(kinds=("PushedModel",), only=())]
        assert len(pushed) > 2
        for some in (pushed[:1], pushed[-1:], pushed):
            graph = walk.around(records, artifacts=some, downstream=False)
            artifacts, executions = sources.upstream(some)
            assert (artifacts, executions) == (set(graph.artifacts), set(graph.executions))
        every = records.events()
        assert sources.beside(executions) == {one.artifact for one in every if one.execution in executions}
        givers = sources.givers(artifacts)
        for number in artifacts:
            assert givers[number] == [one.execution for one in every if one.artifact == number and one.output]


def test_data_that_a_model_was_seen_to_take_first_is_followed_all_the_same(writer, records):
    [source] = spans(writer, 1)
    first = writer.execution(
        "p", "p-1", "Filter", {"examples": [source]}, {"kept": [writer.artifact("Examples", "/1")]}
    )
    second = writer.execution("p", "p-1", "Filter", {"examples": first}, {"kept": [writer.artifact("Examples", "/2")]})
    both = {"examples": [source], "more": second}
    near = writer.execution("p", "p-1", "Trainer", both, {"model": [writer.artifact("Model", "/near")]})
    far = writer.execution("p", "p-2", "Trainer", {"examples": second}, {"model": [writer.artifact("Model", "/far")]})
    flow = Flow(records, [[source]])
    assert set(flow.models) == {*near, *far}
    assert not flow.mixed


def test_data_that_was_only_a_condition_goes_nowhere(writer, records):
    [source, other] = spans(writer, 2)
    inputs = {"_Gate.examples": [source], "examples": [other]}
    kept = writer.execution("p", "p-1", "Filter", inputs, {"kept": [writer.artifact("Examples", "/1")]})
    writer.execution("p", "p-1", "Trainer", {"examples": kept}, {"model": [writer.artifact("Model", "/m")]})
    assert Flow(records, [[source]]).models == {}
    [model] = Flow(records, [[other]]).models
    assert records.artifacts(ids=[model])[0].uri == "/m"


def test_the_first_of_many_spans_stands_behind_a_run(writer, records):
    spans(writer, 30)
    spans(writer, 30, "p-2")
    behind = runs_behind.of_runs(records, records.runs())
    assert {run: one.data.digest for run, one in behind.items()} == {"p-1": "p-1 0", "p-2": "p-2 0"}


def test_every_run_read_at_once_tells_what_it_tells_read_by_and_by(story):
    with Records(open_store(str(story.store))) as records:
        whole = runs.runs(records, runs.Wanted(limit=None))
        some = runs.runs(records, runs.Wanted(limit=None, since=1))
        few = runs.runs(records, runs.Wanted(limit=len(whole.lines)))
    told = [json.dumps(line.to_json()) for line in whole.lines]
    assert any(line.changes for line in whole.lines)
    assert (
        told == [json.dumps(line.to_json()) for line in some.lines] == [json.dumps(one.to_json()) for one in few.lines]
    )
