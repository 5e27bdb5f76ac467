"""`graduate lineage` and `graduate affected` answer the same whichever vocabulary the history was written in."""

from __future__ import annotations

import json
import re

import pytest

from graduate.pipeline.lineage import affected, tree, tree_text, words


def first_rows(story):
    text = (story.root / "artifacts/digits/ExampleGen/manifest/1/manifest.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def nodes_of(told):
    """Kinds by node, without numbers."""
    return sorted(one.kind for one in told.graph.artifacts.values()), sorted(
        (one.node, one.state) for one in told.graph.executions.values()
    )


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
@pytest.mark.parametrize("word", ["digits:serving", "{faster}"])
def test_the_graph_is_the_same(records, story, on_kubeflow, word, direction):
    other, _ = on_kubeflow
    ways = {"upstream": direction == "upstream", "downstream": direction == "downstream"}
    here, there = (
        tree.lineage(one, words.resolve(one, word.format(faster=told.versions["faster"])), **ways)
        for one, told in ((records, story), (other.records, other.story))
    )
    assert nodes_of(here) == nodes_of(there)
    slots = [sorted((edge.slots, edge.output, edge.condition) for edge in told.edges) for told in (here, there)]
    assert slots[0] == slots[1]


def test_the_tree_names_the_same_facts(both):
    told = tree.lineage(both.records, words.resolve(both.records, "digits:serving"), downstream=False)
    text = tree_text.text(told)
    for fact in ("serves", "by ada@host", "60 rows", "Evaluator passed", "train, eval, test"):
        assert fact in text, fact
    assert re.search(r"model: Model \d+", text)
    assert f"run {both.story.runs['first']}" in text


@pytest.mark.parametrize("how", ["path", "hash", "run", "absolute"])
def test_the_same_models_contain_a_file(both, how):
    row = next(row for row in first_rows(both.story)[20:] if row["split"] == "train")
    asked = {
        "path": row["path"],
        "hash": row["hash"][:12],
        "run": both.story.runs["first"],
        "absolute": f"/data/digits/{row['path']}",
    }[how]
    answer = affected.affected(both.records, asked)
    pushed = sorted(push.version for model in answer.models for push in model.pushed)
    serving = [push.version for model in answer.models for push in model.pushed if push.artifact.id in model.serving]
    assert pushed == sorted(both.story.versions[name] for name in ("first", "faster", "rollback"))
    assert serving == [both.story.versions["rollback"]]
    runs = {model.run for model in answer.models}
    names = ("first", "faster") if how == "run" else ("first", "faster", "more_data", "sick")
    assert runs == {both.story.runs[name] for name in names}
    assert not answer.partial
