"""Trials of a search as real, tiny trainings: who wins, what is stopped, how a killed search goes on."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_tuner
import pytest

from graduate.components.artifacts import Trials, Verdict
from graduate.components.tuner import TunerExecutor, verdict
from graduate.pipeline import trainer, tuning
from graduate.tuning.oracle import Oracle
from graduate.tuning.space import Dimension
from graduate.tuning.trials import Trial, best
from tests.tensorflow import tiny_images

RATE, UNITS = "training.learning_rate", "model.hyperparameters.units"
SPACE = [Dimension(UNITS, "choice", ([8], [16])), Dimension(RATE, "choice", (0.01, 1e6))]
CONFIG = {
    "name": "tiny",
    "task": "image",
    "data": {"label": None, "target": "class"},
    "transform": {"size": [8, 8], "channels": 1, "normalise": "unit", "statistics": False},
    "model": {"build": "mlp", "module": None, "hyperparameters": {"units": [8]}},
    "training": {
        "steps": 24, "epochs": None, "batch_size": 8, "optimizer": "adam", "learning_rate": 0.01, "augment": [],
        "strategy": "cpu", "seed": 3, "checkpoint_every": 12,
    },
    "diagnostics": {"during_training": "stop", "record_every": 1, "rules": {}, "ignore": []},
    "tuning": {"trials": 4, "metric": "eval_loss", "algorithm": "random", "steps": None, "seed": 0},
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    train, held_out = tiny_images.bright_and_dark(48), tiny_images.bright_and_dark(16, seed=1)
    return tiny_images.prepare(tmp_path_factory.mktemp("rows"), train, held_out, CONFIG["transform"])


def search(rows, memory, space=SPACE, **changed):
    config = {**CONFIG, "tuning": {**CONFIG["tuning"], **changed}}
    given = [one.to_json() for one in space]
    return tuning.search(str(rows.transformed), str(rows.transform_output), config, given, ".", str(memory))


@pytest.fixture(scope="module")
def found(rows, tmp_path_factory):
    return search(rows, tmp_path_factory.mktemp("memory"))


def trials_of(found):
    return [Trial.from_json(one) for one in found["trials"]]


def timeless(found):
    return [{key: value for key, value in one.items() if key != "seconds"} for one in found["trials"]]


def test_every_setting_is_tried_and_what_explodes_is_sick_and_does_not_win(found):
    trials = trials_of(found)
    assert len(trials) == 4
    assert {one.status for one in trials if one.settings[RATE] == 1e6} == {"sick"}
    assert all(one.fault and one.why for one in trials if one.status == "sick")
    healthy = [one for one in trials if one.settings[RATE] == 0.01]
    assert {one.status for one in healthy} == {"finished"}
    assert best(trials, "eval_loss").settings[RATE] == 0.01
    assert min(one.metrics["eval_loss"] for one in healthy) == best(trials, "eval_loss").metrics["eval_loss"]


def test_the_best_is_read_by_keras_tuner(found):
    read = keras_tuner.HyperParameters.from_config(found["best"])
    assert read.get(RATE) == 0.01
    assert json.loads(read.get(UNITS)) in ([8], [16])


def test_a_killed_search_goes_on_to_the_same_trials(found, rows, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    ends = []

    def dies(event, **fields):
        if event == "note":
            ends.append(fields)
        if len(ends) == 2 and event == "progress" and fields["step"] >= 12:
            raise Killed

    monkeypatch.setattr(tuning.events, "emit", dies)
    with pytest.raises(Killed):
        search(rows, tmp_path)
    monkeypatch.undo()
    told = []
    monkeypatch.setattr(tuning.events, "emit", lambda event, **fields: told.append((event, fields)))
    again = search(rows, tmp_path)
    assert timeless(again) == timeless(found)
    assert again["best"] == found["best"]
    trained = {fields["part"] for event, fields in told if event == "progress"}
    assert trained == {"trial 3/4", "trial 4/4"}
    assert not any((tmp_path / "checkpoints").iterdir())


def test_where_every_trial_is_sick_the_verdict_refuses_and_names_the_faults(rows, tmp_path):
    outputs = {"best_hyperparameters": hyperparameters(tmp_path / "best"), "trials": made(Trials, tmp_path / "trials"),
               "verdict": made(Verdict, tmp_path / "verdict")}  # fmt: skip
    TunerExecutor().Do(
        {"examples": [SimpleNamespace(uri=str(rows.transformed))],
         "transform_graph": [SimpleNamespace(uri=str(rows.transform_output))]},
        outputs,
        {
            "search": "graduate.pipeline.tuning.search",
            "config": json.dumps({**CONFIG, "tuning": {**CONFIG["tuning"], "trials": 1}}),
            "space": json.dumps([Dimension(RATE, "choice", (1e6,)).to_json()]),
            "base_dir": ".",
            "memory": str(tmp_path / "memory"),
        },
    )  # fmt: skip
    assert outputs["verdict"][0].passed == 0
    [reason] = json.loads(outputs["verdict"][0].reasons)
    [trial] = json.loads((tmp_path / "trials" / "trials.json").read_text())["trials"]
    assert trial["fault"] in reason
    assert outputs["trials"][0].sick == 1
    [file] = (tmp_path / "best").iterdir()
    assert json.loads(file.read_text())["values"] == {}


def test_the_trainer_trains_with_what_was_chosen(found, rows, tmp_path):
    given = {"config": CONFIG, "base_dir": ".", "checkpoints": str(tmp_path / "checkpoints"), "fingerprint": "one"}
    args = rows.fn_args(tmp_path, given)
    args.hyperparameters = {"space": [], "values": {UNITS: "[5]", "training.steps": 6}}
    trainer.run_fn(args)
    assert json.loads(Path(args.model_run_dir, "training.json").read_text())["steps"] == 6
    header = json.loads(Path(args.model_run_dir, "trace", "header.json").read_text())
    assert "5" in json.dumps(header)


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband"])
def test_an_oracle_asks_the_same_of_the_same_answers_and_avoids_what_is_sick(algorithm):
    space = [
        Dimension("training.learning_rate", "float", low=1e-4, high=10.0, log=True),
        Dimension("b", "int", low=1, high=9),
    ]

    def asked():
        oracle, found = Oracle(space, algorithm, 10, "eval_loss", 0), []
        while (proposal := oracle.ask()) is not None:
            rate = proposal.settings["training.learning_rate"]
            found.append((proposal.settings, proposal.share))
            oracle.tell(proposal, None if rate > 0.1 else abs(rate - 0.01))
        return found

    first = asked()
    assert first == asked()
    assert len(first) == 10
    assert all(1e-4 <= one["training.learning_rate"] <= 10 and 1 <= one["b"] <= 9 for one, _ in first)
    if algorithm == "hyperband":
        assert {share for _, share in first} == {1 / 3, 1.0}
        longest = [one["training.learning_rate"] for one, share in first if share == 1.0]
        assert longest[0] <= 0.1


def test_the_verdict_passes_with_a_warning_where_some_trials_were_sick(found):
    told = verdict(found)
    assert told.passed
    assert told.checks[0].warns


def made(kind, folder):
    artifact = kind()
    artifact.uri = str(folder)
    folder.mkdir(parents=True)
    return [artifact]


def hyperparameters(folder):
    from tfx.types import standard_artifacts

    return made(standard_artifacts.HyperParameters, folder)
