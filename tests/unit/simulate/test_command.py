"""`graduate simulate` as a command: its output, its exit codes, Ctrl-C, and what the verbs of lineage read of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from graduate.pipeline.cli.main import main
from tests.unit.simulate.specs import Spec

PATH = "{{$.outputs.artifacts['out'].path}}"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADUATE_WORKDIR", raising=False)
    spec = Spec(word="hello")
    spec.task("say", 'echo "$2" > "$1"', PATH, "{{$.inputs.parameters['word']}}", outputs=["out"],
              parameters={"word": ("word", "STRING")})  # fmt: skip
    spec.task("hear", 'cat "$1"', "{{$.inputs.artifacts['given'].path}}", artifacts={"given": "say.out"})
    spec.write(tmp_path / "spec.yaml")
    return tmp_path


def test_a_run_is_told_as_json_of_graduate_run(project, capsys):
    assert main(["simulate", "spec.yaml", "--json", "--param", "word=bye"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["status"], told["error"], told["log"]) == ("stopped", None, None)
    assert [(node["node"], node["state"]) for node in told["nodes"]] == [("say", "ran"), ("hear", "ran")]
    assert (project / ".graduate-kubeflow/logs/small" / told["run_id"] / "hear.log").read_text() == "bye\n"


def test_a_run_is_told_to_a_person(project, capsys):
    assert main(["simulate", "spec.yaml"]) == 0
    said = capsys.readouterr()
    assert "every task that was to run has succeeded" in said.out
    assert "graduate lineage" in said.out
    assert "hear                ran" in said.err


def test_a_failure_is_told_in_ten_lines_with_the_log(project, capsys):
    spec = Spec()
    spec.task("breaks", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; exit 7")
    spec.write(project / "spec.yaml")
    assert main(["simulate", "spec.yaml"]) == 1
    said = capsys.readouterr()
    lines = said.err.splitlines()
    told = lines[lines.index(next(line for line in lines if line.startswith("breaks failed."))) :]
    assert len(told) <= 10
    assert told[0] == "breaks failed. To go on from there: graduate simulate spec.yaml"
    assert told[1].startswith("full log: ")
    assert told[1].endswith("breaks.log")
    assert told[-2:] == ["  line 12", "error: the container ended with status 7"]


def test_lineage_reads_what_a_simulation_writes(project, capsys):
    assert main(["simulate", "spec.yaml"]) == 0
    capsys.readouterr()
    assert main(["runs", "--workdir", ".graduate-kubeflow", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert (run["pipeline"], run["status"]) == ("small", "complete")
    assert main(["lineage", run["run_id"], "--workdir", ".graduate-kubeflow"]) == 0
    drawn = capsys.readouterr().out
    assert "say · ran" in drawn
    assert "hear · ran" in drawn


def test_the_work_folder_of_runs_on_this_machine_is_refused(project, capsys):
    from graduate.pipeline import record
    from graduate.pipeline.workspace import Workspace

    workspace = Workspace(project / ".graduate")
    store = record.open_store(workspace, create=True)
    record.start_run(store, "small-1", "small", {}, "0")
    del store
    assert main(["simulate", "spec.yaml", "--workdir", ".graduate"]) == 2
    assert "is the work folder of runs on this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["none.yaml"], "none.yaml: cannot be read"),
        (["spec.yaml", "--param", "word"], "--param word: NAME=VALUE is wanted"),
        (["spec.yaml", "--parallel", "0"], "--parallel 0"),
        (["spec.yaml", "--project", "nowhere"], "--project: there is no such folder"),
        (["spec.yaml", "--put", "minio://b/x=nothing"], "there is no such file or folder"),
        (["spec.yaml", "--put", "/b/x=spec.yaml"], "/b/x is no URI of an object store"),
    ],
)
def test_what_cannot_be_asked_is_told(project, capsys, words, why):
    assert main(["simulate", *words]) == 2
    assert why in capsys.readouterr().err


def test_ctrl_c_ends_all_that_was_started_and_marks_it(project):
    spec = Spec()
    spec.task("sleeps", 'trap "" TERM; sleep 1000 & echo $! > "$1"; wait; sleep 1000', str(project / "pid"))
    spec.write(project / "spec.yaml")
    words = [sys.executable, "-m", "graduate.pipeline.cli", "simulate", "spec.yaml", "--json"]
    command = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=project)
    child = _appears(project / "pid")
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "interrupted: the same command goes on from there: graduate simulate spec.yaml" in err
    assert json.loads(out.splitlines()[-1])["status"] == "interrupted"
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    import sqlite3

    with sqlite3.connect(project / ".graduate-kubeflow/metadata.sqlite") as connection:
        assert connection.execute("SELECT last_known_state FROM Execution WHERE id = 2").fetchone() == (4,)


def _appears(path) -> int:
    for _ in range(1200):
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


def test_lineage_finds_the_files_of_a_simulated_object_store(project):
    from graduate.pipeline.lineage.records import Records
    from graduate.pipeline.lineage.stores import open_store

    assert main(["simulate", "spec.yaml"]) == 0
    with Records(open_store(str(project / ".graduate-kubeflow/metadata.sqlite"))) as records:
        (made,) = records.artifacts()
    assert made.uri.startswith("minio://")
    assert made.present
    assert made.folder.read_text() == "hello\n"
