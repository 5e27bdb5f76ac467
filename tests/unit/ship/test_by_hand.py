"""`graduate models`, `rollback` and `bless` on real folders and a real ML Metadata store."""

from __future__ import annotations

import json

import pytest

from graduate import publish
from graduate.pipeline import record
from graduate.pipeline.cli.main import main
from graduate.pipeline.result import RunResult
from graduate.pipeline.workspace import Workspace
from graduate.verdict import Check, VerdictRecord

REFUSAL = VerdictRecord("Evaluator", (Check("accuracy", False, "accuracy is 0.8, below the bound 0.9.", 0.8, 0.9),))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADUATE_WORKDIR", str(tmp_path / "work"))
    return Workspace.at()


@pytest.fixture
def store(workspace):
    return record.open_store(workspace, create=True)


def a_run(store, run_id="a-1", name="a", status="refused", verdicts=(REFUSAL,), **config):
    record.start_run(store, run_id, name, {"name": name, "task": "image", **config}, "f00d")
    record.finish_run(store, RunResult(run_id, status, verdicts=verdicts, metrics={"accuracy": 0.8}))
    return record.find_run(store, run_id)


def trained(store, run, folder, content="new"):
    """What TFX leaves of a Trainer, and of a LastGraduate that points to another model."""
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    (folder / "Format-Serving").mkdir(parents=True)
    (folder / "Format-Serving" / "saved_model.pb").write_text(content)
    kind = store.put_artifact_type(mlmd.ArtifactType(name="Model"))
    contexts = store.get_contexts_by_id([run.context_id])
    for node, uri in (("tfx.components.trainer.component.Trainer", folder), ("graduate.x.LastGraduate", "/elsewhere")):
        node_type = store.put_execution_type(mlmd.ExecutionType(name=node))
        model = mlmd.Artifact(type_id=kind, uri=str(uri))
        pairs = [(model, mlmd.Event(type=mlmd.Event.OUTPUT))]
        store.put_execution(mlmd.Execution(type_id=node_type), pairs, contexts)


def push(place, content, at, **more):
    """A version with a card, as a Pusher leaves it."""
    model = place.parent / f"model-{content}"
    model.mkdir(parents=True, exist_ok=True)
    (model / "saved_model.pb").write_text(content)

    def card(number, before, fingerprint):
        told = {"version": number, "content": fingerprint, "run_id": f"a-{content}", "metrics": {"accuracy": 0.9}}
        return {**told, "pushed_at": "2026-01-31T12:00:00+00:00", **more}, "<p>page</p>"

    return publish.publish(model, place, card, keep=5, now=lambda: at).version


def content(version):
    return (version.folder / "saved_model.pb").read_text()


def test_an_empty_work_folder_has_no_models_and_says_how_to_get_one(workspace, capsys):
    assert main(["models"]) == 0
    assert "graduate run CONFIG" in capsys.readouterr().out


def test_models_tells_versions_metrics_runs_and_which_one_serves(workspace, store, capsys):
    a_run(store)
    place = workspace.push_to("a", None)
    push(place, "one", 1000)
    push(place, "two", 2000)
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2000" in lines[1]
    assert "0.9000" in lines[1]
    assert "a-two" in lines[1]
    assert lines[1].endswith("serves")
    assert "1000" in lines[2]
    assert not lines[2].endswith("serves")
    assert main(["models", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["version"], line["serving"]) for line in told] == [(2000, True), (1000, False)]


def test_a_rollback_publishes_the_version_before_under_a_higher_number(workspace, store, capsys):
    a_run(store)
    place = workspace.push_to("a", None)
    push(place, "one", 1000)
    push(place, "two", 2000)
    assert main(["rollback", "--because", "two is slow"]) == 0
    serving = publish.serving(place)
    assert serving.number > 2000
    assert content(serving) == "one"
    assert serving.card["rollback_of"]["version"] == 1000
    assert serving.card["rollback_of"]["because"] == "two is slow"
    assert serving.card["run_id"] == "a-one"
    assert str(serving.folder) in capsys.readouterr().out


def test_a_rollback_is_an_execution_that_says_who_when_and_why(workspace, store):
    a_run(store)
    place = workspace.push_to("a", None)
    push(place, "one", 1000)
    push(place, "two", 2000)
    main(["rollback", "a", "--because", "two is slow"])
    [execution] = store.get_executions_by_type("graduate.Rollback")
    told = {key: value.string_value or value.int_value for key, value in execution.custom_properties.items()}
    assert (told["from_version"], told["to_version"], told["because"]) == (2000, 1000, "two is slow")
    assert "@" in told["by"]
    assert told["when"]
    [event] = store.get_events_by_execution_ids([execution.id])
    [pushed] = store.get_artifacts_by_id([event.artifact_id])
    assert pushed.uri == str(publish.serving(place).folder)


def test_two_rollbacks_go_two_models_back_and_a_third_has_nowhere_to_go(workspace, store, capsys):
    a_run(store)
    place = workspace.push_to("a", None)
    for at, name in ((1000, "one"), (2000, "two"), (3000, "three")):
        push(place, name, at)
    assert [main(["rollback"]), content(publish.serving(place))] == [0, "two"]
    assert [main(["rollback"]), content(publish.serving(place))] == [0, "one"]
    assert main(["rollback"]) == 2
    assert "no version before" in capsys.readouterr().err


def test_a_rollback_to_a_version_by_number_goes_forward_too(workspace, store, capsys):
    a_run(store)
    place = workspace.push_to("a", None)
    push(place, "one", 1000)
    push(place, "two", 2000)
    main(["rollback"])
    assert main(["rollback", "--to", "2000"]) == 0
    assert content(publish.serving(place)) == "two"
    assert main(["rollback", "--to", "7"]) == 2
    assert "1000, 2000" in capsys.readouterr().err


def test_which_model_is_asked_where_several_pipelines_share_the_folder(workspace, store, capsys):
    for name in ("a", "b"):
        a_run(store, f"{name}-1", name)
        push(workspace.push_to(name, None), name, 1000)
    assert main(["rollback"]) == 2
    assert "which model? a, b" in capsys.readouterr().err
    assert main(["rollback", "c"]) == 2
    assert "pipelines here: a, b" in capsys.readouterr().err


def test_bless_pushes_the_trained_model_with_who_and_why_in_its_card(workspace, store, tmp_path, capsys):
    run = a_run(store)
    trained(store, run, tmp_path / "model")
    assert main(["bless", "latest", "--because", "the test split is small"]) == 0
    serving = publish.serving(workspace.push_to("a", None))
    assert content(serving) == "new"
    by_hand = serving.card["blessed_by_hand"]
    assert by_hand["because"] == "the test split is small"
    assert "@" in by_hand["by"]
    assert by_hand["refused"] == ["accuracy is 0.8, below the bound 0.9."]
    assert serving.card["run_id"] == "a-1"
    assert str(serving.folder) in capsys.readouterr().out


def test_bless_is_an_execution_with_a_blessing_of_its_own(workspace, store, tmp_path):
    run = a_run(store)
    trained(store, run, tmp_path / "model")
    main(["bless", "a-1", "--because", "I say so"])
    [execution] = store.get_executions_by_type("graduate.Override")
    assert execution.custom_properties["because"].string_value == "I say so"
    assert [context.name for context in store.get_contexts_by_execution(execution.id)] == ["a-1"]
    [blessing] = store.get_artifacts_by_type("ModelBlessing")
    assert blessing.custom_properties["blessed"].int_value == 1
    assert blessing.custom_properties["by_hand"].int_value == 1
    assert record.find_run(store, "a-1").status == "refused"  # what the gate said is not rewritten


def test_blessing_the_same_model_twice_pushes_it_once(workspace, store, tmp_path, capsys):
    run = a_run(store)
    trained(store, run, tmp_path / "model")
    assert main(["bless", "a-1", "--because", "x"]) == 0
    assert main(["bless", "a-1", "--because", "x"]) == 2
    assert "serves already" in capsys.readouterr().err
    assert len(publish.versions(workspace.push_to("a", None))) == 1


@pytest.mark.parametrize("status", ["pushed", "data_refused", "sick", "failed", "stopped"])
def test_only_what_the_gate_refused_can_be_blessed(workspace, store, status, capsys):
    a_run(store, status=status, verdicts=())
    assert main(["bless", "a-1", "--because", "x"]) == 2
    assert "run a-1" in capsys.readouterr().err
    assert not publish.versions(workspace.push_to("a", None))


def test_bless_names_refused_runs_where_the_id_is_wrong(workspace, store, capsys):
    a_run(store)
    assert main(["bless", "nothing", "--because", "x"]) == 2
    assert "refused runs: a-1" in capsys.readouterr().err
    assert main(["bless", "a-1", "--because", " "]) == 2


def test_a_model_that_was_removed_cannot_be_blessed(workspace, store, tmp_path, capsys):
    run = a_run(store)
    trained(store, run, tmp_path / "model")
    (tmp_path / "model" / "Format-Serving" / "saved_model.pb").unlink()
    assert main(["bless", "a-1", "--because", "x"]) == 1
    assert "has gone from the work folder" in capsys.readouterr().err


def test_a_name_means_the_folder_that_has_versions_where_push_to_was_changed(store, workspace, tmp_path, capsys):
    a_run(store, "a-1")  # was refused, and would have gone to the default folder
    a_run(store, "a-2", push={"to": str(tmp_path / "elsewhere")})
    push(tmp_path / "elsewhere", "new", 1_000)
    assert main(["models", "a"]) == 0
    assert str(tmp_path / "elsewhere") in capsys.readouterr().out
