"""The DAG of TFX components is the one that `graduate show` draws; every node's cache key covers what it obeys."""

import json
from pathlib import Path

import pytest

from graduate.pipeline import graph
from graduate.pipeline.config import load
from graduate.pipeline.supervise import plan
from graduate.pipeline.workspace import Workspace

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits.yaml"

TUNING = "tuning={space: {training.learning_rate: [0.001, 0.01]}}"


def compiled(tmp_path, *overrides, until=None):
    from graduate.pipeline.run import compile_pipeline

    config = load(DIGITS, overrides)
    workspace = Workspace(tmp_path)
    request = plan.make(config, workspace, until).request(
        "digits-1", runner="local", until=until, cache=True, debug=False
    )
    return config, compile_pipeline(config, workspace, request), request


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("serving.check=false",),
        ("diagnostics.during_training=off", "preflight=off"),
        ("evaluation.folds=3",),
        (TUNING, "evaluation.folds=3"),
    ],
    ids=["as it is", "without the serving check", "without diagnostics", "with folds", "tuned, with folds"],
)
def test_nodes_and_edges_are_those_of_the_drawing(tmp_path, overrides):
    config, pipeline, _ = compiled(tmp_path, *overrides)
    built = {n.pipeline_node.node_info.id: set(n.pipeline_node.upstream_nodes) for n in pipeline.nodes}
    drawn = {n.id: {*n.inputs, *([n.guard] if n.guard else [])} for n in graph.nodes(config)}
    assert set(built) == set(drawn)
    guards = {n.id: n.guard for n in graph.nodes(config)}
    for node, upstream in drawn.items():
        guard = guards[node]
        while guard:  # a node within two guards waits for both
            upstream, guard = upstream | {guard}, guards[guard]
        assert built[node] == upstream, node


def test_every_node_carries_what_it_obeys(tmp_path):
    _, pipeline, request = compiled(tmp_path)
    for node in pipeline.nodes:
        name = node.pipeline_node.node_info.id
        carried = node.pipeline_node.parameters.parameters["obeys"].field_value.string_value
        assert json.loads(carried) == request["obeys"][name]


def test_until_leaves_out_what_is_not_needed_for_it(tmp_path):
    _, pipeline, _ = compiled(tmp_path, until="Transform")
    skipped = {
        n.pipeline_node.node_info.id for n in pipeline.nodes if n.pipeline_node.execution_options.HasField("skip")
    }
    assert skipped == {
        "Preflight",
        "Trainer",
        "GradientDiagnostics",
        "LastGraduate",
        "Evaluator",
        "ServingCheck",
        "Gate",
        "Pusher",
    }


def test_a_changed_setting_changes_the_nodes_that_obey_it_and_no_other(tmp_path):
    _, _, before = compiled(tmp_path)
    _, _, after = compiled(tmp_path, "training.seed=8")
    assert {node for node in before["obeys"] if before["obeys"][node] != after["obeys"][node]} == {
        "Preflight",
        "Trainer",
    }
    _, _, after = compiled(tmp_path, "evaluation.bounds.accuracy.at_least=0.9")
    assert {node for node in before["obeys"] if before["obeys"][node] != after["obeys"][node]} == {"Evaluator"}


def test_what_a_training_is_judged_by_does_not_train_again_unless_it_acts_on_it(tmp_path):
    def changed(*overrides, base=()):
        before, after = (compiled(tmp_path, *base, *more)[2]["obeys"] for more in ((), overrides))
        return {node for node in before if before[node] != after[node]}

    assert changed("diagnostics.refuse_on=warning") == {"GradientDiagnostics"}
    assert changed("diagnostics.ignore=[overfitting]") == {"GradientDiagnostics"}
    stop = ("diagnostics.during_training=stop",)
    assert changed("diagnostics.ignore=[overfitting]", base=stop) == {"Trainer", "GradientDiagnostics"}
    assert changed("leakage.near_duplicates=off") == {"DataGuard"}
    assert changed("evaluation.folds=4", base=("evaluation.folds=3",)) == {"CrossValidation"}


def test_a_search_changes_what_no_node_before_the_trainer_obeys(tmp_path):
    def obeys(*overrides):
        return compiled(tmp_path, *overrides)[2]

    plain, tuned = obeys(), obeys(TUNING)
    assert {node for node in plain["obeys"] if plain["obeys"][node] != tuned["obeys"][node]} == set()
    assert set(tuned["obeys"]) - set(plain["obeys"]) == {"Tuner"}
    assert plain["training_fingerprint"] != tuned["training_fingerprint"]


def test_trials_are_found_again_by_a_search_with_more_of_them_and_by_no_other_training(tmp_path):
    def fingerprint(*overrides):
        return compiled(tmp_path, TUNING, *overrides)[2]["tuning_fingerprint"]

    assert compiled(tmp_path)[2]["tuning_fingerprint"] == ""
    assert fingerprint() == fingerprint("tuning.trials=30", "tuning.algorithm=random", "tuning.seed=4")
    assert fingerprint() == fingerprint("evaluation.bounds.accuracy.at_least=0.5")
    for changed in ("tuning.steps=9", "training.batch_size=32", "diagnostics.ignore=[leakage]", "transform.channels=3"):
        assert fingerprint() != fingerprint(changed), changed
