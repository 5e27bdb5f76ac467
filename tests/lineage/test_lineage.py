"""`graduate lineage`: what is in the graph, how the tree is drawn, and what other programs get."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import drawn, tree, tree_text, words
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import CACHED, Writer, opened


def answered(records, word, **options):
    return tree.lineage(records, words.resolve(records, word), **options)


def text_of(records, word, everything=False, **options):
    return tree_text.text(answered(records, word, **options), everything=everything)


@pytest.fixture
def writer(tmp_path):
    return Writer(opened(tmp_path / "metadata.sqlite"), tmp_path)


def read(writer):
    return Records(open_store(str(writer.root / "metadata.sqlite")))


def test_a_served_model_leads_back_through_the_rollback_to_its_data(records, story):
    lines = text_of(records, "digits:serving", downstream=False).splitlines()
    assert "serves" in lines[0]
    order = [next(i for i, line in enumerate(lines) if name in line) for name in _CHAIN]
    assert order == sorted(order)
    depth = [len(lines[i]) - len(lines[i].lstrip("│├└─ ")) for i in order]
    assert depth == sorted(set(depth))
    rollback = next(line for line in lines if "Rollback" in line)
    assert "by ada@host" in rollback
    assert "the camera was changed" in "\n".join(lines)
    assert "gave" not in lines


_CHAIN = (
    "└─ Rollback",
    "  └─ PushedModel",
    "Pusher · ran",
    "model: Model",
    "Trainer · ran",
    "Transform · ran",
    "ExampleGen · ran",
)


def test_a_run_is_told_by_its_nodes_and_where_the_cached_ones_came_from(records, story):
    text = text_of(records, story.runs["faster"])
    head = text.partition("\nmade from")[0]
    assert f"ExampleGen · cached from {story.runs['first']}" in head
    assert re.search(r"  Trainer · ran in .* · execution \d+\n      model: Model \d+", head)
    assert "nothing from outside of this run" in text


def test_what_a_run_gave_beyond_itself_is_told(records, story):
    gave = text_of(records, story.runs["first"], upstream=False).partition("gave\n")[2]
    assert "Rollback" in gave
    assert f"version {story.versions['rollback']} · serves" in gave


def test_facts_rows_metrics_verdicts_versions(records, story):
    text = text_of(records, story.runs["more_data"])
    for fact in ("62 rows", "accuracy 0.93", "Evaluator refused", "not blessed", "train, eval, test"):
        assert fact in text


def test_who_took_it_from_the_cache_is_counted(records, story):
    text = text_of(records, "1").replace("\n      ", " · ")
    line = next(line for line in text.splitlines() if "ExampleGen · ran" in line)
    assert line.endswith("also taken from the cache by 1 run")


def test_conditions_are_told_apart_from_what_went_in(records, story):
    told = answered(records, "digits:serving")
    conditions = [edge for edge in told.edges if edge.condition]
    assert conditions
    assert all(slot.startswith("_") for edge in conditions for slot in edge.slots)
    text = tree_text.text(told)
    transform = text[text.index("Transform · ran") :]
    assert "on condition of DataGuard" in transform or "_DataGuard.verdict: graduate.Verdict" in transform
    guard = next(edge.artifact for edge in conditions if edge.slots == ("_DataGuard.verdict",))
    assert "condition of Transform" in text_of(records, str(guard), upstream=False)


def test_no_node_is_drawn_twice_and_every_one_of_its_depth_once(records, story):
    lines = text_of(records, "digits:serving", downstream=False).splitlines()
    drawn_ones = re.findall(r"execution (\d+)", "\n".join(line for line in lines if "↑" not in line))
    assert len(drawn_ones) == len(set(drawn_ones))
    told = answered(records, "digits:serving", downstream=False)
    named = set(re.findall(r"(?:execution |[A-Z]\w+ )(\d+)", "\n".join(lines)))
    assert {str(one) for one in (*told.graph.executions, *told.graph.artifacts)} <= named


@pytest.mark.parametrize("word", ["digits:serving", "digits", "1"])
def test_lines_are_at_most_a_hundred_columns_but_for_uris(records, story, word):
    for line in text_of(records, word).splitlines():
        assert len(line) <= 100 or "/" in line


def test_a_cut_graph_says_so(records, story):
    text = text_of(records, "digits:serving", downstream=False, depth=1)
    assert "Cut at --depth 1: 1 executions next to these are left out." in text
    assert "Trainer" not in text
    told = answered(records, "digits:serving", most=4)
    assert told.graph.cut > 0
    assert "Cut at as many as are drawn at once" in tree_text.text(told)


def test_a_cycle_ends(writer):
    first, second = writer.artifact("Examples", "/a"), writer.artifact("Examples", "/b")
    (a,) = writer.execution("p", "p-1", "Transform", {}, {"x": [first]})
    (b,) = writer.execution("p", "p-1", "Transform", {"examples": [a]}, {"y": [second]})
    found = writer.store.get_artifacts_by_id([a])
    writer.execution("p", "p-1", "Transform", {"examples": [b]}, {"x": found})
    with read(writer) as records:
        text = text_of(records, str(b), downstream=False)
    assert "↑" in text
    assert len(text.splitlines()) < 15


def test_thousands_of_parents_are_folded_and_said(writer):
    made = [writer.artifact("Examples", f"/data/{at}") for at in range(3420)]
    ids = writer.execution("p", "p-1", "ExampleGen", {}, {"examples": made})
    (model,) = writer.execution("p", "p-1", "Trainer", {"examples": ids}, {"model": [writer.artifact("Model", "/m")]})
    with read(writer) as records:
        text = text_of(records, str(model), downstream=False)
        whole = text_of(records, str(model), downstream=False, everything=True)
        told = answered(records, str(model), downstream=False).to_json()
    assert "… and 3,412 more Examples; --all shows them" in text
    assert "3,412 alike ones are folded" in text
    assert len(text.splitlines()) < 30
    assert len(re.findall(r"Examples \d+", whole)) >= 3420
    assert "folded" not in whole
    assert len([node for node in told["nodes"] if node["kind"] == "Examples"]) == 3420


def test_files_that_are_gone_are_marked_and_the_lineage_still_answers(own_story):
    shutil.rmtree(own_story.root / "artifacts" / "digits" / "Trainer" / "model" / "1")
    with Records(open_store(str(own_story.store))) as records:
        told = answered(records, "digits:serving", downstream=False)
        model = next(line for line in tree_text.text(told).splitlines() if "model: Model" in line)
    assert model.endswith("· gone")
    assert [node["id"] for node in told.to_json()["nodes"] if node.get("gone")] == [f"artifact:{model.split()[-3]}"]


def test_the_json_names_both_ends_of_every_edge(records, story):
    told = json.loads(json.dumps(answered(records, "digits:serving").to_json()))
    ids = {node["id"] for node in told["nodes"]}
    assert {edge[end] for edge in told["edges"] for end in ("from", "to")} <= ids
    assert set(told["subject"]["nodes"]) <= ids
    pushed = next(node for node in told["nodes"] if node["id"] == told["subject"]["nodes"][0])
    assert pushed["serves"]
    by_hand = [node["by_hand"]["by"] for node in told["nodes"] if node.get("by_hand")]
    assert by_hand == ["ada@host"]


HOSTILE = 'a"b\\N <script>]); x[["y"]] {%s} #35; |z| `q` \x1b[31m\n end'


@pytest.fixture
def hostile(writer):
    model = writer.artifact("Model", f"/m/{HOSTILE}", pushed_version=HOSTILE)
    (made,) = writer.execution("p", "p-1", HOSTILE, {}, {HOSTILE: [model]})
    with read(writer) as records:
        yield answered(records, str(made))


def test_hostile_names_reach_no_terminal(hostile):
    text = tree_text.text(hostile)
    assert "\x1b" not in text
    assert "\\x1b[31m\\n end" in text
    assert len([line for line in text.splitlines() if line.startswith("└─")]) == 2


def test_a_digraph_is_by_graphvizs_grammar(hostile, records, story):
    for told in (hostile, answered(records, "digits:serving")):
        nodes, edges = parsed(drawn.dot(told))
        assert nodes == {f"a{one}" for one in told.graph.artifacts} | {f"e{one}" for one in told.graph.executions}
        assert len(edges) == len(told.edges)
        assert {end for edge in edges for end in edge} <= nodes


def parsed(text):
    """A small reader of DOT: quoted strings, names, `->`, attribute lists; anything else is an error."""
    token = re.compile(r'\s*("(?:[^"\\\n]|\\.)*"|->|[A-Za-z_][\w]*|-?\d+(?:\.\d+)?|[{}\[\]=,;])')
    at, tokens = 0, []
    while text[at:].strip():
        found = token.match(text, at)
        assert found, text[at : at + 60]
        tokens.append(found[1])
        at = found.end()
    assert tokens[:3] == ["digraph", "lineage", "{"]
    assert tokens[-1] == "}"
    nodes, edges, statement = set(), [], []
    for one in tokens[3:-1]:
        if one != ";":
            statement.append(one)
            continue
        if statement[1:2] == ["->"]:
            edges.append((statement[0], statement[2]))
        elif statement[1:2] == ["["] and statement[0] != "node":
            nodes.add(statement[0])
        assert statement.count("[") == statement.count("]") <= 1
        statement = []
    assert not statement
    return nodes, edges


def test_a_flowchart_is_a_line_a_node_and_escapes_what_is_not_text(hostile, records, story):
    label = r'"[^"\[\]{}()<>|`\\]*(?:<br/>[^"\[\]{}()<>|`\\]*)*"'
    node = re.compile(rf"  [ae]\d+(\(\[{label}\]\)|\[{label}\])(:::subject)?")
    arrow = re.compile(rf"  [ae]\d+ (-->|-\.->)(\|{label}\|)? [ae]\d+")
    for told in (hostile, answered(records, "digits:serving")):
        first, *lines, last = drawn.mermaid(told).splitlines()
        assert first == "flowchart TD"
        assert last.startswith("  classDef")
        assert all(node.fullmatch(line) or arrow.fullmatch(line) for line in lines)
        assert sum(bool(arrow.fullmatch(line)) for line in lines) == len(told.edges)
        assert any("-.->" in line for line in lines) == any(edge.condition for edge in told.edges)


def test_the_verb(story, capsys):
    at = ["--store", str(story.store)]
    assert main(["lineage", "digits:serving", "--upstream", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["directions"] == ["upstream"]
    assert main(["lineage", "digits:serving", "--depth", "1", "--dot", *at]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("digraph")
    assert printed.err.startswith("cut: ")
    assert main(["lineage", "digits:serving", "--upstream", "--downstream", *at]) == 2
    assert main(["lineage", "digits:serving", "--depth", "0", *at]) == 2
    assert main(["lineage", "digits:servin", *at]) == 2
    assert "no digits:servin" in capsys.readouterr().err


def test_one_that_only_found_its_outputs_in_the_cache_does_where_its_maker_is_unknown(writer):
    found = writer.artifact("Examples", "/x")
    (made,) = writer.execution("p", "p-1", "ExampleGen", {}, {"examples": [found]}, state=CACHED)
    with read(writer) as records:
        assert "ExampleGen · cached" in text_of(records, str(made))


@pytest.mark.parametrize("words", [["lineage", "digits:serving"], ["affected", "1/"], ["gc"]])
def test_the_verbs_answer_without_heavy_libraries(story, words):
    program = (
        "import contextlib, io, sys\n"
        "from graduate.pipeline.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    code = main(sys.argv[1:])\n"
        "heavy = {'numpy', 'tensorflow', 'tfx', 'apache_beam', 'ml_metadata', 'pandas', 'pydantic', 'yaml'}\n"
        "print(code, sorted(heavy & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    command = [sys.executable, "-c", program, *words, "--workdir", str(story.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["0", "[]"], done.stderr
