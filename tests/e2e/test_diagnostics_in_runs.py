"""Sick trainings in whole runs: refused with the evidence kept, stopped, cured, on both runners."""

import json
from pathlib import Path

import pytest

from graduate.pipeline import record

pytestmark = pytest.mark.slow

SICK = {
    "model": {"hyperparameters": {"units": [32, 32]}},
    "training": {"optimizer": "sgd", "learning_rate": 10.0},
}
FAULT = "learning-rate-too-high"
BELOW = {"LastGraduate", "Evaluator", "ServingCheck", "Gate", "Pusher"}


def verdicts(project, source):
    """The verdict artifacts of a node, in the store."""
    found = record.open_store(project.workspace).get_artifacts_by_type("graduate.Verdict")
    return [one for one in found if one.properties["source"].string_value == source]


def verdict(done, source):
    return next(one for one in done.result["verdicts"] if one["source"] == source)


def test_a_sick_training_is_not_pushed_and_the_store_says_why(project):
    project.write_config(**SICK)
    done = project.run()
    assert (done.code, done.result["status"]) == (4, "sick"), done.err
    assert done.result["pushed_to"] is None
    assert {node for node, state in done.nodes.items() if state == "skipped"} == BELOW
    assert set(done.reasons[node] for node in BELOW) == {"GradientDiagnostics refused"}
    assert FAULT in verdict(done, "GradientDiagnostics")["reasons"][0]
    assert FAULT in done.err  # told while it trained

    [stored] = verdicts(project, "GradientDiagnostics")
    told = {name: value.string_value for name, value in stored.custom_properties.items()}
    assert stored.properties["passed"].int_value == 0
    assert (told["worst"], told["cures"]) == ("error", "")
    assert FAULT in told["faults"].split(",")
    assert FAULT in told["reason"]
    [findings] = project.workspace.artifacts("tiny").glob("GradientDiagnostics/findings/*")
    assert json.loads((findings / "findings.json").read_text())["verdict"] == "sick"
    assert "<html" in (findings / "report.html").read_text()[:200]

    again = project.run()
    assert (again.code, again.result["unchanged"], again.err) == (4, True, "")
    assert project.graduate("run", "tiny.yaml").out.startswith("✗ sick")
    blessed = project.graduate("bless", done.result["run_id"], "--because", "it looks fine")
    assert blessed.code == 2
    assert "sick" in blessed.err

    judged_otherwise = project.run("--set", "diagnostics.refuse_on=never")
    assert judged_otherwise.nodes["Trainer"] == "cached"
    assert judged_otherwise.ran >= {"GradientDiagnostics", "Evaluator", "Gate"}
    assert judged_otherwise.result["status"] in ("pushed", "refused")
    warned = [check for check in verdict(judged_otherwise, "GradientDiagnostics")["checks"] if check["warns"]]
    assert FAULT in [check["name"] for check in warned]


def test_a_stopped_training_ends_its_node_in_success_and_exports_nothing_on_the_other_runner_too(project):
    project.write_config(**SICK, diagnostics={"during_training": "stop"})
    done = project.run("--runner", "beam")
    assert (done.code, done.result["status"]) == (4, "sick"), done.err
    assert done.nodes["Trainer"] == "ran"
    assert {node for node, state in done.nodes.items() if state == "skipped"} == BELOW
    assert "stopped as sick after step" in verdict(done, "GradientDiagnostics")["reasons"][0]
    [model] = project.workspace.artifacts("tiny").glob("Trainer/model/*/Format-Serving")
    assert [path.name for path in model.iterdir()] == ["STOPPED.txt"]
    [run] = project.workspace.artifacts("tiny").glob("Trainer/model_run/*")
    assert json.loads((run / "training.json").read_text())["steps"] < 40
    assert (run / "trace" / "header.json").is_file()


def test_a_sick_training_is_cured_and_pushed_and_says_so_everywhere(project):
    project.write_config(**SICK, diagnostics={"during_training": "cure"})
    done = project.run()
    assert (done.code, done.result["status"]) == (0, "pushed"), done.err
    assert "cure 1 of 3" in done.err
    [cure] = [check for check in verdict(done, "GradientDiagnostics")["checks"] if check["name"] == "cure"]
    assert cure["passed"]
    assert cure["warns"]
    assert FAULT in cure["sentence"]
    [stored] = verdicts(project, "GradientDiagnostics")
    assert stored.custom_properties["cures"].string_value == "lower-learning-rate"
    assert stored.custom_properties["cured"].int_value == 1
    assert stored.custom_properties["cured_faults"].string_value == FAULT
    assert stored.custom_properties["worst"].string_value == ""
    card = json.loads((Path(done.result["pushed_to"]) / "model_card.json").read_text())
    assert cure["sentence"] in json.dumps(card["verdicts"], ensure_ascii=False)


def test_folds_stand_beside_the_one_number_in_the_result_and_the_card(project):
    project.write_config(evaluation={"folds": 3}, preflight=False, diagnostics={"during_training": "off"})
    done = project.run()
    assert done.code == 0, done.err
    assert {"Preflight", "GradientDiagnostics"} & set(done.nodes) == set()
    metrics = done.result["metrics"]
    assert metrics["folds"] == 3
    assert 0.5 < metrics["folds_accuracy_mean"] <= 1
    assert metrics["folds_accuracy_spread"] >= 0
    card = json.loads((Path(done.result["pushed_to"]) / "model_card.json").read_text())
    assert [fold["rows"] for fold in card["cross_validation"]["folds"]] != []
    assert "3 folds" in (Path(done.result["pushed_to"]) / "model_card.html").read_text()
    more = project.run("--set", "evaluation.folds=4")
    assert more.nodes["Trainer"] == "cached"
    assert "CrossValidation" in more.ran


UNTRAINABLE = """
import keras

def build(input_shape, output_units):
    zeros = {"kernel_initializer": "zeros"}
    layers = [keras.layers.Dense(16, activation="relu", **zeros), keras.layers.Dense(16, activation="relu", **zeros)]
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Flatten(), *layers, keras.layers.Dense(output_units, **zeros)]
    )
"""


def test_a_network_that_cannot_be_trained_is_not_trained(project):
    (project.folder / "networks.py").write_text(UNTRAINABLE)
    project.write_config(model={"module": "networks.py", "build": "build", "hyperparameters": None})
    done = project.run()
    assert (done.code, done.result["status"]) == (4, "sick"), done.err
    assert done.nodes["Preflight"] == "ran"
    assert {node for node, state in done.nodes.items() if state == "skipped"} == BELOW | {
        "Trainer",
        "GradientDiagnostics",
    }
    assert done.reasons["Trainer"] == "Preflight refused"
    assert "gradient is zero for" in " ".join(verdict(done, "Preflight")["reasons"])
    [stored] = verdicts(project, "Preflight")
    assert "layer-does-not-learn" in stored.custom_properties["faults"].string_value
    assert "preflight=off" in project.graduate("run", "tiny.yaml").out  # what to try next
