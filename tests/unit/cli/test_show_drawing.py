"""The picture of a DAG, and its Mermaid form."""

from pathlib import Path

import pytest

from graduate.pipeline.cli._drawing import ascii_only, edges, picture
from graduate.pipeline.cli.show import drawing, mermaid
from graduate.pipeline.config import load
from graduate.pipeline.graph import NodeSpec, nodes

DIGITS = Path(__file__).resolve().parents[3] / "examples/digits.yaml"


def node(name: str, *inputs: str, guard: str | None = None, what: str = "") -> NodeSpec:
    return NodeSpec(name, inputs, guard, what)


def drawn(found) -> list[str]:
    return [line.rstrip() for line in picture(found).splitlines()]


def test_a_chain_is_boxes_on_one_axis():
    assert drawn([node("One"), node("Two", "One")]) == [
        "  ┌─────┐",
        "  │ One │",
        "  └──┬──┘",
        "  ┌──▼──┐",
        "  │ Two │",
        "  └─────┘",
    ]


def test_what_runs_side_by_side_stands_side_by_side():
    found = [node("One"), node("Two", "One"), node("Red", "One"), node("End", "Two", "Red")]
    assert drawn(found) == [
        "  ┌─────┐",
        "  │ One │",
        "  └──┬──┘",
        "     ├──────────┐",
        "  ┌──▼──┐    ┌──▼──┐",
        "  │ Two │    │ Red │",
        "  └──┬──┘    └──┬──┘",
        "     ├──────────┘",
        "  ┌──▼──┐",
        "  │ End │",
        "  └─────┘",
    ]


def test_a_verdict_that_decides_is_a_double_line():
    lines = drawn([node("One"), node("Two", guard="One")])
    assert lines[2:5] == ["  └──╥──┘", "     ║ if One passed, else it ends", "  ┌──▼──┐"]


def test_a_node_without_inputs_stands_beside_its_reader():
    found = [node("One"), node("Old", guard="One"), node("Two", "One", "Old")]
    assert drawn(found)[4] == "  │ Two │◄───┤ Old │"


def test_an_arrow_that_passes_a_layer_is_drawn_through_it():
    found = [node("A"), node("B", "A"), node("C", "B"), node("D", "A"), node("E", "C", "D")]
    text = picture(found)
    assert text.count("▼") == 4
    assert all(name in text for name in "ABCDE")


def test_arrows_that_follow_from_others_are_left_out():
    found = [node("One"), node("Two", "One"), node("Red", "One", "Two")]
    assert [(edge.source, edge.target) for edge in edges(found)] == [("One", "Two"), ("Two", "Red")]


@pytest.mark.parametrize("check", ["true", "false"])
def test_the_digits_pipeline_is_drawn_with_every_node_that_it_has_and_in_100_columns(check):
    config = load(DIGITS, [f"serving.check={check}"])
    text = drawing(config, nodes(config))
    assert all(len(line) < 100 for line in text.splitlines())
    assert ("ServingCheck" in text) is (check == "true")
    for spec in nodes(config):
        assert f"│ {spec.id} │" in text or f"┤ {spec.id} │" in text


def test_a_node_says_which_settings_it_obeys():
    config = load(DIGITS, ["training.optimizer={name: sgd, momentum: 0.9}", "training.learning_rate={peak: 0.1}"])
    what = {spec.id: spec.what for spec in nodes(config)}
    assert "sgd(momentum=0.9) at cosine from 0.1" in what["Trainer"]
    assert "accuracy ≥ 0.95 and at most 0.01 worse than the last" in what["Evaluator"]
    assert "models/digits" in what["Pusher"]


def test_nodes_come_after_their_inputs_and_guards():
    seen: set[str] = set()
    for spec in nodes(load(DIGITS)):
        assert {*spec.inputs, *([spec.guard] if spec.guard else [])} <= seen
        seen.add(spec.id)


def test_mermaid_names_each_node_once_and_escapes_what_it_says():
    lines = mermaid([node("One", what='a "b" <c> #1'), node("Two", "One"), node("Red", guard="One")]).splitlines()
    assert lines == [
        "flowchart TD",
        '  One["<b>One</b><br/>a #quot;b#quot; #lt;c#gt; #35;1"]',
        '  Two["<b>Two</b><br/>"]',
        '  Red["<b>Red</b><br/>"]',
        "  One --> Two",
        "  One == passed ==> Red",
    ]


def test_ascii_has_the_same_shape():
    text = picture([node("One"), node("Two", "One")])
    assert [len(line) for line in ascii_only(text).splitlines()] == [len(line) for line in text.splitlines()]
