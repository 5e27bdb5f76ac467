"""Workers that really train, as processes: what becomes of their training when one of them dies, or is slow."""

import json
import sys

import pytest

from graduate.pipeline.workers import train_together
from graduate.pipeline.workers.local import LocalProcesses
from graduate.pipeline.workers.watch import Patience
from tests.tensorflow import training_cases as cases

SCRATCH = "/scratch"


@pytest.fixture
def train(tmp_path, monkeypatch):
    """f(name, faults) -> the folder of the model that the chief wrote."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("DEATHS", str(tmp_path))

    def run(name, **faults):
        monkeypatch.setenv("GRADUATE_MOUNTS", json.dumps({SCRATCH: str(tmp_path / name / "scratch")}))
        model = tmp_path / name / "model"
        told = {"outputs": {"artifacts": {"model": {"artifacts": [{"uri": str(model)}]}}}}
        command = [sys.executable, "-m", "tests.workers.training_member", json.dumps(told), json.dumps(faults)]
        train_together(command, told, 2, SCRATCH, LocalProcesses(), Patience(restarts=1, pause_s=0.1))
        assert not list((tmp_path / name / "scratch" / "workers").iterdir()), "something of the workers is left"
        return model

    return run


@pytest.mark.slow
def test_workers_that_die_leave_the_weights_of_a_training_in_which_none_did(train, capfd):
    whole, figures = cases.read(train("whole") / "weights.npz")
    found, also = cases.read(train("killed", kill=[[1, 20], [0, 45]]) / "weights.npz")
    for ours, theirs in zip(found, whole, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert also["history"] == figures["history"]
    assert figures["resumed_from"] is None
    assert also["resumed_from"] >= 30
    said = capfd.readouterr().err
    assert "worker 1 was killed by signal 9" in said
    assert "worker 0 was killed by signal 9" in said
    assert said.count("started again") == 2


@pytest.mark.slow
def test_the_worker_that_the_others_wait_for_is_named(train, capfd):
    model = train("slow", slow=1, steps=130)
    told = json.loads((model / "workers.json").read_text())
    assert [one["slow"] for one in told] == [False, True]
    assert told[1]["own_seconds_per_step"] > 0.02 > told[0]["own_seconds_per_step"]
    assert told[0]["waited_share"] > 0.5 > told[1]["waited_share"]
    assert "workers: worker 1 is slow: its part of a step takes" in capfd.readouterr().err
