"""What is told of workers that fail, hang or do not come, and when another try is made: processes, no TensorFlow."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graduate.errors import DataError, UsageError, UserError
from graduate.pipeline.workers import train_together
from graduate.pipeline.workers.local import LocalProcesses
from graduate.pipeline.workers.watch import Patience

ROOT = Path(__file__).resolve().parents[2]
QUICK = Patience(start_s=30, silent_s=30, stuck_s=30, restarts=0, pause_s=0, poll_s=0.05)


@pytest.fixture
def together(tmp_path):
    """f(parts, patience) runs workers of `beating_member`; parts are by their number."""

    def run(*parts, patience=QUICK):
        named = json.dumps({str(number): actions for number, actions in enumerate(parts)})
        command = [sys.executable, "-m", "tests.workers.beating_member", named]
        train_together(command, {}, len(parts), str(tmp_path), LocalProcesses(), patience)

    yield run
    assert not list((tmp_path / "workers").iterdir()), "something of the workers is left"


def test_when_the_chief_has_ended_well_the_others_are_ended(together):
    together(["start 0", "step 9", "trained", "exit 0"], ["sleep 60"])


def test_a_worker_that_fails_once_the_last_step_is_done_is_no_matter(together):
    together(["start 0", "trained", "sleep 3", "exit 0"], ["start 0", "sleep 1", "exit 1"])


def test_a_worker_that_ends_is_named_with_what_it_said(together):
    with pytest.raises(UserError, match=r"Trainer: worker 2 ended with status 1 \(what went wrong\)"):
        together(["start 0", "sleep 60"], ["sleep 60"], ["exit 1"])


def test_of_two_that_failed_the_one_that_was_killed_is_to_blame(together):
    with pytest.raises(UserError, match="worker 1 was killed by signal 9"):
        together(["start 0", "exit 1"], ["sleep 0.3", "kill"])


def test_a_frozen_worker_is_told_from_those_that_wait_for_it(together):
    with pytest.raises(UserError, match=r"worker 1 on .+ hangs: no sign of life for 2 s"):
        together(["start 0", "sleep 60"], ["freeze"], patience=Patience(silent_s=2, restarts=0, poll_s=0.05))


def test_workers_that_do_not_come_are_named(together):
    with pytest.raises(UserError, match="workers 1, 2 did not come within 4 s"):
        together(["sleep 60"], ["away"], ["away"], patience=Patience(start_s=4, restarts=0, poll_s=0.05))


def test_a_training_that_takes_no_step_ends(together):
    with pytest.raises(UserError, match="no step in 2 s, after step 7, though all workers live"):
        together(["start 7", "sleep 60"], ["start 7", "sleep 60"], patience=Patience(stuck_s=2, restarts=0))


def test_tries_that_get_no_further_are_counted(together, capfd):
    patience = Patience(restarts=2, pause_s=0, poll_s=0.05)
    with pytest.raises(UserError, match=r"worker 1 ended with status 1 .+; 2 other tries did not get further"):
        together(["start 5", "sleep 60"], ["sleep 1", "exit 1"], patience=patience)
    assert capfd.readouterr().err.count("all workers are started again") == 2


@pytest.mark.parametrize(("code", "kind"), [(2, UsageError), (5, DataError)])
def test_an_error_of_the_users_own_is_not_tried_again(together, capfd, code, kind):
    with pytest.raises(kind, match="its error stands above"):
        together([f"exit {code}"], ["sleep 60"], patience=Patience(restarts=5))
    assert "started again" not in capfd.readouterr().err


def test_what_the_chief_notes_of_a_slow_worker_is_said(together, capfd):
    together(["start 0", "slow worker 1 is slow", "sleep 1", "trained", "exit 0"], ["sleep 60"])
    assert capfd.readouterr().err.count("workers: worker 1 is slow") == 1


def test_what_the_chief_tells_reaches_whoever_listens_to_the_step_and_no_other_worker_tells(together, monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setenv("GRADUATE_EVENTS_FD", str(writing))
    together(["start 0", "tell of the chief", "sleep 1", "exit 0"], ["tell of another", "sleep 60"])
    os.close(writing)
    with open(reading) as told:
        assert [json.loads(line)["text"] for line in told] == ["of the chief"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_the_step(tmp_path, number):
    parts = json.dumps({"0": ["start 0", "sleep 60"], "1": ["sleep 60"]})
    program = (
        "import sys; from graduate.pipeline.workers import train_together; from pathlib import Path\n"
        f"train_together([sys.executable, '-m', 'tests.workers.beating_member', {parts!r}], {{}}, 2, {str(tmp_path)!r})"
    )
    environment = {**os.environ, "GRADUATE_WORKERS": "local"}
    step = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(beats := list(tmp_path.glob("workers/*/beats/1/worker-?.json"))) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    pids = [json.loads(path.read_text())["pid"] for path in beats]
    step.send_signal(number)
    step.wait(30)
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.05)
    if number != signal.SIGKILL:
        assert not list((tmp_path / "workers").iterdir())


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_patience_is_set_by_the_environment(monkeypatch):
    monkeypatch.setenv("GRADUATE_WORKERS_SILENT_S", "7.5")
    monkeypatch.setenv("GRADUATE_WORKERS_RESTARTS", "9")
    assert Patience.from_environment() == Patience(silent_s=7.5, restarts=9)
    monkeypatch.setenv("GRADUATE_WORKERS_STUCK_S", "soon")
    with pytest.raises(UsageError, match="GRADUATE_WORKERS_STUCK_S: 'soon' is no number"):
        Patience.from_environment()
