"""The page of a graph: one file, whole, that asks for nothing and holds what the graph holds."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from graduate.pipeline.lineage import page, stores, walk, words
from graduate.pipeline.lineage.page import document, drawing, telling
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.rows import Event
from graduate.pipeline.lineage.walk import Graph
from tests.lineage.ui import hostile


def written(records, word, folder, **how):
    subject = words.resolve(records, word)
    graph = walk.around(records, artifacts=[subject.artifact.id], **how)
    page.write(records, subject, graph, folder / "page.html")
    return graph, (folder / "page.html").read_text(encoding="utf-8")


def told(markup):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', markup, re.DOTALL)[1])


def test_it_holds_every_execution_and_artifact_of_the_graph(records, tmp_path):
    graph, markup = written(records, "digits:serving", tmp_path)
    keys = set(re.findall(r'data-key="([^"]+)"', markup))
    assert keys == {f"a{one}" for one in graph.artifacts} | {f"e{one}" for one in graph.executions}
    assert set(told(markup)["nodes"]) == keys


def test_it_needs_no_network_and_runs_nothing_but_its_own_script(records, tmp_path):
    _, markup = written(records, "digits:serving", tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', markup)[1].replace("&#x27;", "'")
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", markup, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r'\s(src|href)="(?!#)', markup)
    assert not re.search(r'\sstyle="', markup)


def test_a_panel_has_properties_times_uri_and_who_used_it_from_the_cache(records, tmp_path, story):
    graph, markup = written(records, "digits:serving", tmp_path)
    nodes = told(markup)["nodes"]
    model = next(one for one in graph.artifacts.values() if one.kind == "PushedModel")
    rows = dict(nodes[f"a{model.id}"]["rows"])
    assert rows["URI"] == model.uri
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows["made"])
    generator = next(one for one in graph.executions.values() if one.node == "ExampleGen")
    assert story.runs["faster"] in dict(nodes[f"e{generator.id}"]["rows"])["also used, from the cache, by"]


def test_arrows_of_verdicts_are_told_apart_and_not_drawn_twice(records, tmp_path):
    graph, markup = written(records, "digits:serving", tmp_path)
    assert '<g class="edge verdict"' in markup
    drawn = drawing.of_graph(records, graph)
    assert all(edge.verdict for edge in drawn.edges if "_DataGuard.verdict" in edge.slots)


def test_an_implied_condition_is_left_out_and_what_is_upstream_stays_the_same():
    edges = [
        drawing.Edge("v", "b", ("_Guard.verdict",), verdict=True),
        drawing.Edge("v", "c", ("_Guard.verdict",), verdict=True),
        drawing.Edge("b", "c", ("model",)),
        drawing.Edge("v", "d", ("_Guard.verdict", "verdict"), verdict=True),
        drawing.Edge("c", "d", ("x",)),
    ]
    kept = [(edge.source, edge.target) for edge in drawing._telling(edges)]
    assert kept == [("v", "b"), ("b", "c"), ("v", "d"), ("c", "d")]


def test_files_that_are_gone_are_marked(own_story, tmp_path):
    import shutil

    shutil.rmtree(own_story.root / "artifacts" / "digits" / "Trainer")
    with Records(stores.open_store(str(own_story.store))) as records:
        _, markup = written(records, "digits:serving", tmp_path)
    assert "files gone" in markup
    assert re.search(r'class="node model [a-z]+ gone', markup)


def test_the_words_of_the_picture_stand_in_a_table_too(records, tmp_path):
    _, markup = written(records, "digits:serving", tmp_path)
    table = re.search(r"<details class=.words.*?</details>", markup, re.DOTALL)[0]
    assert "<th scope=row>Trainer</th>" in table
    assert "ran" in table


def test_what_lies_further_away_is_said(records, tmp_path):
    graph, markup = written(records, "digits:serving", tmp_path, depth=1)
    assert graph.cut
    assert f"{telling.count(graph.cut, 'execution')} further away: not drawn." in markup


def test_a_hub_is_drawn_as_its_newest_and_the_number_of_the_others(records):
    artifacts = {one.id: one for one in records.artifacts(ids=[1])}
    execution = records.executions([2], only=())[0]
    many = {at: _again(execution, at) for at in range(1000, 1500)}
    graph = Graph(
        artifacts, many, [Event(1, at, False, "examples", 0) for at in many], start=(frozenset({1}), frozenset())
    )
    found = drawing.of_graph(records, graph)
    assert set(found.nodes) == {"a1", "m0", "e1497", "e1498", "e1499"}
    assert found.nodes["m0"].label == "497 more"
    assert found.left_out == 497


def _again(execution, number):
    import dataclasses

    return dataclasses.replace(execution, id=number)


def test_a_hostile_store_stays_text(tmp_path):
    store = hostile.write(tmp_path)
    with Records(stores.open_store(str(store))) as records:
        graph = walk.around(records, executions=[1])
        markup = document.render(records, words.Subject(hostile.SCRIPT), graph)
    assert markup.count("<script") == 2
    assert "<img" not in markup
    values = {row[1] for node in told(markup)["nodes"].values() for row in node["rows"]}
    assert set(hostile.ATTEMPTS) <= values


def test_a_file_that_cannot_be_written_leaves_the_one_before(records, tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text("before")
    monkeypatch.setattr("graduate.pipeline.lineage.page.document.render", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written(records, "digits:serving", tmp_path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page.html", "before")]


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0, "0 ms"), (999, "999 ms"), (4_900, "4.9 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min"), (None, "–"),
     (-1, "–")],
)  # fmt: skip
def test_times_are_told_as_people_do(milliseconds, said):
    assert telling.lasted(milliseconds) == said


@pytest.mark.parametrize(
    ("octets", "said"), [(812, "812 B"), (1_500, "1.5 kB"), (13_600, "14 kB"), (1_234_567, "1.2 MB")]
)
def test_sizes_are_told_as_people_do(octets, said):
    assert telling.size(octets) == said


@pytest.mark.parametrize("moment", [None, 0, -5, 10**18])
def test_a_time_that_is_none_is_a_dash(moment):
    assert telling.moment(moment) == "–"


def test_every_state_has_a_sign_and_a_word_besides_its_colour():
    from graduate.pipeline.lineage import runs, vocabulary

    for state in vocabulary.STATES:
        assert telling.execution_state(state).sign
        assert telling.execution_state(state).word == state
    for status in runs.STATUSES:
        assert telling.run_status(status).sign not in ("", "?")
    assert telling.run_status("<b>").word == "<b>"
    assert "<b>" not in telling.chip(telling.run_status("<b>"))
