"""`graduate diagnose`, `compare` and `explain` through the command line, on traces and a store made here."""

import json

import numpy as np
import pytest

from graduate.pipeline import record
from graduate.pipeline.cli.main import main
from graduate.pipeline.result import RunResult
from graduate.pipeline.workspace import Workspace
from graduate.rules import fault_ids
from graduate.trace import Column, Group, RunFacts, TraceWriter, Variable


def write(folder, loss, optimizer="adam"):
    facts = RunFacts((Variable("out/kernel", "out", (4, 1)),), loss="mse", optimizer={"name": optimizer})
    loss = np.asarray(loss, float)
    with TraceWriter(folder, facts, [Group("step", (Column("loss"), Column("weight_norm", 1, "variables")))]) as writer:
        writer.rows(0, np.arange(1, len(loss) + 1), [loss, np.where(np.isfinite(loss), 1.0, np.nan)[:, None]])
    return folder


def falling():
    return 1 / np.arange(1, 101)


def broken():
    loss = falling()
    loss[60:] = np.nan
    return loss


def a_run(workspace, run_id, name, training, **diagnostics):
    """What a run leaves in the store: its context, and a Trainer's ModelRun."""
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    store = record.open_store(workspace, create=True)
    record.start_run(store, run_id, name, {"name": name, "diagnostics": diagnostics}, "f00d")
    record.finish_run(store, RunResult(run_id, "pushed"))
    kind = store.put_artifact_type(mlmd.ArtifactType(name="ModelRun"))
    node = store.put_execution_type(mlmd.ExecutionType(name="tfx.components.trainer.component.Trainer"))
    pairs = [(mlmd.Artifact(type_id=kind, uri=str(training)), mlmd.Event(type=mlmd.Event.OUTPUT))]
    contexts = store.get_contexts_by_id([record.find_run(store, run_id).context_id])
    store.put_execution(mlmd.Execution(type_id=node), pairs, contexts)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADUATE_WORKDIR", str(tmp_path / "work"))
    monkeypatch.setenv("NO_COLOR", "1")
    return Workspace.at()


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_diagnose_of_a_trace_says_what_was_wrong_and_ends_with_4(tmp_path, workspace, capsys):
    trace = write(tmp_path / "t", broken())
    assert main(["diagnose", str(trace)]) == 4
    assert capsys.readouterr().out.startswith("graduate: sick: nan-or-inf")
    assert main(["diagnose", str(trace), "--json"]) == 4
    found = told(capsys)
    assert [one["fault"] for one in found["findings"]] == ["nan-or-inf"]
    assert found["traces"][0]["folder"] == str(trace)
    assert main(["diagnose", str(write(tmp_path / "u", falling()))]) == 0
    assert capsys.readouterr().out.startswith("graduate: healthy")


def test_diagnose_of_a_folder_takes_every_trace_in_it(tmp_path, workspace, capsys):
    write(tmp_path / "all/1-a", falling())
    write(tmp_path / "all/2-b", broken())
    assert main(["diagnose", str(tmp_path / "all"), "--json", "--page", str(tmp_path / "page.html")]) == 4
    assert [one["verdict"] for one in told(capsys)["traces"]] == ["healthy", "sick"]
    assert "nan-or-inf" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("word", ["a-1", "latest", "a", "a:latest"])
def test_diagnose_of_a_run_finds_the_trace_of_its_trainer(tmp_path, workspace, capsys, word):
    write(tmp_path / "run/trace", broken())
    a_run(workspace, "a-1", "a", tmp_path / "run")
    assert main(["diagnose", word, "--json"]) == 4
    assert told(capsys)["traces"][0]["name"] == "a-1"


def test_a_run_is_judged_by_its_own_settings(tmp_path, workspace, capsys):
    write(tmp_path / "run/trace", broken())
    a_run(workspace, "a-1", "a", tmp_path / "run", ignore=["nan-or-inf"])
    main(["diagnose", "a-1", "--json"])
    assert told(capsys)["skipped"]["nan-or-inf"] == ["told to ignore it"]


def test_what_names_no_training_is_a_bad_command_with_the_nearest(tmp_path, workspace, capsys):
    (tmp_path / "empty").mkdir()
    a_run(workspace, "a-1", "a", tmp_path / "empty")
    a_run(workspace, "b-1", "b", tmp_path / "nowhere")
    for word, part in (
        ("a-2", "did you mean a-1?"),
        ("latest", "a:latest, b:latest"),
        ("a", "recorded no trace"),
        ("b", "no training on the disk"),
        (str(tmp_path / "empty"), "holds no trace"),
    ):
        assert main(["diagnose", word]) == 2
        assert part in capsys.readouterr().err


def test_compare_says_where_they_parted(tmp_path, workspace, capsys):
    one, other = write(tmp_path / "a", falling()), write(tmp_path / "b", broken(), optimizer="sgd")
    assert main(["compare", str(one), str(other)]) == 0
    text = capsys.readouterr().out
    assert "They part at step 61, in loss" in text
    assert "optimizer.name: adam in A, sgd in B" in text
    assert "B is sick; only there: nan-or-inf" in text
    assert main(["compare", str(one), str(other), "--json"]) == 0
    found = told(capsys)
    assert (found["parted"]["step"], found["verdicts"], found["findings"]) == (
        61,
        ["healthy", "sick"],
        [[], ["nan-or-inf"]],
    )
    assert main(["compare", str(one), str(one)]) == 0
    assert "They never part" in capsys.readouterr().out


def test_compare_wants_one_training_of_each(tmp_path, workspace, capsys):
    write(tmp_path / "all/1-a", falling())
    write(tmp_path / "all/2-b", falling())
    assert main(["compare", str(tmp_path / "all"), str(tmp_path / "all/1-a")]) == 2
    assert "holds 2 trainings" in capsys.readouterr().err


def test_explain_lists_every_fault(capsys):
    assert main(["explain"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {fault} " in text for fault in fault_ids())
    assert main(["explain", "--json"]) == 0
    assert [one["fault"] for one in told(capsys)] == list(fault_ids())


@pytest.mark.parametrize("fault", fault_ids())
def test_explain_prints_a_page_of_every_fault(fault, capsys):
    assert main(["explain", fault]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{fault}: ")
    for heading in ("What it sees", "What it cannot see", "Known false alarms", "Example", "Sources", "In numbers"):
        assert f"\n{heading}\n" in text
    assert main(["explain", fault.replace("-", "_").upper(), "--json"]) == 0
    assert told(capsys)["fault"] == fault


def test_a_mistyped_fault_is_answered_with_the_nearest(capsys):
    assert main(["explain", "vanishing-gradiant"]) == 2
    assert "did you mean vanishing-gradient?" in capsys.readouterr().err
