"""A search and what follows: the Trainer takes the best, nothing is tried twice, where all is sick nothing trains."""

import json
from pathlib import Path

import pytest

from graduate.pipeline import by_hand, record

pytestmark = pytest.mark.slow

TUNING = {
    "trials": 3,
    "algorithm": "random",
    "space": {"training.learning_rate": [0.03, 1e30], "model.hyperparameters.units": [[12], [20]]},
}


def test_the_best_is_trained_and_pushed_and_an_unhealthy_space_is_sick(project):
    project.write_config(tuning=TUNING)
    tuned = project.graduate("tune", "tiny.yaml", "--json")
    assert tuned.code == 0, tuned.err
    found = tuned.result["tuning"]
    assert len(found["trials"]) == 3
    assert {one["status"] for one in found["trials"] if one["settings"]["training.learning_rate"] == 1e30} == {"sick"}
    assert found["settings"]["training.learning_rate"] == 0.03
    assert "Trainer" not in tuned.nodes

    done = project.run()
    assert done.code == 0, done.err
    assert done.nodes["Tuner"] == "cached"
    assert done.nodes["Trainer"] == "ran"
    store = record.open_store(project.workspace)
    made = by_hand.outputs(store, project.runs()[0])
    chosen = made["HyperParameters"].custom_properties
    assert chosen["training.learning_rate"].double_value == 0.03
    assert json.loads(chosen["model.hyperparameters.units"].string_value) in ([12], [20])
    header = json.loads(Path(made["ModelRun"].uri, "trace", "header.json").read_text())
    [units] = found["settings"]["model.hyperparameters.units"]
    assert [64, units] in [one["shape"] for one in header["facts"]["variables"]]

    more = project.graduate("tune", "tiny.yaml", "--trials", "4")
    assert more.code == 0, more.err
    assert more.err.count("(from before)") == 3
    assert "train with it  graduate run tiny.yaml --set tuning.trials=4" in more.out
    assert "training: {learning_rate: 0.03}" in more.out

    sick = project.run("--set", "tuning.space={training.learning_rate: [1e30]}")
    assert sick.code == 4
    assert sick.result["status"] == "sick"
    assert sick.nodes["Trainer"] == "skipped"
    assert sick.reasons["Trainer"] == "Tuner refused"
    [said] = [one for one in sick.result["verdicts"] if one["source"] == "Tuner"]
    assert said["reasons"][0].startswith("None of 1 trial can be taken: 1 trial sick (1 ")
